"""What each step from the sources to the training rows is worth.

A step keeps some rows of its input, drops others, and changes some. Kept and changed rows are
training rows, whose values are known. A dropped row is worth what it would be worth if it were put
back; that can be told while the step's input is still there, with the model's own columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.gradients.objective import Featured, Floats, Objective
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.lineage import query
from traceprop_nb.lineage.maps import Ints, RowMap, materialise
from traceprop_nb.valuation.knn_shapley import classification

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session


@dataclass(frozen=True)
class StepValue:
    """One step on the way to the training rows.

    Attributes:
        operation: Its name.
        cell: Where it ran.
        rows_in: Rows of its inputs.
        rows_dropped: Of these, how many no row of its output derives from.
        rows_kept: Training rows that went through it.
        kept: Sum of their values.
        rows_changed: Training rows whose cells it changed; None = not known.
        changed: Sum of their values; None = not known.
        dropped: Sum of what the dropped rows would be worth; None = not known.
        why: What was not known, and why.
    """

    operation: str
    cell: int
    rows_in: int
    rows_dropped: int
    rows_kept: int
    kept: float
    rows_changed: int | None
    changed: float | None
    dropped: float | None
    why: str

    def __str__(self) -> str:
        out = [
            f"cell {self.cell} {self.operation}: {self.rows_in:,} rows in",
            f"kept {self.rows_kept:,} training rows worth {self.kept:+.4g}",
        ]
        if self.rows_dropped:
            worth = "not measured" if self.dropped is None else f"{self.dropped:+.4g}"
            out.append(f"dropped {self.rows_dropped:,} worth {worth}")
        if self.rows_changed:
            out.append(f"changed {self.rows_changed:,} worth {self.changed:+.4g}")
        return ", ".join(out) + (f" ({self.why})" if self.why else "")


@dataclass(frozen=True, eq=False)
class Asked:
    """What the steps are valued for."""

    session: Session
    run: TrainingRun
    val: Objective
    values: Floats
    k: int


def step_values(asked: Asked) -> list[StepValue]:
    """Every operation on the direct way from the sources to the training rows, in order."""
    run, graph = asked.run, asked.session.graph
    if run.rows_node is None:
        return []
    index = np.arange(run.objective.n) if run.row_index is None else run.row_index
    live = {node: thing for thing, node in asked.session.recorder.identity}
    found = []
    for node, reach in query.to_each(graph, run.rows_node).items():
        if node not in graph.sources:
            trained, at = reach.pairs(np.asarray(index, np.int64))
            found.append(_step(asked, node, trained, at, live))
    return found


def _step(asked: Asked, node: int, trained: Ints, at: Ints, live: Mapping[int, Any]) -> StepValue:
    """A step whose output rows ``at`` stand behind the training rows ``trained``."""
    graph = asked.session.graph
    inputs = [(p, link) for p, link, kind, _ in graph.edges(node) if not kind]
    every = np.arange(graph.rows(node), dtype=np.int64)
    gone = [
        (p, np.setdiff1d(np.arange(graph.rows(p)), materialise(link.back(every))))
        for p, link in inputs
    ]
    dropped = _dropped(asked, gone, live)
    changed = _changed(node, inputs, live)
    why = [
        f"{what}: {w}"
        for what, w in (("dropped", dropped), ("changed", changed))
        if isinstance(w, str)
    ]
    kept = np.unique(trained)
    moved = None if isinstance(changed, str) else np.unique(trained[changed[at]])
    return StepValue(
        asked.session.describe(node), graph.cell(node), sum(graph.rows(p) for p, _ in inputs),
        sum(len(rows) for _, rows in gone), len(kept), float(asked.values[kept].sum()),
        None if moved is None else len(moved),
        None if moved is None else float(asked.values[moved].sum()),
        None if isinstance(dropped, str) else dropped, "; ".join(why),
    )  # fmt: skip


def _dropped(asked: Asked, gone: list[tuple[int, Ints]], live: Mapping[int, Any]) -> float | str:
    """What the dropped rows would be worth beside the training rows, or why that is not known."""
    total = 0.0
    for node, rows in gone:
        if len(rows):
            worth = _put_back(asked, node, rows, live)
            if isinstance(worth, str):
                return worth
            total += worth
    return total


def _put_back(asked: Asked, node: int, rows: Ints, live: Mapping[int, Any]) -> float | str:
    run, risk, val = asked.run, asked.run.objective, asked.val
    if not isinstance(risk, Featured) or not isinstance(val, Featured) or run.classes is None:
        return "the model's rows are no vectors with a class"
    if node not in live:
        return "the step's input is no longer there"
    labels = _labels(asked, node, live)
    if labels is None:
        return "no live value holds the labels of the step's input"
    try:
        back = run.query(np.asarray(live[node], dtype=np.float64)[rows], labels[rows])
    except (TypeError, ValueError):
        return "the step's input is not yet what the model is given"
    assert isinstance(back, Featured)
    values = classification(
        np.concatenate([risk.features, back.features]),
        np.concatenate([risk.answers, back.answers]).astype(np.int64),
        val.features, np.asarray(val.answers, np.int64), k=asked.k,
    )  # fmt: skip
    return float(values[risk.n :].sum())


def _labels(asked: Asked, node: int, live: Mapping[int, Any]) -> NDArray[Any] | None:
    """A live vector as long as the step's input that holds the training rows' labels."""
    run, graph = asked.run, asked.session.graph
    assert run.rows_node is not None
    index = np.arange(run.objective.n) if run.row_index is None else run.row_index
    reach = query.to_each(graph, run.rows_node)[node]
    trained, at = reach.pairs(np.asarray(index, np.int64))
    for thing in live.values():
        if getattr(thing, "shape", None) != (graph.rows(node),):
            continue
        vector = np.asarray(thing)
        if np.array_equal(vector[at], run.labels[trained]):
            return vector
    return None


def _changed(
    node: int, inputs: list[tuple[int, RowMap]], live: Mapping[int, Any]
) -> NDArray[np.bool_] | str:
    """Which output rows differ from the input row they are made of, or why that is not known."""
    if len(inputs) != 1:
        return "it has several inputs"
    parent, link = inputs[0]
    if parent not in live or node not in live:
        return "its input or its output is no longer there"
    before, after = np.asarray(live[parent]), np.asarray(live[node])
    if (
        before.ndim not in (1, 2)
        or before.ndim != after.ndim
        or before.shape[1:] != after.shape[1:]
    ):
        return "its columns are others than its input's"
    if not link.functional:
        return "its rows are made of several rows"
    of = link.at(np.arange(len(after), dtype=np.int64))
    same = np.zeros(len(after), dtype=bool)
    cells = _equal(before[of[of >= 0]], after[of >= 0])
    same[of >= 0] = cells if cells.ndim == 1 else cells.all(axis=1)
    return ~same


def _equal(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.bool_]:
    """Cell by cell, with a missing cell equal to a missing cell."""
    with np.errstate(invalid="ignore"):
        missing = (a != a) & (b != b)  # NaN, None-like and NaT alike
        return np.asarray((a == b) | missing, dtype=bool)
