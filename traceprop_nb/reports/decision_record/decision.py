"""The decision itself: what was decided, by which model, of which inputs, and the score again."""

from __future__ import annotations

from collections.abc import Iterator

from traceprop_nb.reports.decision_facts import DecisionFact
from traceprop_nb.reports.evidence import Evidence
from traceprop_nb.reports.facts import numbered
from traceprop_nb.reports.finding import Field, Finding
from traceprop_nb.reports.plain import plain
from traceprop_nb.reports.section import Section

OUTCOME = Field(
    "decision.outcome", "What was decided", ("ai-act.86", "gdpr.15.1.h", "fcra.615.a"), "deployer"
)
MODEL = Field("decision.model", "The model that decided, and its version", ("ai-act.86",))
INPUTS = Field("decision.inputs", "The inputs, by digest", ("gdpr.15.1.h",))
SCORE = Field(
    "decision.score", "The score, computed again", ("ai-act.86", "gdpr.15.1.h", "fcra.615.a")
)
IDS = (numbered("decisions", 0),)
ASK = "ask about it with tp.decision(x, favourable=...)"
AGAIN = "the live model's own prediction against the formula with the recorded parameters"
SAME = "the live model's parameters against the recorded ones"


def _observe(evidence: Evidence) -> Iterator[Finding]:
    if not evidence.decisions:
        for field in (OUTCOME, MODEL, INPUTS, SCORE):
            yield field.unseen(evidence.decisions, f"no decision was made in this session; {ASK}")
        return
    fact = evidence.decisions[-1]
    yield _outcome(fact)
    yield _model(fact)
    value = {"inputs_digest": plain(fact.inputs_digest), "features": fact.n_features}
    how = "compare with the inputs that were used in operation; the digest needs the project's key"
    yield INPUTS.partial(value, IDS, "check_not_run", how)
    yield _score(fact)


def _outcome(fact: DecisionFact) -> Finding:
    value = {
        "number": fact.number,
        "asked_at": plain(fact.at),
        "decided": plain(fact.outcome),
        "favourable_outcome": plain(fact.favourable) or None,
        "was_favourable": fact.favoured,
        "threshold": plain(fact.threshold),
        "cell": fact.cell,
    }
    if not fact.outcome:
        how = "nothing is decided by the score alone; pass threshold= and favourable="
        return OUTCOME.partial(value, IDS, "needs_human", how)
    if fact.favoured is None:
        how = "say which outcome is favourable with favourable="
        return OUTCOME.partial(value, IDS, "needs_human", how)
    how = "this is the model's outcome; what was decided about the person a notebook cannot see"
    return OUTCOME.partial(value, IDS, "outside_notebook", how)


def _model(fact: DecisionFact) -> Finding:
    value = {
        "run": plain(fact.run),
        "parameters_digest": plain(fact.parameters_digest),
        "moved_by": plain(fact.parameters_moved),
    }
    if fact.unmoved is None:
        how = "the live model's parameters could not be looked at"
        return MODEL.partial(value, IDS, "check_not_run", how)
    if fact.unmoved:
        return MODEL.established(value, IDS, SAME)
    return MODEL.contradicted(value, IDS, SAME, "the live model is not the one that was recorded")


def _score(fact: DecisionFact) -> Finding:
    value = {
        "score": plain(fact.score),
        "score_is": plain(fact.unit),
        "probability": plain(fact.probability),
        "by_the_model_itself": plain(fact.own_score),
    }
    if fact.recomputes is None:
        how = "the model has no prediction of its own to compare with"
        return SCORE.partial(value, IDS, "check_not_run", how)
    if fact.recomputes:
        return SCORE.established(value, IDS, AGAIN)
    return SCORE.contradicted(value, IDS, AGAIN, "the live model gives another score")


DECISION = Section(
    "decision",
    "The decision",
    _observe,
    note="The model's part in a decision, in a notebook. No value of the inputs is on record.",
)
