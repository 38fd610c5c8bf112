"""A map that is worked out when someone asks: a sort order, a shuffle, a call to be done again.

Whatever the recipe reads must be immutable or its own copy; it is let go of once it was followed.
"""

from __future__ import annotations

from collections.abc import Callable

from traceprop_nb.errors import ShapeError
from traceprop_nb.lineage.maps.rowmap import RowMap
from traceprop_nb.lineage.maps.rowsets import Ints, Rows


class Recipe:
    """A map by how it is made; made at most once.

    Args:
        make: Gives the map.
        n_in: Input rows of that map.
        n_out: Output rows of that map.
        held: Bytes that the recipe keeps alive until it is followed.
    """

    __slots__ = ("_held", "_make", "_map", "n_in", "n_out")

    def __init__(self, make: Callable[[], RowMap], n_in: int, n_out: int, held: int = 0) -> None:
        self._make: Callable[[], RowMap] | None = make
        self._map: RowMap | None = None
        self._held = held
        self.n_in, self.n_out = n_in, n_out

    def __repr__(self) -> str:
        return f"Recipe({self.n_in} -> {self.n_out} rows)"

    def resolve(self) -> RowMap:
        """The map.

        Raises:
            ShapeError: The recipe gives one between other rows.
        """
        make, done = self._make, self._map
        if done is None and make is not None:
            done = make()
            if (done.n_in, done.n_out) != (self.n_in, self.n_out):
                raise ShapeError(f"{self!r} gave {done!r}; this is an error of the rule behind it")
            self._map = done
        if done is None:  # another thread was between its two lines
            return self.resolve()
        self._make = None
        return done

    @property
    def functional(self) -> bool:
        """As the map that it gives."""
        return self.resolve().functional

    @property
    def nbytes(self) -> int:
        """What it keeps alive now."""
        return self._held if self._map is None else self._map.nbytes

    def at(self, rows: Ints) -> Ints:
        """See ``RowMap``."""
        return self.resolve().at(rows)

    def back(self, rows: Ints) -> Ints:
        """See ``RowMap``."""
        return self.resolve().back(rows)

    def pairs(self, rows: Ints) -> tuple[Ints, Ints]:
        """See ``RowMap``."""
        return self.resolve().pairs(rows)

    def forward(self, rows: Ints) -> Ints:
        """See ``RowMap``."""
        return self.resolve().forward(rows)

    def back_one(self, row: int) -> Rows:
        """See ``RowMap``."""
        return self.resolve().back_one(row)

    def forward_one(self, row: int) -> Rows:
        """See ``RowMap``."""
        return self.resolve().forward_one(row)
