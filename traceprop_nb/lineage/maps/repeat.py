"""Row i comes from row i // k: ravel, repeat, stack of columns."""

from __future__ import annotations

from traceprop_nb.lineage.maps.rowmap import Function
from traceprop_nb.lineage.maps.rowsets import Ints, as_positions, as_rows, refuse, stretches


class Repeat(Function):
    """Each of n_in rows k times in a row."""

    __slots__ = ("k",)

    nbytes = 0

    def __init__(self, k: int, n_in: int) -> None:
        self.k, self.n_in, self.n_out = k, n_in, k * n_in

    def at(self, rows: Ints) -> Ints:
        return as_positions(rows, self.n_out) // max(self.k, 1)

    def forward(self, rows: Ints) -> Ints:
        first = as_rows(rows, self.n_in) * self.k
        return stretches(first, first + self.k)[1]

    def back_one(self, row: int) -> int:
        if not 0 <= row < self.n_out:
            refuse(row, self.n_out)
        return row // self.k

    def forward_one(self, row: int) -> range:
        if not 0 <= row < self.n_in:
            refuse(row, self.n_in)
        return range(row * self.k, (row + 1) * self.k)
