"""A slot of a concatenation: output rows offset, offset + 1, ... are the input; others are not."""

from __future__ import annotations

import numpy as np

from traceprop_nb.lineage.maps.rowmap import Function
from traceprop_nb.lineage.maps.rowsets import EMPTY, Ints, Rows, as_positions, as_rows, refuse


class Part(Function):
    """n_in rows in their order, placed at ``offset`` among n_out rows.

    Raises:
        RowRangeError: They do not fit there.
    """

    __slots__ = ("offset",)

    nbytes = 0

    def __init__(self, offset: int, n_in: int, n_out: int) -> None:
        self.offset, self.n_in, self.n_out = offset, n_in, n_out
        if n_in and not 0 <= offset <= n_out - n_in:
            refuse(offset if offset < 0 else offset + n_in - 1, n_out)

    def at(self, rows: Ints) -> Ints:
        found = as_positions(rows, self.n_out) - self.offset
        return np.where((found >= 0) & (found < self.n_in), found, -1)

    def back(self, rows: Ints) -> Ints:
        found = as_rows(rows, self.n_out) - self.offset
        return found[(found >= 0) & (found < self.n_in)]

    def forward(self, rows: Ints) -> Ints:
        return as_rows(rows, self.n_in) + self.offset

    def back_one(self, row: int) -> Rows:
        if not 0 <= row < self.n_out:
            refuse(row, self.n_out)
        found = row - self.offset
        return found if 0 <= found < self.n_in else EMPTY

    def forward_one(self, row: int) -> int:
        if not 0 <= row < self.n_in:
            refuse(row, self.n_in)
        return row + self.offset
