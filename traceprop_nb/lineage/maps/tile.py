"""Row i comes from row i % n_in: tile, melt, a block of rows again and again."""

from __future__ import annotations

import numpy as np

from traceprop_nb.lineage.maps.rowmap import Function
from traceprop_nb.lineage.maps.rowsets import Ints, Rows, as_positions, as_rows, narrow, refuse


class Tile(Function):
    """All n_in rows, k times over."""

    __slots__ = ("k",)

    nbytes = 0

    def __init__(self, k: int, n_in: int) -> None:
        self.k, self.n_in, self.n_out = k, n_in, k * n_in

    def at(self, rows: Ints) -> Ints:
        return as_positions(rows, self.n_out) % max(self.n_in, 1)

    def forward(self, rows: Ints) -> Ints:
        rows = as_rows(rows, self.n_in)
        return (np.arange(self.k)[:, None] * self.n_in + rows).reshape(-1)

    def back_one(self, row: int) -> int:
        if not 0 <= row < self.n_out:
            refuse(row, self.n_out)
        return row % self.n_in

    def forward_one(self, row: int) -> Rows:
        if not 0 <= row < self.n_in:
            refuse(row, self.n_in)
        return narrow(np.arange(row, self.n_out, self.n_in))
