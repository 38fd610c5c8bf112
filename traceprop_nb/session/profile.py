"""Counts over the data of a session: sources that are still as they were read, and runs' rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb import adapters
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.reports.data_facts import ClassFact, LabelFact, ProfileFact
from traceprop_nb.session.label_columns import answers, features, label_columns

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session

Counts = dict[str, int | None]
"""Rows, columns, missing, duplicates and constant, by these names; None where not counted."""

MOST_CELLS = 4_000_000
"""Cells of all sources, and of all runs, that one record counts: some seconds of text, at worst."""
MOST_TABLES = 50
MOST_CLASSES = 100
FEWEST = 20
"""Rows from which on it is no chance that a column is the label on all of them."""


def profile_facts(session: Session) -> tuple[ProfileFact, ...]:
    """Counts over sources and runs, with numbers only: nothing of what a cell says."""
    return (*_sources(session), *_runs(session))


def label_facts(session: Session) -> tuple[LabelFact, ...]:
    """For each run that was trained here, which of its feature columns are its label."""
    runs = [run for run in session.runs.values() if run.parent is None]
    return tuple(fact for run in runs if (fact := _label_fact(session, run)) is not None)


def _sources(session: Session) -> Iterator[ProfileFact]:
    named, left = session.files.names(), MOST_CELLS
    known = {node for node, source in session.graph.sources.items() if source.kind != "unknown"}
    alive = [(node, thing) for thing, node in session.recorder.identity if node in known]
    for node, thing in sorted(alive, key=lambda pair: pair[0])[:MOST_TABLES]:
        if (counts := _table(thing, left)) is not None:
            left -= _cells(counts)
            yield _profile(named[node], counts)


def _runs(session: Session) -> Iterator[ProfileFact]:
    left = MOST_CELLS
    for run in session.runs.values():
        counts = _run(run, left)
        left -= _cells(counts)
        yield _profile(run.name, counts, run=True, classes=_classes(session, run))


def _cells(counts: Counts) -> int:
    """Cells that were looked at for the counts."""
    if counts.get("missing") is None:
        return 0
    return (counts["rows"] or 0) * (counts["columns"] or 0)


def _profile(
    of: str, counts: Counts, *, run: bool = False, classes: tuple[ClassFact, ...] | None = None
) -> ProfileFact:
    return ProfileFact(
        of,
        run,
        counts.get("rows"),
        counts.get("columns"),
        counts.get("missing"),
        counts.get("duplicates"),
        counts.get("constant"),
        classes,
    )


def _table(thing: Any, most: int) -> Counts | None:
    """Counts of a table, by the adapter of its library; None for what is no table."""
    if isinstance(thing, np.ndarray):
        return _matrix(thing, most)
    root = type(thing).__module__.partition(".")[0]
    if root not in adapters.FRAMEWORKS or not adapters.has(root, "profile"):
        return None
    found: Counts | None = adapters.load(root, "profile").counts(thing, most)
    return found


def _matrix(array: NDArray[Any], most: int) -> Counts | None:
    if not array.ndim or not array.size or array.dtype.kind not in "biuf":
        return None
    rows = array.reshape(len(array), -1)
    sizes: Counts = {"rows": len(rows), "columns": rows.shape[1]}
    return sizes if rows.size > most else sizes | _counted(rows)


def _counted(rows: NDArray[Any]) -> Counts:
    whole = np.ascontiguousarray(rows)
    if whole.dtype.kind == "f":
        whole = whole + 0.0  # so that a negative zero is a zero
    distinct = len({row.tobytes() for row in whole})
    missing = np.isnan(whole).sum() if whole.dtype.kind == "f" else 0
    return {
        "missing": int(missing),
        "duplicates": len(whole) - distinct,
        "constant": int((whole == whole[:1]).all(axis=0).sum()),
    }


def _run(run: TrainingRun, most: int) -> Counts:
    n = run.objective.n
    first = features(run, np.arange(min(1, n)))
    if first is None:
        return {"rows": n}
    sizes: Counts = {"rows": n, "columns": first.shape[1]}
    whole = features(run, np.arange(n)) if 0 < n * first.shape[1] <= most else None
    return sizes if whole is None else sizes | _counted(whole)


def _classes(session: Session, run: TrainingRun) -> tuple[ClassFact, ...] | None:
    """Rows by label, hidden where a label is a word, which may say something of somebody."""
    if run.classes is None:
        return None
    ranked = Counter(np.asarray(run.labels).ravel().tolist()).most_common()
    clear = session.guard.names is None
    shown = [
        ClassFact(
            str(label) if clear and isinstance(label, bool | int | float) else f"class {place}",
            rows,
        )
        for place, (label, rows) in enumerate(ranked[:MOST_CLASSES], 1)
    ]
    if rest := ranked[MOST_CLASSES:]:
        shown.append(ClassFact(f"{len(rest)} other classes", sum(rows for _, rows in rest)))
    return tuple(shown)


def _label_fact(session: Session, run: TrainingRun) -> LabelFact | None:
    labels, first = answers(run), features(run, np.arange(min(1, run.objective.n)))
    if labels is None or first is None or len(labels) != run.objective.n:
        return None
    distinct = len(np.unique(labels))
    same = None
    repeated = labels.dtype.kind == "f" or distinct <= len(labels) // 2
    if len(labels) >= FEWEST and distinct > 1 and repeated:
        found = label_columns(run, labels)
        same = None if found is None else _called(session, run, found, first.shape[1])
    return LabelFact(run.name, len(labels), first.shape[1], distinct, same)


def _called(session: Session, run: TrainingRun, columns: list[int], width: int) -> tuple[str, ...]:
    """Columns by number, and by name where their table is alive and names may be said."""
    names: list[str] = []
    if columns and session.guard.names is None and run.rows_node is not None:
        for thing, node in session.recorder.identity:
            if node == run.rows_node:
                names = [str(name) for name in getattr(thing, "columns", ())]
    return tuple(f"{k} ({names[k]})" if len(names) == width else str(k) for k in columns)
