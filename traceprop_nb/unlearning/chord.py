"""Newton's method with one Hessian for all steps, and a fresh one where that goes too slowly.

Such a chord step costs one gradient where a Newton step costs a Hessian, which is corrected by what
the gradients tell on the way (``gradients.settle``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from traceprop_nb.gradients.objective import Floats
from traceprop_nb.gradients.optimum import newton
from traceprop_nb.gradients.progress import Progress
from traceprop_nb.gradients.settle import Memory
from traceprop_nb.unlearning.expansion import convex, retained_slope
from traceprop_nb.unlearning.trajectory import even
from traceprop_nb.unlearning.unlearner import Task, Way

TOLERANCE = 1e-6
"""Share of the way from the trained model that a last step may be short of the optimum."""

PASSES = 32
"""Slopes after which a fresh Hessian pays: it costs ten with 100 parameters, and 40 with 400."""

ROUNDING = 1e-14
"""Length of a step, as a share of the parameters', below which it is rounding."""


@dataclass(frozen=True)
class _Descent:
    path: list[Floats]
    converged: bool
    nearer: bool


def descend(
    task: Task, slope: Floats, solve: Callable[[Floats], Floats], progress: Progress, note: str = ""
) -> Way:
    """The way to the optimum of the retained rows.

    Args:
        task: What to forget.
        slope: float64 (p,), gradient of the retained rows' risk at the recorded parameters.
        solve: Solves with their Hessian there.
        progress: Told before each step.
        note: For the way.

    Raises:
        ConvergenceError: The retained rows have no finite optimum.
        CancelledError: From ``progress``.
    """
    found = _chord(task, slope, solve, progress)
    path = found.path
    if not found.converged:
        if not found.nearer:
            path = path[:1]
        problem = convex(task.run).restrict(task.retain)
        best = newton(problem, path[-1], rtol=np.sqrt(TOLERANCE))
        path = [*path, *best.path[1:]]
        extra = "the curvature was computed anew, since the rows that go bend the risk"
        note = f"{note}; {extra}" if note else extra
    progress(1.0)
    return Way(even(np.array(path), task.points), task.points, len(path) - 1, note)


def _chord(
    task: Task, slope: Floats, solve: Callable[[Floats], Floats], progress: Progress
) -> _Descent:
    start, memory = task.run.w, Memory(solve)
    path, step = [start], -solve(slope)
    for k in range(PASSES):
        progress(k / (PASSES + 1.0))
        w = path[-1] + step
        path.append(w)
        new = retained_slope(task, w)
        memory.learn(step, new - slope)
        ahead, slope = -memory.solve(new), new
        rate = _length(ahead) / max(_length(step), 1e-300)
        if _length(ahead) <= ROUNDING * _length(w):
            return _Descent(path, converged=True, nearer=True)
        if not rate <= 1.0:
            return _Descent(path, converged=False, nearer=False)
        if rate * _length(ahead) <= TOLERANCE * _length(w - start):
            path.append(w + ahead)
            return _Descent(path, converged=True, nearer=True)
        step = ahead
    return _Descent(path, converged=False, nearer=True)


def _length(v: Floats) -> float:
    return float(np.linalg.norm(v))
