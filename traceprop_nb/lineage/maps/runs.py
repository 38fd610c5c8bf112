"""Stretches of neighbouring rows that moved together: clustered filters, nearly sorted data.

Range encoding of a relation as in ProvRC, arXiv:2405.17701.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.errors import ShapeError
from traceprop_nb.lineage.maps.rowmap import Function
from traceprop_nb.lineage.maps.rowsets import (
    EMPTY,
    Ints,
    Rows,
    as_positions,
    as_rows,
    as_set,
    narrow,
    refuse,
    stretches,
)


class Runs(Function):
    """Output rows first[j], first[j] + 1, ... come from origin[j], origin[j] + 1, ...

    Attributes:
        first: Signed integers (r + 1,), strictly ascending from 0; the last one is n_out.
        origin: Signed integers (r,); -1 marks a stretch whose rows come from nowhere.

    Raises:
        ShapeError: The stretches do not cover the output in their order.
        RowRangeError: One of them leaves the input.
    """

    __slots__ = ("first", "origin")

    def __init__(self, first: NDArray[Any], origin: NDArray[Any], n_in: int) -> None:
        lengths = np.diff(first)
        if first.size != origin.size + 1 or first[0] != 0 or (lengths <= 0).any():
            raise ShapeError(
                f"{origin.size} stretches cannot start at {first.size} ascending rows from 0; "
                "give each its first row, and the number of rows last"
            )
        self.n_in, self.n_out = n_in, int(first[-1])
        ends = np.where(origin < 0, origin, origin + lengths - 1)
        if ends.size and (origin.min() < -1 or ends.max() >= n_in):
            refuse(int(origin.min() if origin.min() < -1 else ends.max()), n_in)
        kind = np.int32 if max(n_in, self.n_out) < 2**31 else np.int64
        self.first: NDArray[Any] = first.astype(kind)
        self.origin: NDArray[Any] = origin.astype(kind)

    @property
    def nbytes(self) -> int:
        return int(self.first.nbytes + self.origin.nbytes)

    def at(self, rows: Ints) -> Ints:
        rows = as_positions(rows, self.n_out)
        run = np.searchsorted(self.first, rows, side="right") - 1
        origin = self.origin[run].astype(np.int64)
        return np.where(origin < 0, -1, origin + rows - self.first[run])

    def forward(self, rows: Ints) -> Ints:
        rows = as_rows(rows, self.n_in)
        kept = np.flatnonzero(self.origin >= 0)
        origin, first = self.origin[kept].astype(np.int64), self.first[kept].astype(np.int64)
        ends = origin + self.first[kept + 1] - first
        # of the sorted rows asked for, those within a run are neighbours
        run, place = stretches(np.searchsorted(rows, origin), np.searchsorted(rows, ends))
        return as_set(rows[place] + (first - origin)[run], self.n_out)

    def back_one(self, row: int) -> Rows:
        if not 0 <= row < self.n_out:
            refuse(row, self.n_out)
        run = int(self.first.searchsorted(row, side="right")) - 1
        origin: int = self.origin.item(run)
        return origin + row - int(self.first.item(run)) if origin >= 0 else EMPTY

    def forward_one(self, row: int) -> Rows:
        if not 0 <= row < self.n_in:
            refuse(row, self.n_in)
        origin = self.origin
        into = row - origin
        inside = (origin >= 0) & (into >= 0) & (into < self.first[1:] - self.first[:-1])
        hits = np.flatnonzero(inside)
        return narrow(self.first[hits].astype(np.int64) + into[hits])
