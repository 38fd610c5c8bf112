"""What the adapter of a library of boosted trees hands over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from traceprop_nb.gradients.boosting.ensemble import Ensemble
from traceprop_nb.gradients.boosting.losses import Binary, Squared
from traceprop_nb.gradients.objective import Floats

SAME = 1e-4
"""Distance at which a start is what the labels give: a float32 one is rounded."""


@dataclass(frozen=True)
class Library:
    """How a library's models are read and grown.

    Attributes:
        framework: Name of the adapter.
        ensemble: Reads the trees of a fitted model; raises UnsupportedModelError. Its start may
            be ``"folded"`` into the leaves of the first round.
        weights: Factors (n,) of the rows' weights by a model's own settings and labels.
        grow: ``(model, X, y, sample_weight, seed)`` -> a new model with the settings of the given
            one; seed 0 is the recorded seed.
        random: Whether another seed would give another model.
    """

    framework: str
    ensemble: Callable[[Any], Ensemble]
    weights: Callable[[Any, Any], Floats]
    grow: Callable[[Any, Any, Any, Floats | None, int], Any]
    random: Callable[[Any], bool]

    def read(self, model: Any, target: Floats, weights: Floats) -> Ensemble:
        """The trees of a fitted model, and how their start follows from these labels (n,)."""
        trees = self.ensemble(model)
        start, name = _of_labels(trees, target, weights)
        if trees.started == "folded":
            first = [v - start[k] for k, v in enumerate(trees.values[: trees.K])]
            values = (*first, *trees.values[trees.K :])
            return replace(trees, start=start, started=name, values=values)
        off = trees.start - start
        if name == "log shares":
            off = off - off.mean()  # only differences of outputs matter
        follows = bool((np.abs(off) <= SAME * (1.0 + np.abs(start))).all())
        return replace(trees, started=name if follows else "constant")


def _of_labels(trees: Ensemble, target: Floats, weights: Floats) -> tuple[Floats, str]:
    """The start that minimises the loss before the first tree, and its name."""
    if isinstance(trees.loss, Squared):
        return np.array([weights @ target / weights.sum()]), "mean"
    share = np.bincount(target.astype(int), weights) / weights.sum()
    share = np.maximum(share, 1e-300)
    if isinstance(trees.loss, Binary):
        return np.array([np.log(share[1] / share[0])]), "log odds"
    return np.log(share), "log shares"
