"""Boosted trees grown again on some of the rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from traceprop_nb.errors import ConvergenceError
from traceprop_nb.gradients.boosting.library import Library
from traceprop_nb.gradients.boosting.risk import BoostedRisk
from traceprop_nb.gradients.boosting.rows import taken
from traceprop_nb.gradients.objective import Floats, Ints
from traceprop_nb.gradients.progress import Progress
from traceprop_nb.gradients.recipe import Trained


@dataclass(frozen=True, eq=False)
class Regrow:
    """Calls the library again.

    Attributes:
        library: Whose model it is.
        model: With the recorded settings; not touched.
        risk: The run's objective.
        labels: All labels, as the user had them.
        sample_weight: As passed to ``fit``; None if it was not.
        seeds: Whether another seed gives other trees.
        note: What a repetition does not repeat.
    """

    library: Library
    model: Any
    risk: BoostedRisk
    labels: Any
    sample_weight: Floats | None
    seeds: bool
    note: str = ""

    def train(self, keep: Ints, seed: int, progress: Progress) -> Trained:
        """As ``Recipe.train``; it is not interrupted half-way."""
        progress(0.0)
        target, labels = self.risk.target[keep], self.labels[keep]
        _require_classes(self.risk.reader.classes, target)
        given = None if self.sample_weight is None else self.sample_weight[keep]
        X = taken(self.risk.X, keep)
        model = self.library.grow(self.model, X, labels, given, seed)
        weights = self.library.weights(model, labels) * (1.0 if given is None else given)
        trees = self.library.read(model, target, weights)
        progress(1.0)
        own = replace(self.risk, ensemble=trees, leaf=trees.leaves(self.risk.X))
        return Trained(model, trees.w, own)


def _require_classes(classes: Any, target: Floats) -> None:
    if classes is None:
        return
    there = np.bincount(target.astype(int), minlength=len(classes))
    if not there.all():
        raise ConvergenceError(
            f"none of the {len(target)} kept rows is of class {classes[int(np.argmin(there))]!r}, "
            "so the model would be of fewer classes; keep some rows of each class"
        )


def again_seed(recorded: object, seed: int) -> int:
    """The library's seed for a repetition: the recorded one for 0, others for others."""
    first = int(recorded) if isinstance(recorded, int | np.integer) else 0
    return (first + seed) % (1 << 31)
