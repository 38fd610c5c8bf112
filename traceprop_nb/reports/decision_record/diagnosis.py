"""Training rows behind the decision, kept apart from its reasons."""

from __future__ import annotations

from collections.abc import Iterator

from traceprop_nb.reports.decision_facts import NOT_A_REASON
from traceprop_nb.reports.evidence import Evidence, InfluenceFact
from traceprop_nb.reports.facts import numbered
from traceprop_nb.reports.finding import Field, Finding
from traceprop_nb.reports.plain import plain
from traceprop_nb.reports.section import Section

ROWS = Field(
    "diagnosis.attribution", "Training rows that moved the score", ("ai-act.10.2.f",),
    note=NOT_A_REASON,
)  # fmt: skip


def _observe(evidence: Evidence) -> Iterator[Finding]:
    if not evidence.influences:
        how = "nobody asked for them, and a decision needs none; answer.influence() does"
        yield ROWS.unseen(evidence.influences, how)
        return
    yield _rows(len(evidence.influences) - 1, evidence.influences[-1])


def _rows(index: int, influence: InfluenceFact) -> Finding:
    value = {
        "run": plain(influence.run),
        "method": plain(influence.method),
        "estimand": plain(influence.estimand),
        "top_rows": plain(influence.top),
    }
    how = "compare the scores with retraining, such as by LDS or leave-one-out"
    return ROWS.partial(value, (numbered("influences", index),), "check_not_run", how)


DIAGNOSIS = Section("diagnosis", "Diagnosis of the model, not a reason", _observe, (), NOT_A_REASON)
