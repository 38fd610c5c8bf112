"""Rows and labels as a library of trees takes them: missing values are values there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.errors import NotFiniteError, ShapeError, UnsupportedModelError, unknown_name
from traceprop_nb.gradients.objective import Floats, Ints


@dataclass(frozen=True, eq=False)
class Reader:
    """Reads what a user passes.

    Attributes:
        columns: Number of features.
        classes: All labels, in the order of ``predict_proba``'s columns; None for a regression.
        names: Names of the features, if it was trained on a table.
    """

    columns: int
    classes: NDArray[Any] | None
    names: tuple[str, ...] = ()

    def rows(self, X: object) -> Any:
        """Rows (m, d): a table stays one, anything else becomes an array; NaN is kept.

        Raises:
            ShapeError: Another number of columns, or columns in another order.
        """
        if hasattr(X, "toarray"):
            raise UnsupportedModelError("trees on sparse matrices are not read; pass X.toarray()")
        if not hasattr(X, "iloc"):
            X = np.asarray(X)
        elif getattr(X, "ndim", 2) == 1:
            X = X.to_frame().T.infer_objects()  # type: ignore[attr-defined]  # one row of a table
        if isinstance(X, np.ndarray) and X.ndim == 1 and len(X) == self.columns:
            X = X[None, :]
        shape: tuple[int, ...] = getattr(X, "shape", ())
        if len(shape) != 2 or shape[1] != self.columns:
            raise ShapeError(
                f"the query has shape {shape}, and the model was trained on rows of "
                f"{self.columns} features; pass (m, {self.columns})"
            )
        self._check_names(X)
        return X

    def targets(self, y: object, m: int) -> Floats:
        """Class numbers or targets, float64 (m,).

        Raises:
            ShapeError: Not one a row.
            UnknownNameError: A label that the model has no class for.
            NotFiniteError: NaN or infinity.
        """
        labels = np.atleast_1d(np.asarray(y)).ravel()
        if len(labels) != m:
            raise ShapeError(f"{len(labels)} labels for {m} rows; pass one label a row")
        if labels.dtype.kind == "f" and not np.isfinite(labels).all():
            row = int(np.flatnonzero(~np.isfinite(labels))[0])
            raise NotFiniteError(f"the label of row {row} is {labels[row]}; drop that row")
        if self.classes is None:
            return labels.astype(np.float64)
        order = {label: float(index) for index, label in enumerate(self.classes.tolist())}
        try:
            return np.array([order[label] for label in labels.tolist()])
        except KeyError as missing:
            raise unknown_name("class", str(missing.args[0]), map(str, order)) from None

    def _check_names(self, X: Any) -> None:
        names = tuple(map(str, getattr(X, "columns", ())))
        if not names or not self.names or names == self.names:
            return
        place = next(i for i, (a, b) in enumerate(zip(names, self.names, strict=True)) if a != b)
        raise ShapeError(
            f"column {place} of the query is {names[place]!r} where the model was trained on "
            f"{self.names[place]!r}; put the columns in the order of training"
        )


def taken(X: Any, rows: Ints) -> Any:
    """These rows of a table or an array."""
    return X.iloc[rows] if hasattr(X, "iloc") else X[rows]
