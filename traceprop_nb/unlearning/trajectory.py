"""The way from the trained model to the one without some rows, cut into even points."""

from __future__ import annotations

import numpy as np

from traceprop_nb.errors import OptionError
from traceprop_nb.gradients.objective import Floats
from traceprop_nb.unlearning.unlearner import Way

REACH = 4.0 / 3.0
"""Strength at which a trajectory ends; 1 is the unlearned model, beyond it is over-forgetting."""

FEWEST, MOST = 33, 129
"""Points of a trajectory: fewer are too coarse to read, more are not told apart on a screen."""


def strengths(points: int) -> Floats:
    """0 to 4/3 in equal steps, the point nearest to 1 moved onto it.

    Raises:
        OptionError: Not 33 to 129 points.
    """
    if not FEWEST <= points <= MOST:
        size = "too coarse" if points < FEWEST else "finer than anybody can see"
        raise OptionError(f"points={points} is {size} for a trajectory; pass {FEWEST} to {MOST}")
    s = np.linspace(0.0, REACH, points)
    s[np.argmin(np.abs(s - 1.0))] = 1.0
    return s


def along(way: Way, strength: float) -> Floats:
    """The parameters at a share of the way to the answer, between the method's own points.

    Beyond what the method went, straight on in the direction from the start to the answer.
    """
    path, last = way.path, len(way.path) - 1
    if way.answer == 0:
        return path[0]
    at = strength * way.answer
    if at >= last:
        return path[last] + (at - last) / way.answer * (path[way.answer] - path[0])
    low = int(at)
    return path[low] + (at - low) * (path[low + 1] - path[low])


def even(path: Floats, points: int) -> Floats:
    """A path of straight stretches cut at ``points`` + 1 places of equal distance along it."""
    lengths = np.linalg.norm(np.diff(path, axis=0), axis=1)
    reached = np.concatenate([[0.0], np.cumsum(lengths)])
    at = np.linspace(0.0, 1.0, points + 1) * reached[-1]
    step = np.clip(np.searchsorted(reached, at, side="right") - 1, 0, len(lengths) - 1)
    share = (at - reached[step]) / np.where(lengths[step] > 0.0, lengths[step], 1.0)
    cut = path[step] + share[:, None] * (path[step + 1] - path[step])
    cut[0], cut[-1] = path[0], path[-1]
    return cut
