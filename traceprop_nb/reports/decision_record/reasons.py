"""The features that counted most against the person, by name and in order."""

from __future__ import annotations

from collections.abc import Iterator

from traceprop_nb.reports.decision_facts import DecisionFact
from traceprop_nb.reports.decision_record.decision import ASK, IDS
from traceprop_nb.reports.evidence import Evidence
from traceprop_nb.reports.finding import Field, Finding, Human, Why
from traceprop_nb.reports.plain import plain
from traceprop_nb.reports.section import Section

MAIN = Field(
    "decision.reasons", "Features that counted most against the favourable outcome",
    ("ai-act.86", "gdpr.15.1.h", "reg-b.9.b", "fcra.615.a"),
    note="Features of the model in its own terms. A notice needs them in words that are true of "
    "the person, and specific.",
)  # fmt: skip
SUM = "the contributions of all features sum to the score less the reference's"


def _observe(evidence: Evidence) -> Iterator[Finding]:
    if not evidence.decisions:
        yield MAIN.unseen(evidence.decisions, ASK)
        return
    yield _main(evidence.decisions[-1])


def _main(fact: DecisionFact) -> Finding:
    value = {
        "reasons": plain(fact.reasons),
        "of_features": fact.n_features,
        "method": plain(fact.method),
        "held_against": plain(fact.held_against),
        "order_settled": fact.order_settled,
    }
    if not fact.adds_up:
        return MAIN.contradicted(value, IDS, SUM, f"they miss it by {plain(fact.gap)}")
    if doubt := _doubt(fact):
        return MAIN.partial(value, IDS, *doubt)
    return MAIN.established(value, IDS, SUM)


def _doubt(fact: DecisionFact) -> tuple[Why, str] | None:
    """What keeps the list from being the whole answer, and what would settle it."""
    if not fact.favourable:
        return "needs_human", "say which outcome is favourable with favourable="
    if not fact.names_known:
        return "not_observed", "give the features their names with names="
    if fact.order_settled is False:
        return "check_not_run", "sampling did not settle the order; ask again with a larger budget="
    return None


REASONS = Section(
    "reasons",
    "Main reasons",
    _observe,
    (
        Human(
            "principal_reasons",
            Field(
                "decision.principal_reasons", "Principal reasons, in the words given to the person",
                ("reg-b.9.b", "fcra.615.a"), "deployer",
            ),
            hint="feature names are not yet reasons that a person can understand",
            single=True,
        ),
    ),
    note="In order, by name. How much each counted is shown to whoever asks, and is not on record: "
    "with the model it would give the inputs away.",
)  # fmt: skip
