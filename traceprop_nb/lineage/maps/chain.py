"""One map after another, evaluated when asked."""

from __future__ import annotations

import numpy as np

from traceprop_nb.errors import ShapeError
from traceprop_nb.lineage.maps.rowmap import Relation, RowMap
from traceprop_nb.lineage.maps.rowsets import (
    Ints,
    Rows,
    as_positions,
    materialise,
    narrow,
)


class Chain(Relation):
    """The rows of ``inner`` behind the rows of ``outer``.

    Raises:
        ShapeError: The outer map does not lead to the rows from which the inner one starts.
    """

    __slots__ = ("inner", "outer")

    def __init__(self, outer: RowMap, inner: RowMap) -> None:
        fitting(outer, inner)
        self.outer, self.inner = outer, inner
        self.n_in, self.n_out = inner.n_in, outer.n_out

    @property
    def functional(self) -> bool:  # type: ignore[override]  # depends on the links
        return self.outer.functional and self.inner.functional

    @property
    def nbytes(self) -> int:
        return self.outer.nbytes + self.inner.nbytes

    def back(self, rows: Ints) -> Ints:
        return self.inner.back(self.outer.back(rows))

    def forward(self, rows: Ints) -> Ints:
        return self.outer.forward(self.inner.forward(rows))

    def at(self, rows: Ints) -> Ints:
        if not self.functional:
            return super().at(rows)
        middle = self.outer.at(as_positions(rows, self.n_out))
        kept = np.flatnonzero(middle >= 0)
        found = np.full(middle.size, -1)
        found[kept] = self.inner.at(middle[kept])
        return found

    def pairs(self, rows: Ints) -> tuple[Ints, Ints]:
        owner, middle = self.outer.pairs(rows)
        link, found = self.inner.pairs(middle)
        return distinct(owner[link], found, self.n_in)

    def back_one(self, row: int) -> Rows:
        return follow(self.inner, self.outer.back_one(row))

    def forward_one(self, row: int) -> Rows:
        middle = self.inner.forward_one(row)
        if isinstance(middle, int):
            return self.outer.forward_one(middle)
        return narrow(self.outer.forward(materialise(middle)))


def follow(link: RowMap, rows: Rows) -> Rows:
    """``back`` for a set in any form."""
    if isinstance(rows, int):
        return link.back_one(rows)
    return narrow(link.back(materialise(rows)))


def fitting(outer: RowMap, inner: RowMap) -> None:
    """Check that two maps meet.

    Raises:
        ShapeError: They do not.
    """
    if outer.n_in != inner.n_out:
        raise ShapeError(
            f"cannot compose {outer!r} with {inner!r}: the first leads to {outer.n_in} rows, the "
            f"second starts from {inner.n_out}; name the map nearer to the result first"
        )


def distinct(owner: Ints, found: Ints, n: int) -> tuple[Ints, Ints]:
    """Pairs sorted and without repeats; the second of each lies in 0 .. n - 1."""
    if owner.size and n and owner.max() >= 2**62 // n:
        order = np.lexsort((found, owner))
        owner, found = owner[order], found[order]
        fresh = np.ones(owner.size, bool)
        fresh[1:] = (np.diff(owner) != 0) | (np.diff(found) != 0)
        return owner[fresh], found[fresh]
    key = np.unique(owner * n + found)
    return key // max(n, 1), key % max(n, 1)
