"""Attribution: which training rows drove a prediction, by which estimator, and how well checked."""

from __future__ import annotations

from collections.abc import Iterator

from traceprop_nb.reports.decision_facts import NOT_A_REASON
from traceprop_nb.reports.evidence import Evidence, InfluenceFact
from traceprop_nb.reports.facts import numbered
from traceprop_nb.reports.finding import Field, Finding
from traceprop_nb.reports.plain import plain
from traceprop_nb.reports.section import Section

ATTRIBUTED = Field(
    "explain.attribution",
    "Training rows that drove a prediction",
    ("ai-act.10.2.f",),
)
DECISION = Field(
    "explain.decision",
    "Reasons for a decision about a person",
    ("ai-act.86",),
    "deployer",
    note=NOT_A_REASON,
)


def _observe(evidence: Evidence) -> Iterator[Finding]:
    if not evidence.influences:
        yield ATTRIBUTED.unseen(
            evidence.influences, "no influence was computed; ask with %influence"
        )
    for index, influence in enumerate(evidence.influences or ()):
        yield _influence(index, influence)
    yield _decisions(evidence)


def _decisions(evidence: Evidence) -> Finding:
    if not evidence.decisions:
        return DECISION.open("outside_notebook", "no decision about a person is recorded here")
    ids = tuple(numbered("decisions", index) for index, _ in enumerate(evidence.decisions))
    how = "each has a record of its own: tp.report('decision') for the last one"
    return DECISION.partial({"decisions": len(ids)}, ids, "check_not_run", how)


def _influence(index: int, influence: InfluenceFact) -> Finding:
    field = Field(
        f"{ATTRIBUTED.id}.{index + 1}",
        f"{ATTRIBUTED.label} ({plain(influence.query)})",
        ATTRIBUTED.provisions,
        note=str(plain(influence.note)),
    )
    value = {
        "run": plain(influence.run),
        "method": plain(influence.method),
        "estimand": plain(influence.estimand),
        "queries": influence.n_queries,
        "top_rows": plain(influence.top),
    }
    ids = (numbered("influences", index),)
    checked = influence.validation
    if checked is None or not checked.method.strip():
        how = "compare the scores with retraining, such as by LDS or leave-one-out"
        return field.partial(value, ids, "check_not_run", how)
    detail = f"score {plain(checked.score)}"
    method = str(plain(checked.method))
    if checked.passed:
        return field.established(value, ids, method, detail)
    return field.contradicted(value, ids, method, detail)


ATTRIBUTION = Section(
    "attribution",
    "Attribution",
    _observe,
    note="A score says how much the query's loss would rise if the training row were left out.",
)
