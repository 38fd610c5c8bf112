"""Numbers that must be numbers: the check that names where one is not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.errors import NotFiniteError, ShapeError


def require_finite(values: NDArray[np.floating], what: str) -> None:
    """Do nothing if all values are finite.

    Args:
        values: Any shape, rows first.
        what: How to call it in the message, such as ``"the query"``.

    Raises:
        NotFiniteError: With the first row and column that is not, and how many there are.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(values.sum()):  # one pass and no copy in the usual case
            return
    bad = np.argwhere(~np.isfinite(values))
    if not len(bad):
        return
    place, value = tuple(map(int, bad[0])), values[tuple(bad[0])]
    names = ("row", "column", *(f"axis {a}" for a in range(2, len(place))))
    where = ", ".join(f"{name} {index}" for name, index in zip(names, place, strict=False))
    more = f" and in {len(bad) - 1} more places" if len(bad) > 1 else ""
    raise NotFiniteError(
        f"{what} has {value} at {where or 'its only place'}{more}; "
        "impute or drop it the way the training data was"
    )


def as_matrix(X: object, columns: int, what: str) -> NDArray[np.float64]:
    """X as float64 (m, columns); one row may be passed as a vector.

    Raises:
        ShapeError: Another number of columns, or not a matrix of numbers.
        NotFiniteError: See ``require_finite``.
    """
    try:
        matrix = np.asarray(X, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ShapeError(f"{what} is not a matrix of numbers ({error}); encode it first") from error
    if matrix.ndim == 1 and len(matrix) == columns:
        matrix = matrix[None, :]
    if matrix.ndim != 2 or matrix.shape[1] != columns:
        raise ShapeError(
            f"{what} has shape {matrix.shape}, and the model was trained on rows of "
            f"{columns} features; pass (m, {columns})"
        )
    require_finite(matrix, what)
    return matrix
