"""What would have changed the decision: which features, which way, and how far; no values."""

from __future__ import annotations

from collections.abc import Iterator

from traceprop_nb.reports.decision_facts import DecisionFact
from traceprop_nb.reports.decision_record.decision import ASK, IDS
from traceprop_nb.reports.evidence import Evidence
from traceprop_nb.reports.finding import Field, Finding
from traceprop_nb.reports.plain import plain
from traceprop_nb.reports.section import Section

CHANGED = Field(
    "decision.counterfactual", "What would have changed the decision", ("gdpr.15.1.h", "ai-act.86")
)
CALLED = "the live model called on the changed row: it decides otherwise"


def _observe(evidence: Evidence) -> Iterator[Finding]:
    if not evidence.decisions:
        yield CHANGED.unseen(evidence.decisions, ASK)
        return
    yield _changed(evidence.decisions[-1])


def _changed(fact: DecisionFact) -> Finding:
    value = {
        "changes": plain(fact.changes),
        "found": plain(fact.change_method),
        "held_fixed": plain(fact.fixed),
    }
    if not fact.changes:
        how = str(plain(fact.change_method)).strip() or "no change was searched for"
        return CHANGED.partial(value, IDS, "not_observed", how)
    if fact.change_holds is None:
        return CHANGED.partial(value, IDS, "check_not_run", "call the model on the changed row")
    if fact.change_holds:
        return CHANGED.established(value, IDS, CALLED)
    return CHANGED.contradicted(value, IDS, CALLED, "it decides the same")


CHANGE = Section(
    "change",
    "What would have changed it",
    _observe,
    note="Sizes are standard deviations of the training rows. A change of the model's input is no "
    "promise that the same change in a life has that effect.",
)
