"""Row i comes from rows i + low to i + high: rolling windows, convolutions, diff, shift."""

from __future__ import annotations

import numpy as np

from traceprop_nb.errors import ShapeError
from traceprop_nb.lineage.maps.rowmap import Relation
from traceprop_nb.lineage.maps.rowsets import (
    Ints,
    as_positions,
    as_rows,
    as_set,
    refuse,
    stretches,
)


class Window(Relation):
    """A window of rows around each row, cut off at the ends; low = high is a shift.

    Raises:
        ShapeError: low is greater than high.
    """

    __slots__ = ("high", "low")

    nbytes = 0

    def __init__(self, low: int, high: int, n_in: int, n_out: int) -> None:
        if low > high:
            raise ShapeError(f"a window from {low} to {high} is empty; swap its ends")
        self.low, self.high, self.n_in, self.n_out = low, high, n_in, n_out

    @property
    def functional(self) -> bool:  # type: ignore[override]  # depends on the width
        return self.low == self.high

    def at(self, rows: Ints) -> Ints:
        if not self.functional:
            return super().at(rows)
        found = as_positions(rows, self.n_out) + self.low
        return np.where((found >= 0) & (found < self.n_in), found, -1)

    def pairs(self, rows: Ints) -> tuple[Ints, Ints]:
        rows = as_positions(rows, self.n_out)
        return stretches(*_cut(rows + self.low, rows + self.high + 1, self.n_in))

    def back(self, rows: Ints) -> Ints:
        rows = as_rows(rows, self.n_out)
        return _cover(*_cut(rows + self.low, rows + self.high + 1, self.n_in), self.n_in)

    def forward(self, rows: Ints) -> Ints:
        rows = as_rows(rows, self.n_in)
        return _cover(*_cut(rows - self.high, rows - self.low + 1, self.n_out), self.n_out)

    def back_one(self, row: int) -> range:
        if not 0 <= row < self.n_out:
            refuse(row, self.n_out)
        return range(max(row + self.low, 0), min(row + self.high + 1, self.n_in))

    def forward_one(self, row: int) -> range:
        if not 0 <= row < self.n_in:
            refuse(row, self.n_in)
        return range(max(row - self.high, 0), min(row - self.low + 1, self.n_out))


def _cut(starts: Ints, stops: Ints, n: int) -> tuple[Ints, Ints]:
    return np.clip(starts, 0, n), np.clip(stops, 0, n)


def _cover(starts: Ints, stops: Ints, n: int) -> Ints:
    """The union of stretches whose ends ascend: each gives what its predecessor did not."""
    fresh = starts.copy()
    fresh[1:] = np.maximum(starts[1:], stops[:-1])
    return as_set(stretches(fresh, stops)[1], n)
