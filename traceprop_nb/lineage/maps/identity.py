"""Row i comes from row i: element-wise operations, casts, columns."""

from __future__ import annotations

from traceprop_nb.lineage.maps.rowmap import Function
from traceprop_nb.lineage.maps.rowsets import Ints, as_positions, as_rows, refuse


class Identity(Function):
    """The map of n rows to themselves."""

    __slots__ = ()

    nbytes = 0

    def __init__(self, n: int) -> None:
        self.n_in = self.n_out = n

    def at(self, rows: Ints) -> Ints:
        return as_positions(rows, self.n_in)

    def back(self, rows: Ints) -> Ints:
        return as_rows(rows, self.n_in)

    forward = back

    def back_one(self, row: int) -> int:
        if not 0 <= row < self.n_in:
            refuse(row, self.n_in)
        return row

    forward_one = back_one
