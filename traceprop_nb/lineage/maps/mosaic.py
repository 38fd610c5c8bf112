"""Rows put together of elements of several rows: a transpose, a vector folded into a matrix.

Which rows are behind such a row is exact. What is made of a part of it, such as one of its columns,
comes from fewer of them, so that whoever walks through it must count it as a superset: the edge is
INEXACT, and a question about the value itself may read this map as exact.
"""

from __future__ import annotations

from traceprop_nb.lineage.maps.rowmap import Relation, RowMap
from traceprop_nb.lineage.maps.rowsets import Ints, Rows


class Mosaic(Relation):
    """A map whose output rows take single elements of their input rows."""

    __slots__ = ("whole",)

    def __init__(self, whole: RowMap) -> None:
        self.whole = whole
        self.n_in, self.n_out = whole.n_in, whole.n_out

    @property
    def functional(self) -> bool:  # type: ignore[override]  # depends on the map inside
        return self.whole.functional

    @property
    def nbytes(self) -> int:
        return self.whole.nbytes

    def at(self, rows: Ints) -> Ints:
        return self.whole.at(rows)

    def back(self, rows: Ints) -> Ints:
        return self.whole.back(rows)

    def pairs(self, rows: Ints) -> tuple[Ints, Ints]:
        return self.whole.pairs(rows)

    def forward(self, rows: Ints) -> Ints:
        return self.whole.forward(rows)

    def back_one(self, row: int) -> Rows:
        return self.whole.back_one(row)

    def forward_one(self, row: int) -> Rows:
        return self.whole.forward_one(row)
