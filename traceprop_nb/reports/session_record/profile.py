"""What the data are like, by counting: rows, columns, missing cells, labels, and leaked labels."""

from __future__ import annotations

from collections.abc import Iterator

from traceprop_nb.reports.data_facts import LabelFact, ProfileFact
from traceprop_nb.reports.evidence import Evidence
from traceprop_nb.reports.facts import numbered
from traceprop_nb.reports.finding import Field, Finding
from traceprop_nb.reports.plain import listed, plain

QUANTITY = Field("data.quantity", "Rows and columns", ("ai-act.10.2.e", "ai-act.10.3"))
QUALITY = Field("data.quality", "Missing values, duplicates, constant columns", ("ai-act.10.3",))
CLASSES = Field("data.classes", "Training rows by label", ("ai-act.10.2.c", "ai-act.10.3"))
LEAK = Field("data.leak", "No feature column is the label", ("ai-act.10.3", "ai-act.annex-iv.2.d"))
COUNTED = "rows counted in the values themselves, and compared with the rows that were recorded"
EVERY_CELL = "every cell of the values that are still as they were read or trained on, counted"
ADDED_UP = "the labels' rows added up, and compared with the training rows"
COMPARED = "each feature column compared with the label, one to one or up to scale, on every row"


def profile(evidence: Evidence) -> Iterator[Finding]:
    """Findings about the data of sources and runs."""
    yield _quantity(evidence)
    yield _quality(evidence)
    yield _classes(evidence)
    yield from _leaks(evidence)


def _ids(evidence: Evidence) -> tuple[str, ...]:
    return tuple(numbered("profiles", index) for index in range(len(evidence.profiles or ())))


def _kind(one: ProfileFact) -> str:
    return "run" if one.run else "source"


def _quantity(evidence: Evidence) -> Finding:
    if not evidence.profiles:
        how = "keep the frames that were read, unchanged, until the record is made"
        return QUANTITY.unseen(evidence.profiles, how)
    value = [
        {"of": plain(p.of), "kind": _kind(p), "rows": p.rows, "columns": p.columns}
        for p in evidence.profiles
    ]
    recorded = _recorded(evidence)
    wrong = [
        f"{plain(p.of)} has {p.rows} rows, {' or '.join(map(str, sorted(known)))} recorded"
        for p in evidence.profiles
        if (known := recorded.get((p.of, p.run))) and p.rows is not None and p.rows not in known
    ]
    if wrong:
        return QUANTITY.contradicted(value, _ids(evidence), COUNTED, listed(wrong))
    if uncounted := _uncounted(evidence):
        how = f"keep the values of {listed(uncounted)}, unchanged, until the record is made"
        return QUANTITY.partial(value, _ids(evidence), "data_unavailable", how)
    return QUANTITY.established(value, _ids(evidence), COUNTED)


def _recorded(evidence: Evidence) -> dict[tuple[str, bool], set[int]]:
    """Rows of each source and run as they were recorded; a name may stand for several reads."""
    found: dict[tuple[str, bool], set[int]] = {}
    for source in evidence.sources or ():
        if source.n_rows is not None:
            found.setdefault((source.name, False), set()).add(source.n_rows)
    for run in evidence.runs or ():
        if run.n_rows is not None:
            found.setdefault((run.name, True), set()).add(run.n_rows)
    return found


def _uncounted(evidence: Evidence) -> list[str]:
    counted = {(one.of, one.run) for one in evidence.profiles or ()}
    return [name for name, run in _recorded(evidence) if (name, run) not in counted]


def _quality(evidence: Evidence) -> Finding:
    if not evidence.profiles:
        return QUALITY.unseen(evidence.profiles, "no value that was read or trained on is at hand")
    value = [
        {
            "of": plain(p.of),
            "kind": _kind(p),
            "missing_cells": p.missing,
            "duplicate_rows": p.duplicates,
            "constant_columns": p.constant,
        }
        for p in evidence.profiles
    ]
    open_ends = [p.of for p in evidence.profiles if None in (p.missing, p.duplicates, p.constant)]
    if left := [*_uncounted(evidence), *open_ends]:
        how = f"not counted, gone or too large: {listed(left)}"
        return QUALITY.partial(value, _ids(evidence), "data_unavailable", how)
    return QUALITY.established(value, _ids(evidence), EVERY_CELL)


def _classes(evidence: Evidence) -> Finding:
    told = [(k, p) for k, p in enumerate(evidence.profiles or ()) if p.classes is not None]
    if not told:
        how = "no run that learns classes was recorded"
        return CLASSES.unseen(evidence.profiles, how)
    value = [
        {"run": plain(p.of), "rows": p.rows, "by_label": [plain(one) for one in p.classes or ()]}
        for _, p in told
    ]
    ids = tuple(numbered("profiles", index) for index, _ in told)
    wrong = [p.of for _, p in told if sum(one.rows for one in p.classes or ()) != p.rows]
    if wrong:
        how = f"the labels that were counted are not those of all rows: {listed(wrong)}"
        return CLASSES.partial(value, ids, "check_failed", how)
    return CLASSES.established(value, ids, ADDED_UP)


def _leaks(evidence: Evidence) -> Iterator[Finding]:
    if not evidence.labels:
        yield LEAK.unseen(
            evidence.labels, "no run with features and labels was recorded; use %%train"
        )
    for index, fact in enumerate(evidence.labels or ()):
        yield _leak(index, fact)


def _leak(index: int, fact: LabelFact) -> Finding:
    field = Field(f"data.leak.{index + 1}", f"{LEAK.label} ({plain(fact.run)})", LEAK.provisions)
    value = {
        "run": plain(fact.run),
        "rows": fact.rows,
        "feature_columns": fact.columns,
        "labels": fact.labels,
        "columns_that_are_the_label": None if fact.same is None else plain(fact.same),
    }
    ids = (numbered("labels", index),)
    if fact.same is None:
        how = "compare by hand: with few rows, one label or a label a row nothing would be shown"
        return field.partial(value, ids, "check_not_run", how)
    if fact.same:
        columns = "column" if len(fact.same) == 1 else "columns"
        equal = "equals" if len(fact.same) == 1 else "equal"
        detail = f"feature {columns} {listed(fact.same)} {equal} the label on all {fact.rows} rows"
        return field.contradicted(value, ids, COMPARED, detail)
    return field.established(value, ids, COMPARED)
