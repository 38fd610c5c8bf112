"""What every row map can do, and the two halves that most of them share."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from traceprop_nb.errors import ShapeError
from traceprop_nb.lineage.maps.rowsets import Ints, Rows, as_set


class RowMap(Protocol):
    """A map from each output row to a set of input rows. Never changes once it is made.

    Every method raises RowRangeError for a row that does not exist.

    Attributes:
        n_in: Number of input rows.
        n_out: Number of output rows.
    """

    n_in: int
    n_out: int

    @property
    def functional(self) -> bool:
        """Whether no output row has more than one input row."""
        ...

    @property
    def nbytes(self) -> int:
        """Bytes kept for the map itself; indexes built by questions are not counted."""
        ...

    def back(self, rows: Ints) -> Ints:
        """The input rows behind these output rows, as a sorted set."""
        ...

    def at(self, rows: Ints) -> Ints:
        """The one input row of each output row, -1 for none, in the order of ``rows``.

        Raises:
            ShapeError: The map is not functional.
        """
        ...

    def pairs(self, rows: Ints) -> tuple[Ints, Ints]:
        """Every (k, r) such that output row ``rows[k]`` comes from input row r, sorted.

        As long as its answer: of a map to all rows it is rows times input rows.
        """
        ...

    def forward(self, rows: Ints) -> Ints:
        """The output rows that these input rows reach, as a sorted set."""
        ...

    def back_one(self, row: int) -> Rows:
        """``back`` of one row, without an array where there is a way."""
        ...

    def forward_one(self, row: int) -> Rows:
        """``forward`` of one row, without an array where there is a way."""
        ...


class Function:
    """The shared half of maps with at most one input row per output row."""

    __slots__ = ("n_in", "n_out")

    n_in: int
    n_out: int
    functional = True

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.n_in} -> {self.n_out} rows)"

    def at(self, rows: Ints) -> Ints:
        raise NotImplementedError

    def back(self, rows: Ints) -> Ints:
        return as_set(self.at(rows), self.n_in)

    def pairs(self, rows: Ints) -> tuple[Ints, Ints]:
        found = self.at(rows)
        kept = np.flatnonzero(found >= 0)
        return kept, found[kept]


class Relation:
    """The shared half of maps whose output rows may have many input rows."""

    __slots__ = ("n_in", "n_out")

    n_in: int
    n_out: int
    functional = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.n_in} -> {self.n_out} rows)"

    def at(self, rows: Ints) -> Ints:
        raise ShapeError(
            f"{self!r} may give many input rows for each of {np.size(rows)} output rows; "
            "ask back() or pairs()"
        )
