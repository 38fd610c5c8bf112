"""A map that is worked out when someone asks: what only a repetition on row numbers can tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from traceprop_nb.errors import ShapeError
from traceprop_nb.lineage.maps.rowmap import RowMap
from traceprop_nb.lineage.maps.rowsets import Ints, Rows


class OnDemand:
    """Any map, by how it is made. What ``make`` reads must never change: the caller copied it.

    Args:
        make: Makes the map; called once at most, and let go of afterwards.
        n_in: Number of input rows.
        n_out: Number of output rows.
    """

    __slots__ = ("_make", "_map", "n_in", "n_out")

    def __init__(self, make: Callable[[], RowMap], n_in: int, n_out: int) -> None:
        self._make: Callable[[], RowMap] | None = make
        self._map: RowMap | None = None
        self.n_in, self.n_out = n_in, n_out

    @classmethod
    def of(cls, made: RowMap) -> Self:
        """One that is worked out already."""
        return cls(lambda: made, made.n_in, made.n_out)

    @property
    def made(self) -> RowMap:
        """The map.

        Raises:
            ShapeError: What was made is a map between other numbers of rows.
        """
        make, done = self._make, self._map
        if done is None and make is not None:
            done = make()
            if (done.n_in, done.n_out) != (self.n_in, self.n_out):
                raise ShapeError(
                    f"{done!r} was made where a map from {self.n_out} to {self.n_in} rows was "
                    "promised; please report the operation"
                )
            self._map = done
        if done is None:  # another thread was between its two lines
            return self.made
        self._make = None
        return done

    def __repr__(self) -> str:
        return f"OnDemand({self.n_in} -> {self.n_out} rows)"

    @property
    def functional(self) -> bool:
        return self.made.functional

    @property
    def nbytes(self) -> int:
        return self._map.nbytes if self._map is not None else 0

    def at(self, rows: Ints) -> Ints:
        return self.made.at(rows)

    def back(self, rows: Ints) -> Ints:
        return self.made.back(rows)

    def pairs(self, rows: Ints) -> tuple[Ints, Ints]:
        return self.made.pairs(rows)

    def forward(self, rows: Ints) -> Ints:
        return self.made.forward(rows)

    def back_one(self, row: int) -> Rows:
        return self.made.back_one(row)

    def forward_one(self, row: int) -> Rows:
        return self.made.forward_one(row)
