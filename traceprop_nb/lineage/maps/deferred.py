"""An index held as it came, compressed when the kernel is idle or someone asks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.lineage.maps.compress import compress
from traceprop_nb.lineage.maps.rowmap import Function, RowMap
from traceprop_nb.lineage.maps.rowsets import Ints, Rows


class Deferred(Function):
    """An index by reference: the caller sees to it that nobody writes into it.

    A wrong entry is found by ``resolve``, which raises what ``compress`` does.

    Args:
        index: An input row for each output row, -1 for none.
        n_in: Number of input rows.
        wraps: Negative entries count from the end, as in NumPy; there is no none then.
    """

    __slots__ = ("_index", "_map", "_wraps")

    def __init__(self, index: NDArray[Any], n_in: int, *, wraps: bool = False) -> None:
        self._index: NDArray[Any] | None = index
        self._map: RowMap | None = None
        self._wraps = wraps
        self.n_in, self.n_out = n_in, len(index)

    def resolve(self) -> RowMap:
        """The compressed map; the index is let go of."""
        index, done = self.index, self._map
        if done is None and index is not None:
            done = self._map = compress(index, self.n_in)
        if done is None:  # another thread was between its two lines
            return self.resolve()
        self._index = None
        return done

    @property
    def index(self) -> NDArray[Any] | None:
        """The index as it came, with rows counted from the start, until it is let go of."""
        index = self._index
        if index is not None and self._wraps:
            index = index.astype(np.int64)
            index[index < 0] += self.n_in
            self._index = index
            self._wraps = False
        return index

    @property
    def resolved(self) -> bool:
        """Whether the index has been compressed already."""
        return self._map is not None

    @property
    def nbytes(self) -> int:
        index = self._index
        return int(index.nbytes) if index is not None else self.resolve().nbytes

    def at(self, rows: Ints) -> Ints:
        return self.resolve().at(rows)

    def back(self, rows: Ints) -> Ints:
        return self.resolve().back(rows)

    def forward(self, rows: Ints) -> Ints:
        return self.resolve().forward(rows)

    def back_one(self, row: int) -> Rows:
        return (self._map or self.resolve()).back_one(row)

    def forward_one(self, row: int) -> Rows:
        return (self._map or self.resolve()).forward_one(row)
