"""Rows that share a group: an aggregate comes from its group, a transform from its row's group."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.lineage.maps.gather import checked_index
from traceprop_nb.lineage.maps.lookup import Lookup
from traceprop_nb.lineage.maps.rowmap import Relation
from traceprop_nb.lineage.maps.rowsets import (
    EMPTY,
    Ints,
    Rows,
    as_positions,
    as_rows,
    as_set,
    refuse,
    smallest_dtype,
)


class Groups(Relation):
    """Output row g comes from every input row whose code is g; the codes are copied.

    Raises:
        ShapeError: The codes are not a list of whole numbers.
        RowRangeError: A code is not -1 (in no group) or one of the groups.
    """

    __slots__ = ("_lookup", "codes")

    def __init__(self, codes: NDArray[Any], n_groups: int) -> None:
        codes = checked_index(codes, n_groups)
        self.codes = codes.astype(smallest_dtype(n_groups))
        self.n_in, self.n_out = codes.size, n_groups
        self._lookup = Lookup(self.codes, n_groups)

    @property
    def nbytes(self) -> int:
        return int(self.codes.nbytes)

    def back(self, rows: Ints) -> Ints:
        return self._lookup.find(as_rows(rows, self.n_out))

    def pairs(self, rows: Ints) -> tuple[Ints, Ints]:
        return self._lookup.pairs(as_positions(rows, self.n_out))

    def forward(self, rows: Ints) -> Ints:
        return as_set(self.codes[as_rows(rows, self.n_in)], self.n_out)

    def back_one(self, row: int) -> Rows:
        if not 0 <= row < self.n_out:
            refuse(row, self.n_out)
        return self._lookup.find_one(row)

    def forward_one(self, row: int) -> Rows:
        if not 0 <= row < self.n_in:
            refuse(row, self.n_in)
        code: int = self.codes.item(row)
        return code if code >= 0 else EMPTY

    def code_of(self, rows: Ints) -> Ints:
        """The group of each input row, -1 for none, in the order of ``rows``."""
        return self.codes[as_positions(rows, self.n_in)].astype(np.int64)


class SameGroup(Relation):
    """Row i comes from every row of its own group; a row in no group from none."""

    __slots__ = ("groups",)

    def __init__(self, groups: Groups) -> None:
        self.groups = groups
        self.n_in = self.n_out = groups.n_in

    @property
    def nbytes(self) -> int:
        return self.groups.nbytes

    def back(self, rows: Ints) -> Ints:
        return self.groups.back(self.groups.forward(rows))

    forward = back

    def pairs(self, rows: Ints) -> tuple[Ints, Ints]:
        codes = self.groups.code_of(rows)
        kept = np.flatnonzero(codes >= 0)
        owner, found = self.groups.pairs(codes[kept])
        return kept[owner], found

    def back_one(self, row: int) -> Rows:
        code = self.groups.forward_one(row)
        return self.groups.back_one(code) if isinstance(code, int) else EMPTY

    forward_one = back_one
