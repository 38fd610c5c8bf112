"""What recorded code did beside moving rows: it measured predictions, or set a seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Copies = Mapping[str, NDArray[Any]]
"""Arguments by name, each an array of our own; those that have a row per row go by row."""

LARGEST = 1_000_000
"""Elements up to which the arguments of one call are copied."""


@dataclass(frozen=True, eq=False)
class MetricCall:
    """A number that a call made of answers and predictions, right after it was made.

    Attributes:
        name: Of the function.
        value: What it returned.
        n: Rows, where they could be counted.
        parameters: What it was given beside the rows, fit to be shown.
        copies: The rows that it was given, answers first and predictions next; None where they are
            not kept.
        again: Computes the number from such rows.
        proportion: Whether the number is the share of rows that are right.
        scored: Whether a model was asked for its score: ``copies`` then have no predictions, which
            ``again`` wants as ``"y_pred"``, but perhaps the rows to predict, as ``"X"``.
        truth: Lineage node of the answers, or None.
        predictions: Of the predictions, or None.
        rows: Of the rows that a model was scored on, or None.
        model: Of the model that was scored, or None.
    """

    name: str
    value: float
    n: int | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    copies: Copies | None = None
    again: Callable[[Copies], float] | None = None
    proportion: bool = False
    scored: bool = False
    truth: int | None = None
    predictions: int | None = None
    rows: int | None = None
    model: int | None = None


@dataclass(frozen=True)
class SeedCall:
    """A call that set a seed; ``value`` None where it was left to chance or is no whole number."""

    call: str
    value: int | None


def own_copies(given: Mapping[str, Any]) -> Copies | None:
    """The arguments as arrays that share nothing with anybody's; None where that is not possible.

    Args:
        given: Arrays, series, tensors or lists by name.
    """
    if sum(map(_size, given.values())) > LARGEST:
        return None
    try:
        copies = {name: _own(value) for name, value in given.items()}
    except (TypeError, ValueError, RuntimeError):  # what an array cannot be made of
        return None
    known = {name: copy for name, copy in copies.items() if copy is not None}
    return known if len(known) == len(copies) else None


def _size(value: Any) -> int:
    shape = getattr(value, "shape", None)
    if shape is not None:
        return int(np.prod(tuple(shape), dtype=np.int64))
    return len(value) if hasattr(value, "__len__") else LARGEST + 1


def _own(value: Any) -> NDArray[Any] | None:
    copy = np.array(value)
    if copy.dtype.kind != "O":
        return copy if copy.ndim else None
    kinds = set(map(type, copy.ravel().tolist()))  # of objects: they could be anybody's
    if kinds <= {str}:
        return copy.astype(str)
    return np.array(copy.tolist()) if kinds <= {int, float, bool} else None
