"""Feature columns that are the label: one to one with it, or equal up to scale, on every row.

Such a column is the label under another name: a model that may read it has nothing to learn.
Columns fall out with the first rows that speak against them, so that large runs cost little.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.gradients.objective import Floats, Ints
from traceprop_nb.gradients.run import TrainingRun

FIRST = 1000
"""Rows that are looked at first; nearly all columns fall out here."""
BLOCK = 2_000_000
"""Cells that are looked at together."""
_NEAR = 1e-6
"""Share of a column's spread by which a scaled label may differ: rounding of single floats."""


def features(run: TrainingRun, rows: Ints) -> Floats | None:
    """The features of some rows of a run, without a column of ones for the intercept, (m, d)."""
    found = getattr(run.objective.restrict(rows), "features", None)
    if found is None:
        return None
    one = run.shards[0] if run.shards else run
    encoder = getattr(one.objective, "encoder", None)
    return np.asarray(found[:, :-1] if getattr(encoder, "intercept", False) else found)


def answers(run: TrainingRun) -> NDArray[np.generic] | None:
    """The label of each row as the run has it, (n,): class numbers, or values of a regression."""
    found = getattr(run.objective, "answers", None)
    return None if found is None else np.asarray(found)


def label_columns(run: TrainingRun, labels: NDArray[np.generic]) -> list[int] | None:
    """Numbers of the columns that are the label; None where the features are not known."""
    first = features(run, np.arange(min(FIRST, run.objective.n)))
    if first is None:
        return None
    left = list(range(first.shape[1]))
    tests = _Scaled if labels.dtype.kind == "f" else _OneToOne
    test = tests(len(np.unique(labels)), first.shape[1])
    for rows in _blocks(run.objective.n, first.shape[1]):
        block = features(run, rows)
        if block is None:
            return None
        if not left:
            break
        left = [k for k in left if test.holds(k, block[:, k], labels[rows])]
    return left


def _blocks(n: int, columns: int) -> Iterator[Ints]:
    yield np.arange(min(FIRST, n))
    step = max(1, BLOCK // max(1, columns))
    for start in range(FIRST, n, step):
        yield np.arange(start, min(start + step, n))


class _OneToOne:
    """Whether a column's values and the labels determine each other, block after block."""

    def __init__(self, labels: int, columns: int) -> None:
        self._labels = labels
        self._pairs: list[set[tuple[float, int]]] = [set() for _ in range(columns)]

    def holds(self, k: int, column: Floats, labels: NDArray[np.generic]) -> bool:
        pairs = self._pairs[k]
        seen = np.unique(np.stack([column, labels.astype(np.float64)]), axis=1)
        if seen.shape[1] > self._labels:
            return False
        pairs.update((float(value), int(label)) for value, label in seen.T)
        values, own = {value for value, _ in pairs}, {label for _, label in pairs}
        return len(pairs) == len(values) == len(own)


class _Scaled:
    """Whether the labels are a column times a number plus a number, block after block."""

    def __init__(self, _labels: int, columns: int) -> None:
        self._line: list[tuple[float, float, float] | None] = [None] * columns
        self._seen: list[list[tuple[float, float]]] = [[] for _ in range(columns)]

    def holds(self, k: int, column: Floats, labels: NDArray[np.generic]) -> bool:
        before = np.array(self._seen[k]).reshape(-1, 2)
        x = np.concatenate([before[:, 0], column])
        y = np.concatenate([before[:, 1], labels.astype(np.float64)])
        within = _NEAR * float(np.ptp(y))
        if self._line[k] is None:
            low, high = int(np.argmin(x)), int(np.argmax(x))
            if x[low] == x[high]:  # no line yet: one pair stands for the rows so far
                self._seen[k] = [(float(x[0]), float(y[0]))]
                return within == 0
            slope = (y[high] - y[low]) / (x[high] - x[low])
            self._line[k] = float(slope), float(y[low] - slope * x[low]), within
        slope, start, within = self._line[k] or (0.0, 0.0, 0.0)
        return slope != 0 and bool((np.abs(slope * x + start - y) <= within).all())
