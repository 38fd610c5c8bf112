"""Row i comes from rows 0 to i: cumulative sums, expanding windows."""

from __future__ import annotations

import numpy as np

from traceprop_nb.lineage.maps.rowmap import Relation
from traceprop_nb.lineage.maps.rowsets import (
    EMPTY,
    Ints,
    as_positions,
    as_rows,
    refuse,
    stretches,
)


class Prefix(Relation):
    """The map of n rows to everything up to them."""

    __slots__ = ()

    nbytes = 0

    def __init__(self, n: int) -> None:
        self.n_in = self.n_out = n

    def back(self, rows: Ints) -> Ints:
        rows = as_rows(rows, self.n_out)
        return np.arange(rows[-1] + 1) if rows.size else EMPTY

    def forward(self, rows: Ints) -> Ints:
        rows = as_rows(rows, self.n_in)
        return np.arange(rows[0], self.n_out) if rows.size else EMPTY

    def pairs(self, rows: Ints) -> tuple[Ints, Ints]:
        rows = as_positions(rows, self.n_out)
        return stretches(np.zeros_like(rows), rows + 1)

    def back_one(self, row: int) -> range:
        if not 0 <= row < self.n_out:
            refuse(row, self.n_out)
        return range(row + 1)

    def forward_one(self, row: int) -> range:
        if not 0 <= row < self.n_in:
            refuse(row, self.n_in)
        return range(row, self.n_out)
