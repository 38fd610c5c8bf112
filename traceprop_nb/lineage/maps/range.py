"""Row i comes from row start + step * i: slices, heads and tails, reversals, one row for all."""

from __future__ import annotations

import numpy as np

from traceprop_nb.lineage.maps.rowmap import Function
from traceprop_nb.lineage.maps.rowsets import EMPTY, Ints, Rows, as_positions, as_rows, refuse


class Range(Function):
    """An arithmetic progression of n_out of the n_in rows; step 0 repeats one row.

    Raises:
        RowRangeError: It would leave the input.
    """

    __slots__ = ("start", "step")

    nbytes = 0

    def __init__(self, start: int, step: int, n_out: int, n_in: int) -> None:
        self.start, self.step, self.n_out, self.n_in = start, step, n_out, n_in
        if n_out:
            for end in (start, start + step * (n_out - 1)):
                if not 0 <= end < n_in:
                    refuse(end, n_in)

    def at(self, rows: Ints) -> Ints:
        return self.start + self.step * as_positions(rows, self.n_out)

    def back(self, rows: Ints) -> Ints:
        found = self.start + self.step * as_rows(rows, self.n_out)
        if self.step > 0:
            return found
        return found[::-1] if self.step < 0 else found[:1]

    def forward(self, rows: Ints) -> Ints:
        rows = as_rows(rows, self.n_in)
        if self.step == 0:
            return np.arange(self.n_out) if self.start in rows else EMPTY
        place, rest = np.divmod(rows - self.start, self.step)
        found = place[(rest == 0) & (place >= 0) & (place < self.n_out)]
        return found if self.step > 0 else found[::-1]

    def back_one(self, row: int) -> int:
        if not 0 <= row < self.n_out:
            refuse(row, self.n_out)
        return self.start + self.step * row

    def forward_one(self, row: int) -> Rows:
        if not 0 <= row < self.n_in:
            refuse(row, self.n_in)
        if self.step == 0:
            return range(self.n_out) if row == self.start else EMPTY
        place, rest = divmod(row - self.start, self.step)
        return place if rest == 0 and 0 <= place < self.n_out else EMPTY
