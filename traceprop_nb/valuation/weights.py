"""How much a neighbour counts, by its own distance alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from traceprop_nb.gradients.objective import Floats

Weight = Callable[[Floats], Floats]
"""Squared distances (n,) to weights (n,)."""


def inverse_distance(squared: Floats) -> Floats:
    """1 / (1 + distance)."""
    return 1.0 / (1.0 + np.sqrt(squared))


def gaussian(squared: Floats) -> Floats:
    """exp(-distance^2 / 2): features in units of their standard deviation suit it."""
    return np.exp(-0.5 * squared)


WEIGHTS: dict[str, Weight] = {"inverse-distance": inverse_distance, "gaussian": gaussian}
"""Every weight by its name."""
