"""Several maps between the same rows at once: an operand used twice, two paths that meet."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np

from traceprop_nb.errors import ShapeError
from traceprop_nb.lineage.maps.all import All
from traceprop_nb.lineage.maps.chain import distinct
from traceprop_nb.lineage.maps.identity import Identity
from traceprop_nb.lineage.maps.rowmap import Relation, RowMap
from traceprop_nb.lineage.maps.rowsets import Ints, Rows, merge, narrow


class Union(Relation):
    """For each output row the input rows of every member."""

    __slots__ = ("members",)

    def __init__(self, members: Sequence[RowMap]) -> None:
        self.members = tuple(members)
        self.n_in, self.n_out = members[0].n_in, members[0].n_out

    @property
    def nbytes(self) -> int:
        return sum(m.nbytes for m in self.members)

    def back(self, rows: Ints) -> Ints:
        return reduce(np.union1d, [m.back(rows) for m in self.members])

    def forward(self, rows: Ints) -> Ints:
        return reduce(np.union1d, [m.forward(rows) for m in self.members])

    def pairs(self, rows: Ints) -> tuple[Ints, Ints]:
        owners, founds = zip(*(m.pairs(rows) for m in self.members), strict=True)
        return distinct(np.concatenate(owners), np.concatenate(founds), self.n_in)

    def back_one(self, row: int) -> Rows:
        return _merged([m.back_one(row) for m in self.members])

    def forward_one(self, row: int) -> Rows:
        return _merged([m.forward_one(row) for m in self.members])


def _merged(sets: list[Rows]) -> Rows:
    found = reduce(merge, sets)
    return narrow(found) if isinstance(found, np.ndarray) else found


def union(maps: Sequence[RowMap]) -> RowMap:
    """The map that has the input rows of all these maps.

    Raises:
        ShapeError: There is none, or they are not between the same rows.
    """
    if not maps:
        raise ShapeError("the union of no maps has no rows; give one at least")
    members: list[RowMap] = []
    for m in maps:
        if (m.n_in, m.n_out) != (maps[0].n_in, maps[0].n_out):
            raise ShapeError(f"cannot unite {maps[0]!r} with {m!r}; align their rows first")
        if isinstance(m, All):
            return m
        again = any(
            m is k or (isinstance(m, Identity) and isinstance(k, Identity)) for k in members
        )
        if not again:
            members.append(m)
    return members[0] if len(members) == 1 else Union(members)
