"""Every row comes from every row: statistics, fits, and calls of which nothing is known."""

from __future__ import annotations

import numpy as np

from traceprop_nb.lineage.maps.rowmap import Relation
from traceprop_nb.lineage.maps.rowsets import EMPTY, Ints, as_positions, as_rows, refuse


class All(Relation):
    """The full map from n_out rows to n_in rows."""

    __slots__ = ()

    nbytes = 0

    def __init__(self, n_in: int, n_out: int) -> None:
        self.n_in, self.n_out = n_in, n_out

    def back(self, rows: Ints) -> Ints:
        return np.arange(self.n_in) if as_rows(rows, self.n_out).size else EMPTY

    def forward(self, rows: Ints) -> Ints:
        return np.arange(self.n_out) if as_rows(rows, self.n_in).size else EMPTY

    def pairs(self, rows: Ints) -> tuple[Ints, Ints]:
        m = as_positions(rows, self.n_out).size
        return np.repeat(np.arange(m), self.n_in), np.tile(np.arange(self.n_in), m)

    def back_one(self, row: int) -> range:
        if not 0 <= row < self.n_out:
            refuse(row, self.n_out)
        return range(self.n_in)

    def forward_one(self, row: int) -> range:
        if not 0 <= row < self.n_in:
            refuse(row, self.n_in)
        return range(self.n_out)
