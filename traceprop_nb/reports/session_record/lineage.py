"""Transformations and how far the lineage reaches: what stayed opaque, what was not recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from traceprop_nb.reports.evidence import STATUS_WORDS, Evidence, OperationCount
from traceprop_nb.reports.finding import Field, Finding
from traceprop_nb.reports.plain import listed, plain
from traceprop_nb.reports.section import Section

STEPS = Field(
    "data.preparation",
    "Operations applied to the data, and how exactly their rows are known",
    ("ai-act.10.2.c", "ai-act.annex-iv.2.d"),
)
COVERAGE = Field("lineage.coverage", "What was not recorded", owner="tool")
COUNTED = "the counts by operation add up to the number of operations in the log"
WATCHED = "no cell ran unrecorded, the recorder had no error of its own, and no gap is known"


def _observe(evidence: Evidence) -> Iterator[Finding]:
    yield _steps(evidence)
    yield _coverage(evidence)


def _steps(evidence: Evidence) -> Finding:
    operations = evidence.operations
    if operations is None:
        return STEPS.open("capture_off", "run the preparing cells with tracing on")
    if not operations:
        return STEPS.open("not_observed", "no operation was recorded in a traced cell")
    value = _counts(operations)
    total = sum(operation.count for operation in operations)
    recorded = evidence.coverage.recorded if evidence.coverage else None
    ids = ("ev:operations",) + (("ev:coverage",) if evidence.coverage else ())
    if recorded is None:
        return STEPS.partial(value, ids, "check_not_run", "count the log, to compare with")
    if recorded != total:
        detail = f"{total} operations by name, {recorded} in the log"
        return STEPS.contradicted(value, ids, COUNTED, detail)
    inexact = [item.name for item in operations if item.status in ("inexact", "unknown")]
    if inexact:
        how = f"describe the rows of {listed(sorted(set(inexact)))} by a rule"
        return STEPS.partial(value, ids, "not_observed", how)
    return STEPS.established(value, ids, COUNTED)


def _counts(operations: tuple[OperationCount, ...]) -> dict[str, object]:
    by_status = Counter[str]()
    for operation in operations:
        by_status[operation.status] += operation.count
    value: dict[str, object] = {word: by_status[word] for word in STATUS_WORDS}
    for word in STATUS_WORDS[1:]:
        names = [item for item in operations if item.status == word]
        if names:
            value[f"{word}_operations"] = [
                {"operation": plain(item.name), "times": item.count} for item in names
            ]
    return value


def _coverage(evidence: Evidence) -> Finding:
    coverage = evidence.coverage
    if coverage is None:
        return COVERAGE.open("capture_off", "coverage was not measured; run cells with tracing on")
    value = {
        "operations_recorded": coverage.recorded,
        "recorder_errors": coverage.internal_errors,
        "cells_not_recorded": plain(coverage.unrecorded_cells),
        "known_gaps": plain(coverage.known_gaps),
    }
    unmeasured = [name.replace("_", " ") for name, found in value.items() if found is None]
    if len(unmeasured) == len(value):
        return COVERAGE.open("capture_off", "coverage was not measured; run cells with tracing on")
    if unmeasured:
        how = f"measure {', '.join(unmeasured)}"
        return COVERAGE.partial(value, ("ev:coverage",), "capture_off", how)
    gaps = coverage.internal_errors or coverage.unrecorded_cells or coverage.known_gaps
    if coverage.recorded == 0 and not gaps:
        return COVERAGE.open("not_observed", "nothing ran yet that could have been missed")
    if gaps:
        how = "run these cells again with tracing on, and report errors of the recorder"
        return COVERAGE.partial(value, ("ev:coverage",), "not_observed", how)
    return COVERAGE.established(value, ("ev:coverage",), WATCHED)


LINEAGE = Section("lineage", "Transformations and reach of the lineage", _observe)
