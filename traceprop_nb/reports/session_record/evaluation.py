"""Evaluation: metrics, and whether test rows were trained on."""

from __future__ import annotations

import math
from collections.abc import Iterator

from traceprop_nb.reports.evidence import EvaluationFact, Evidence, MetricFact
from traceprop_nb.reports.facts import numbered
from traceprop_nb.reports.finding import Field, Finding, Human
from traceprop_nb.reports.plain import listed, plain
from traceprop_nb.reports.row_identity import Overlap, overlap
from traceprop_nb.reports.section import Section

METRICS = Field("eval.metrics", "Metrics", ("ai-act.15.1", "ai-act.annex-iv.2.g"))
DISJOINT = Field(
    "eval.disjoint", "No test row was trained on", ("ai-act.10.3", "ai-act.annex-iv.2.g")
)
RECOMPUTED = "computed again from the recorded predictions and compared"
INTERSECTED = "source rows behind the test rows and behind the training rows, intersected"


def _observe(evidence: Evidence) -> Iterator[Finding]:
    yield from _metrics(evidence)
    yield from _disjoint(evidence)


def _metrics(evidence: Evidence) -> Iterator[Finding]:
    if not evidence.metrics:
        yield METRICS.unseen(
            evidence.metrics, "no metric was recorded; a printed number is not one"
        )
    for index, metric in enumerate(evidence.metrics or ()):
        yield _metric(index, metric)


def _metric(index: int, metric: MetricFact) -> Finding:
    field = Field(f"eval.metric.{index + 1}", f"Metric {plain(metric.name)}", METRICS.provisions)
    value = {
        "value": plain(metric.value),
        "rows": metric.n,
        "run": plain(metric.run),
        "evaluated_on": plain(metric.evaluation),
        "recomputed": plain(metric.recomputed),
    }
    ids = (numbered("metrics", index),)
    if metric.recomputed is None:
        how = "record the predictions, so that the metric can be computed again"
        return field.partial(value, ids, "check_not_run", how)
    if not _same(metric.value, metric.recomputed):
        detail = f"recorded {plain(metric.value)}, computed again {plain(metric.recomputed)}"
        return field.contradicted(value, ids, RECOMPUTED, detail)
    return field.established(value, ids, RECOMPUTED)


def _same(left: float, right: float) -> bool:
    both_nan = math.isnan(left) and math.isnan(right)
    return both_nan or math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-12)


def _disjoint(evidence: Evidence) -> Iterator[Finding]:
    if not evidence.evaluations:
        yield DISJOINT.unseen(
            evidence.evaluations, "no test rows were identified; evaluate them in a traced cell"
        )
    for index, evaluation in enumerate(evidence.evaluations or ()):
        yield _split(evidence, index, evaluation)


def _split(evidence: Evidence, index: int, evaluation: EvaluationFact) -> Finding:
    about = f"{DISJOINT.label} ({plain(evaluation.name)}, {plain(evaluation.run)})"
    field = Field(f"eval.disjoint.{index + 1}", about, DISJOINT.provisions)
    named = [i for i, run in enumerate(evidence.runs or ()) if run.name == evaluation.run]
    run = evidence.runs[named[-1]] if evidence.runs and named else None
    if run is None or run.origins is None or evaluation.origins is None:
        return field.open("not_observed", "the origins of the training or test rows are not known")
    shared = overlap(evidence, evaluation.origins, run.origins)
    value: dict[str, object] = {
        "test_rows": evaluation.n_rows,
        "training_rows": run.n_rows,
        "source_rows_in_both": shared.n_rows,
        "status": shared.status,
    }
    ids = (numbered("evaluations", index), numbered("runs", named[-1]))
    return _judged(field, value, ids, shared)


def _judged(
    field: Field, value: dict[str, object], ids: tuple[str, ...], shared: Overlap
) -> Finding:
    if shared.n_rows and not shared.is_upper_bound:
        detail = f"source rows behind both the test and the training rows: {shared.n_rows}"
        return field.contradicted(value, ids, INTERSECTED, detail)
    if shared.unmatched:
        how = f"{listed(shared.unmatched)} changed between two reads; its rows cannot be matched"
        return field.partial(value, ids, "data_unavailable", how)
    if shared.n_rows or shared.status not in ("exact", "inexact"):
        how = f"rows are known as {shared.status} only: see the operations that are not exact"
        return field.partial(value, ids, "not_observed", how)
    return field.established(value, ids, INTERSECTED)


EVALUATION = Section(
    "evaluation",
    "Evaluation",
    _observe,
    (
        Human(
            "metrics",
            Field("eval.stated_metrics", "Metrics declared", ("ai-act.15.1",), "provider"),
        ),
        Human(
            "metric_choice",
            Field(
                "eval.metric_choice", "Why these metrics fit", ("ai-act.annex-iv.4",), "provider"
            ),
        ),
        Human(
            "robustness",
            Field(
                "eval.robustness",
                "Tests of robustness and security",
                ("ai-act.15.4",),
                "provider",
            ),
            hint="no robustness test was recorded",
        ),
        Human(
            "responsible",
            Field(
                "eval.responsible",
                "Person responsible for the tests",
                ("ai-act.annex-iv.2.g",),
                "provider",
            ),
            hint="this record is not signed",
        ),
    ),
)
