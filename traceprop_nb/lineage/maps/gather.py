"""Row i comes from row index[i]: permutations, joins, resampling; the general function."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.errors import ShapeError
from traceprop_nb.lineage.maps.lookup import Lookup
from traceprop_nb.lineage.maps.rowmap import Function
from traceprop_nb.lineage.maps.rowsets import (
    EMPTY,
    Ints,
    Rows,
    as_positions,
    as_rows,
    refuse,
    smallest_dtype,
)


class Gather(Function):
    """An input row for each output row, in the narrowest integer type; the index is copied.

    Raises:
        ShapeError: The index is not a list of whole numbers.
        RowRangeError: An entry is not -1 (none) or one of the n_in rows.
    """

    __slots__ = ("_lookup", "index")

    def __init__(self, index: NDArray[Any], n_in: int) -> None:
        index = checked_index(index, n_in)
        self.index = index.astype(smallest_dtype(n_in))
        self.n_in, self.n_out = n_in, index.size
        self._lookup = Lookup(self.index, n_in)

    @property
    def nbytes(self) -> int:
        return int(self.index.nbytes)

    def at(self, rows: Ints) -> Ints:
        return self.index[as_positions(rows, self.n_out)].astype(np.int64)

    def forward(self, rows: Ints) -> Ints:
        return self._lookup.find(as_rows(rows, self.n_in))

    def back_one(self, row: int) -> Rows:
        if not 0 <= row < self.n_out:
            refuse(row, self.n_out)
        found: int = self.index.item(row)
        return found if found >= 0 else EMPTY

    def forward_one(self, row: int) -> Rows:
        if not 0 <= row < self.n_in:
            refuse(row, self.n_in)
        return self._lookup.find_one(row)


def checked_index(index: NDArray[Any], n_in: int) -> NDArray[Any]:
    """The index, after a check of its shape, type and range (-1 .. n_in - 1).

    Raises:
        ShapeError: It is not a list of whole numbers.
        RowRangeError: An entry is not -1 (none) or one of the n_in rows.
    """
    index = np.asarray(index)
    if index.ndim != 1 or (index.size and index.dtype.kind not in "iu"):
        raise ShapeError(
            f"an index is a list of whole numbers, not {index.dtype} of shape {index.shape}; "
            "give one input row for each output row, -1 for none"
        )
    if index.size and (index.min() < -1 or index.max() >= n_in):
        low, high = int(index.min()), int(index.max())
        refuse(low if low < -1 else high, n_in)
    return index
