"""The minimum of a convex objective near a point that is known, with one Hessian for all steps.

Such a chord step costs one gradient where a Newton step costs a Hessian. What the gradients tell
about the curvature on the way corrects the Hessian (BFGS: Nocedal and Wright 2006, chapter 7,
doi:10.1007/978-0-387-40065-5).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from traceprop_nb.gradients.linalg import Factor, factorise
from traceprop_nb.gradients.objective import Floats
from traceprop_nb.gradients.optimum import ConvexObjective, newton

STEPS = 16
"""Gradients that are tried before fresh Hessians are: two of those cost as much."""

SLACK = 10.0
"""By how much the last step may be longer by the Hessian there than by the old, corrected one."""


class Memory:
    """A Hessian's inverse, corrected by the slopes seen since it was taken.

    Args:
        solve: Solves with the Hessian where the way began.
    """

    def __init__(self, solve: Callable[[Floats], Floats]) -> None:
        self._solve = solve
        self._pairs: list[tuple[Floats, Floats, float]] = []

    def learn(self, step: Floats, change: Floats) -> None:
        """The slope changed by this (p,) over that step (p,)."""
        bend = float(step @ change)
        if bend > 0.0:
            self._pairs.append((step, change, bend))

    def solve(self, b: Floats) -> Floats:
        """The inverse times b, (p,)."""
        shares = []
        for step, change, bend in reversed(self._pairs):
            shares.append(float(step @ b) / bend)
            b = b - shares[-1] * change
        x = self._solve(b)
        for (step, change, bend), share in zip(self._pairs, reversed(shares), strict=True):
            x = x + (share - float(change @ x) / bend) * step
        return x


def settle(objective: ConvexObjective, w: Floats, *, rtol: float = 1e-4) -> tuple[Floats, Factor]:
    """The minimum of F near parameters w (p,), and the Hessian there, factored.

    Args:
        objective: A convex F.
        w: Such as the minimum under other weights.
        rtol: What may be left, as a share of the way from w.

    Raises:
        ConvergenceError: There is no finite minimum.
    """
    near = _chord(objective, w, rtol)
    if near is not None:
        # A curvature that vanishes on the way looks like convergence to the old Hessian.
        factor = factorise(objective.gauss_newton(near), objective.flat)
        step = -factor.solve(objective.grad(near))
        if _length(step) <= SLACK * rtol * _length(near - w):
            return near + step, factor
    best = newton(objective, w, rtol=rtol).w
    return best, factorise(objective.gauss_newton(best), objective.flat)


def _chord(objective: ConvexObjective, w: Floats, rtol: float) -> Floats | None:
    """Where the steps end; None where they do not."""
    slope = objective.grad(w)
    memory = Memory(factorise(objective.gauss_newton(w), objective.flat).solve)
    at, step = w, -memory.solve(slope)
    for _ in range(STEPS):
        if not _length(step) > rtol * _length(at - w):
            return at
        at = at + step
        new = objective.grad(at)
        memory.learn(step, new - slope)
        slope, ahead = new, -memory.solve(new)
        if not _length(ahead) < _length(step):
            return None
        step = ahead
    return None


def _length(v: Floats) -> float:
    return float(np.linalg.norm(v))
