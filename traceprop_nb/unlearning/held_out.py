"""Held-out rows on which an unlearned model is measured, with classes and slices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.errors import OptionError, ShapeError
from traceprop_nb.gradients.objective import Objective
from traceprop_nb.gradients.run import TrainingRun


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Rows that were not trained on.

    Attributes:
        objective: The model over these rows.
        groups: Labels (m,) of each slicing, by its name, such as ``{"sex": ["F", "M", ...]}``.
        labels: The rows' classes (m,), as the user has them; None for a regression.
        X: The rows as ``Objective.on`` takes them, for models with an objective of their own;
            None if all models share this one.
        y: Their labels.
    """

    objective: Objective
    groups: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    labels: NDArray[Any] | None = None
    X: object = None
    y: object = None

    def under(self, objective: Objective) -> Objective:
        """The same rows as another model sees them, such as one with other running means."""
        return self.objective if self.X is None else objective.on(self.X, self.y)


def held_out(
    run: TrainingRun, X: object, y: object, groups: Mapping[str, Any] | None = None
) -> HeldOut:
    """Rows for ``forget(evaluate=...)``.

    Args:
        run: The run that forgets.
        X: Rows, as the user would pass them to the model.
        y: Their labels (m,).
        groups: Labels (m,) of each slicing, by name.

    Raises:
        OptionError: No labels.
        ShapeError: A slicing with another number of rows, or as ``Objective.on``.
        NotFiniteError, UnknownNameError: As ``Objective.on``.
    """
    if y is None:
        raise OptionError("held-out rows need their labels to be measured; pass (X, y)")
    prepared = X if run.prepare is None else run.prepare(X)
    objective = run.objective.on(prepared, y)
    slices = {str(name): np.asarray(labels).ravel() for name, labels in (groups or {}).items()}
    for name, labels in slices.items():
        if len(labels) != objective.n:
            raise ShapeError(
                f"slices {name!r} have {len(labels)} labels for {objective.n} held-out rows; pass "
                "one label a row"
            )
    classes = None if run.classes is None else np.asarray(y).ravel()
    return HeldOut(objective, slices, classes, prepared, y)


def slices(held: HeldOut) -> dict[str, NDArray[np.bool_]]:
    """Which rows each class and each slice has, by the name that columns carry."""
    found = {}
    if held.labels is not None and len(held.labels) == held.objective.n:
        found = {f"class={c}": held.labels == c for c in np.unique(held.labels).tolist()}
    for name, labels in held.groups.items():
        found |= {f"{name}={value}": labels == value for value in np.unique(labels).tolist()}
    return found
