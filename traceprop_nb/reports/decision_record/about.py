"""The evidence of one decision, without what is about other people's."""

from __future__ import annotations

from dataclasses import replace

from traceprop_nb.reports.decision_facts import DecisionFact
from traceprop_nb.reports.evidence import Evidence, InfluenceFact


def about(evidence: Evidence, decision: DecisionFact | None) -> Evidence:
    """The evidence with this decision alone, its run, and what was asked about it.

    Args:
        evidence: Of the session.
        decision: With its outcome; None = none was made.
    """
    only = replace(
        evidence,
        decisions=evidence.decisions if decision is None else (decision,),
        influences=None,
        unlearnings=None,
        evaluations=None,
        metrics=None,
    )
    if decision is None:
        return only
    runs = tuple(run for run in evidence.runs or () if run.name == decision.run)
    return replace(
        only,
        runs=None if evidence.runs is None else runs,
        influences=_asked(evidence, decision),
    )


def _asked(evidence: Evidence, decision: DecisionFact) -> tuple[InfluenceFact, ...] | None:
    if evidence.influences is None:
        return None
    return evidence.influences[decision.influence - 1 :][:1] if decision.influence else ()
