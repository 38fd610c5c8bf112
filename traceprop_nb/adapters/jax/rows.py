"""The rows of a training and of a query: their shape, their numbers, and blocks of them.

A compiled function is compiled again for every other number of rows. So blocks come in a few
sizes only, and the last one is filled up with a row that counts nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.errors import NotFiniteError, ShapeError, unknown_name
from traceprop_nb.gradients import blocks
from traceprop_nb.gradients.finite import require_finite
from traceprop_nb.gradients.objective import Ints

SIZES = (8, 64, 512, 4096)
"""Rows of a block: each size is compiled once for each function."""


@dataclass(frozen=True)
class Block:
    """Some rows, filled up to one of the sizes.

    Attributes:
        rows: int64, the rows, then the first of them again as often as it takes.
        real: How many of them count.
    """

    rows: Ints
    real: int


def padded(rows: Ints, bytes_per_row: int) -> Iterator[Block]:
    """The rows in order, in blocks of few sizes under the memory budget."""
    fitting = [s for s in SIZES if s * bytes_per_row <= blocks.BUDGET] or [1]
    place = 0
    while place < len(rows):
        left = len(rows) - place
        filled = next((s for s in fitting if s >= left), fitting[-1])
        whole = [s for s in fitting[1:] if s <= left]
        size = whole[-1] if whole else filled
        real = min(size, left)
        some = rows[place : place + real]
        yield Block(np.concatenate([some, np.repeat(some[:1], size - real)]), real)
        place += real


@dataclass(frozen=True)
class RowShape:
    """Reads rows the way the training did.

    Attributes:
        row: Shape of a row.
        row_dtype: What rows are computed in: float64, or whole numbers.
        label: Shape of a row's label.
        label_dtype: The same for labels.
        classes: Number of classes, or None.
    """

    row: tuple[int, ...]
    row_dtype: np.dtype[Any]
    label: tuple[int, ...]
    label_dtype: np.dtype[Any]
    classes: int | None

    def features(self, X: object) -> NDArray[Any]:
        """X as (m, ...); one row may lack its axis.

        Raises:
            ShapeError: Another shape of rows, or no numbers.
            NotFiniteError: NaN or infinity.
        """
        values = numbers(X, "the query")
        if values.shape == self.row:
            values = values[None]
        if values.shape[1:] != self.row or not values.ndim:
            raise ShapeError(
                f"the query has shape {values.shape}, and the model was trained on rows of "
                f"shape {self.row}; pass (m, {', '.join(map(str, self.row))})"
            )
        require_numbers(values, "the query")
        exact = self.row_dtype.kind == "f" or values.dtype.kind != "f"
        return values.astype(self.row_dtype if exact else np.float64)

    def labels(self, y: object, m: int) -> NDArray[Any]:
        """Labels of m rows.

        Raises:
            ShapeError: Another number of rows.
            UnknownNameError: A class that the model has no output for.
            NotFiniteError: NaN or infinity.
        """
        values = numbers(y, "the query's label")
        if m == 1 and values.shape in ((), self.label):
            values = values[None]
        spread = self.classes is not None and self.label == (self.classes,)
        if spread and values.shape == (m,):  # a class where training had a probability for each
            self._require_classes(values)
            values = np.eye(self.label[0])[values.astype(np.int64)]
        if values.shape != (m, *self.label):
            raise ShapeError(
                f"labels of shape {values.shape} for {m} rows whose label has shape "
                f"{self.label}; pass one label a row"
            )
        require_numbers(values, "the query's label")
        if not spread:
            self._require_classes(values)
        return values.astype(self.label_dtype)

    def _require_classes(self, values: NDArray[Any]) -> None:
        known = range(self.classes or 0)
        for value in values.ravel().tolist() if known else ():
            if value not in known:
                raise unknown_name("class", f"{value:g}", map(str, known))


def numbers(values: object, what: str) -> NDArray[Any]:
    """A copy of anything array-like as an array of numbers.

    Raises:
        ShapeError: It holds something else.
    """
    try:
        array = np.array(values)
        kept = array.dtype.kind in "biuf"
        return array if kept else array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ShapeError(f"{what} is not numbers ({error}); encode it first") from error


def require_numbers(values: NDArray[Any], what: str) -> None:
    """As ``require_finite``; whole numbers are finite."""
    if values.dtype.kind == "f":
        require_finite(values, what)


def training_rows(
    X: object, y: object, names: tuple[str, str]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """The rows of a training as arrays.

    Raises:
        ShapeError: Another number of labels than of rows, none at all, or no numbers.
        NotFiniteError: NaN or infinity.
    """
    rows, labels = numbers(X, names[0]), numbers(y, names[1])
    if not rows.ndim or not labels.ndim or len(rows) != len(labels):
        raise ShapeError(
            f"{names[0]} has shape {rows.shape} and {names[1]} has shape {labels.shape}; "
            "--rows X,y are the rows and as many labels"
        )
    if not len(rows):
        raise ShapeError(f"{names[0]} has no rows; name the rows that were trained on")
    for values, name in ((rows, names[0]), (labels, names[1])):
        try:
            require_numbers(values, name)
        except NotFiniteError as error:
            raise NotFiniteError(f"{error}; training on it gives no finite parameters") from None
    return rows, labels
