"""One row before a model: its score, what is decided by it, and the rows it is held against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.gradients.objective import Floats

Bools = NDArray[np.bool_]

CELLS = 2_000_000
"""Numbers of a block of rows that the model is asked about at once."""


@dataclass(frozen=True, eq=False)
class Planes:
    """Affine functions of a row at whose zeros the decision can change.

    Attributes:
        slopes: float64 (q, d).
        at_x: float64 (q,), their values at the row.
    """

    slopes: Floats
    at_x: Floats


@dataclass(frozen=True, eq=False)
class Case:
    """One row, and the model as a function of rows of numbers.

    Attributes:
        names: Names of the d features.
        x: float64 (d,), the row.
        rows: float64 (n, d), the training rows.
        scores: From rows (m, d) to their scores (m,).
        decided: From rows (m, d) to what is decided, (m,); None where there is no decision.
        slope: float64 (d,), where the score is linear in the features; else None.
        planes: Where the decision can change, for a linear score whose decision has such; or None.
        seeks: Sign of a change of the score that works against the decision.
        confirms: Whether the live model too decides otherwise on a row (d,); None = not asked.
    """

    names: tuple[str, ...]
    x: Floats
    rows: Floats
    scores: Callable[[Floats], Floats]
    decided: Callable[[Floats], NDArray[Any]] | None = None
    slope: Floats | None = None
    planes: Planes | None = None
    seeks: float = -1.0
    confirms: Callable[[Floats], bool] | None = None

    @property
    def d(self) -> int:
        """Number of features."""
        return len(self.x)

    @cached_property
    def low(self) -> Floats:
        """Smallest training value of each feature, (d,)."""
        return self.rows.min(axis=0)

    @cached_property
    def high(self) -> Floats:
        """Largest training value of each feature, (d,)."""
        return self.rows.max(axis=0)

    @cached_property
    def deviations(self) -> Floats:
        """Standard deviation of each feature over the training rows, (d,)."""
        return self.rows.std(axis=0)

    @cached_property
    def whole(self) -> Bools:
        """Features that only ever were whole numbers, the row's included, (d,)."""
        return (self.rows == np.rint(self.rows)).all(axis=0) & (self.x == np.rint(self.x))

    def flips(self, rows: Floats) -> Bools:
        """Whether something else is decided on these rows (m, d) than on the row, (m,)."""
        if self.decided is None or not len(rows):
            return np.zeros(len(rows), dtype=np.bool_)
        return np.asarray(self.decided(rows) != self.decided(self.x[None])[0], dtype=np.bool_)

    def flips_at(self, features: NDArray[np.int64], values: Floats) -> Bools:
        """Whether something else is decided with one feature changed at a time, (m,)."""
        step = max(1, CELLS // self.d)
        some = [slice(start, start + step) for start in range(0, len(values), step)]
        found = [self.flips(self.with_value(features[part], values[part])) for part in some]
        return np.concatenate([*found, np.zeros(0, dtype=np.bool_)])

    def with_value(self, features: NDArray[np.int64], values: Floats) -> Floats:
        """The row with one feature changed at a time, (m, d)."""
        changed = np.repeat(self.x[None], len(features), axis=0)
        changed[np.arange(len(features)), features] = values
        return changed
