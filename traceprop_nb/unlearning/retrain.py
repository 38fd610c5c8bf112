"""Gold: the model trained from scratch on the retained rows only."""

from __future__ import annotations

import time

import numpy as np

from traceprop_nb.gradients.objective import Floats
from traceprop_nb.gradients.optimum import ConvexObjective, newton


def retrain(retained: ConvexObjective, like: Floats) -> tuple[Floats, float]:
    """The minimum over the retained rows, found from zero, and the seconds it took.

    Nothing of the trained model goes in, except along directions in which neither a prediction
    nor the penalty changes: there ``like``, (p,), is followed, so that distances mean something.

    Raises:
        ConvergenceError: The retained rows have no finite optimum.
    """
    began = time.perf_counter()
    start = retained.flat.T @ (retained.flat @ like)
    w = newton(retained, np.zeros_like(like) + start).w
    return w, time.perf_counter() - began
