"""Any finite map, spelled out: for each output row its own list of input rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.errors import ShapeError
from traceprop_nb.lineage.maps.gather import checked_index
from traceprop_nb.lineage.maps.lookup import Lookup
from traceprop_nb.lineage.maps.rowmap import Relation
from traceprop_nb.lineage.maps.rowsets import (
    Ints,
    Rows,
    as_positions,
    as_rows,
    as_set,
    narrow,
    refuse,
    smallest_dtype,
    stretches,
)


class Ragged(Relation):
    """Output row i comes from values[start[i]:start[i + 1]]; both are copied.

    Args:
        start: Integers (n_out + 1,), ascending from 0 to the number of values.
        values: Input rows, ascending and distinct within each output row.
        n_in: Number of input rows.

    Raises:
        ShapeError: start does not cut up the values.
        RowRangeError: A value is not one of the input rows.
    """

    __slots__ = ("_lookup", "start", "values")

    def __init__(self, start: NDArray[Any], values: NDArray[Any], n_in: int) -> None:
        values = checked_index(values, n_in)
        if values.size and values.min() < 0:
            refuse(-1, n_in)
        if start[0] != 0 or start[-1] != values.size or (np.diff(start) < 0).any():
            raise ShapeError(
                f"{start.size} ends do not cut up {values.size} values; "
                "let them ascend from 0 to the number of values"
            )
        self.start = start.astype(smallest_dtype(values.size + 1))
        self.values = values.astype(smallest_dtype(n_in))
        self.n_in, self.n_out = n_in, start.size - 1
        self._lookup = Lookup(self.values, n_in)

    @classmethod
    def of_pairs(cls, owner: Ints, values: Ints, n_out: int, n_in: int) -> Ragged:
        """The map of sorted pairs (output row, input row), as ``pairs`` gives them."""
        return cls(np.searchsorted(owner, np.arange(n_out + 1)), values, n_in)

    @property
    def nbytes(self) -> int:
        return int(self.start.nbytes + self.values.nbytes)

    def pairs(self, rows: Ints) -> tuple[Ints, Ints]:
        rows = as_positions(rows, self.n_out)
        begin, end = self.start[rows].astype(np.int64), self.start[rows + 1].astype(np.int64)
        owner, places = stretches(begin, end)
        return owner, self.values[places].astype(np.int64)

    def back(self, rows: Ints) -> Ints:
        return as_set(self.pairs(as_rows(rows, self.n_out))[1], self.n_in)

    def forward(self, rows: Ints) -> Ints:
        places = self._lookup.find(as_rows(rows, self.n_in))
        return as_set(np.searchsorted(self.start, places, side="right") - 1, self.n_out)

    def back_one(self, row: int) -> Rows:
        if not 0 <= row < self.n_out:
            refuse(row, self.n_out)
        begin, end = self.start.item(row), self.start.item(row + 1)
        return narrow(self.values[begin:end].astype(np.int64))

    def forward_one(self, row: int) -> Rows:
        return narrow(self.forward(np.array([row])))
