"""Evaluation: metrics, and whether test rows were trained on."""

from __future__ import annotations

import math
from collections.abc import Iterator

from traceprop_nb.reports.evidence import EvaluationFact, Evidence, MetricFact
from traceprop_nb.reports.facts import by_source, numbered
from traceprop_nb.reports.finding import Field, Finding, Human, Statement
from traceprop_nb.reports.plain import listed, plain
from traceprop_nb.reports.row_identity import Overlap, overlap
from traceprop_nb.reports.section import Section
from traceprop_nb.reports.stated_metrics import disagreeing

METRICS = Field("eval.metrics", "Metrics", ("ai-act.15.1", "ai-act.annex-iv.2.g"))
DISJOINT = Field(
    "eval.disjoint", "No test row was trained on", ("ai-act.10.3", "ai-act.annex-iv.2.g")
)
SETS = Field("eval.sets", "Rows that models were tested on", ("ai-act.annex-iv.2.g",))
KNOWN = "its rows followed back to source rows by steps known exactly"
DECLARED = Field("eval.stated_metrics", "Metrics declared", ("ai-act.15.1",), "provider")
RECOMPUTED = "computed again from the recorded predictions and compared"
REPREDICTED = "predicted again by the recorded run's parameters, computed from that, and compared"
COMPARED = "each declared number compared, as far as its digits go, with those recorded by its name"
INTERSECTED = "source rows behind the test rows and behind the training rows, intersected"


def _observe(evidence: Evidence) -> Iterator[Finding]:
    yield from _sets(evidence)
    yield from _metrics(evidence)
    yield from _disjoint(evidence)


def _sets(evidence: Evidence) -> Iterator[Finding]:
    if not evidence.evaluations:
        how = "test data not identified; predict in a traced cell"
        yield SETS.unseen(evidence.evaluations, how)
    for index, one in enumerate(evidence.evaluations or ()):
        about = f"{SETS.label} ({plain(one.name)}, {plain(one.run)})"
        field = Field(f"{SETS.id}.{index + 1}", about, SETS.provisions)
        status = one.origins.status if one.origins else "unknown"
        behind = by_source(evidence, one.origins)
        value = {"rows": one.n_rows, "status": status, "by_source": behind}
        ids = (numbered("evaluations", index),)
        if status == "exact" and behind:
            yield field.established(value, ids, KNOWN)
        else:
            how = "trace the cells between the files and the test rows"
            yield field.partial(value, ids, "not_observed", how)


def _metrics(evidence: Evidence) -> Iterator[Finding]:
    if not evidence.metrics:
        yield METRICS.unseen(
            evidence.metrics, "no metric was recorded; a printed number is not one"
        )
    for index, metric in enumerate(evidence.metrics or ()):
        yield _metric(evidence, index, metric)


def _metric(evidence: Evidence, index: int, metric: MetricFact) -> Finding:
    field = Field(f"eval.metric.{index + 1}", f"Metric {plain(metric.name)}", METRICS.provisions)
    value = {
        "value": plain(metric.value),
        "parameters": plain(metric.parameters),
        "rows": metric.n,
        "run": plain(metric.run),
        "evaluated_on": plain(metric.evaluation),
        "by_source": by_source(evidence, metric.origins),
        "recomputed": plain(metric.recomputed),
        "from_model": plain(metric.from_model),
        "interval": [plain(metric.low), plain(metric.high)] if metric.interval else None,
        "interval_method": plain(metric.interval),
    }
    ids = (numbered("metrics", index),)
    again = {RECOMPUTED: metric.recomputed, REPREDICTED: metric.from_model}
    done = {how: found for how, found in again.items() if found is not None}
    if not done:
        how = "record the predictions, so that the metric can be computed again"
        return field.partial(value, ids, "check_not_run", how)
    for how, found in done.items():
        if not _same(metric.value, found):
            detail = f"recorded {plain(metric.value)}, computed again {plain(found)}"
            return field.contradicted(value, ids, how, detail)
    return field.established(value, ids, "; ".join(done))


def _same(left: float, right: float) -> bool:
    both_nan = math.isnan(left) and math.isnan(right)
    return both_nan or math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-12)


def against_recorded(evidence: Evidence, value: object, by: Statement) -> Finding | None:
    """Declared metrics of which none of that name was recorded with that value, or None."""
    if not (wrong := disagreeing(evidence.metrics or (), value)):
        return None
    said = [f"{name}: {plain(stated)}" for name, stated, _ in wrong]
    recorded = sorted({index for _, _, found in wrong for index in found})
    numbers = [str(plain((evidence.metrics or ())[index].value)) for index in recorded]
    detail = f"declared {listed(said)}; recorded {listed(numbers)}"
    shown = {"declared": value, "declared_by": by.to_dict()}
    ids = tuple(numbered("metrics", index) for index in recorded)
    return DECLARED.contradicted(shown, ids, COMPARED, detail)


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
            DECLARED,
            against=against_recorded,
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
