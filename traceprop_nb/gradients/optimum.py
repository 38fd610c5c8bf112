"""Newton's method to the minimum of a convex objective, with the path it took.

Nocedal and Wright 2006, chapter 3, doi:10.1007/978-0-387-40065-5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from traceprop_nb.errors import ConvergenceError
from traceprop_nb.gradients.linalg import Factor, factorise
from traceprop_nb.gradients.objective import Convex, Floats, Objective

RUNAWAY = 1e-2
"""Length of a last step, as a share of w, that is no convergence: near a minimum it is 1e-8."""


class ConvexObjective(Objective, Convex, Protocol):
    """An objective with a minimum that Newton's method finds."""


@dataclass(frozen=True)
class Optimum:
    """Where Newton's method ended.

    Attributes:
        w: float64 (p,), the minimum.
        path: float64 (steps + 1, p): every iterate, the start first and w last.
        decrement: The last step's predicted fall of the objective.
        factor: The factored Hessian of the last step, taken where that step began.
    """

    w: Floats
    path: Floats
    decrement: float
    factor: Factor


def newton(
    objective: ConvexObjective, w: Floats, *, max_steps: int = 100, rtol: float = 0.0
) -> Optimum:
    """Minimise F, starting at w.

    Stops when a step is predicted to lower F by less than 1e-16 of its size, which is as far
    as float64 sees.

    Args:
        objective: A convex F.
        w: float64 (p,).
        max_steps: Steps after which there is taken to be no minimum.
        rtol: Stop already after a full step shorter than this share of the way from w; what is
            left then is of the order of its square.

    Raises:
        ConvergenceError: There is no finite minimum (separable classes without a penalty).
    """
    path = [w]
    for _ in range(max_steps):
        slope = objective.grad(path[-1])
        factor = factorise(objective.gauss_newton(path[-1]), objective.flat)
        step = -factor.solve(slope)
        decrement = -0.5 * float(slope @ step)
        value = objective.value(path[-1])
        size = _step_size(objective, path[-1], step, value, decrement)
        path.append(path[-1] + size * step)
        settled = size == 1.0 and _length(step) <= rtol * _length(path[-1] - w)
        if settled or decrement <= 1e-16 * (1.0 + abs(value)) or size == 0.0:
            far = max(_length(v) for v in (path[-1], path[1] - path[0]))
            if decrement > 0.0 and _length(step) > RUNAWAY * far:
                break  # F hardly falls any more, and w still grows
            return Optimum(path[-1], np.array(path), decrement, factor)
    raise ConvergenceError(
        f"no minimum after {len(path) - 1} Newton steps, the last of length {_length(step):.1e}: "
        "the classes are probably separable; train with a penalty (a finite C)"
    )


def _length(v: Floats) -> float:
    return float(np.linalg.norm(v))


def _step_size(
    objective: ConvexObjective, w: Floats, step: Floats, value: float, decrement: float
) -> float:
    """1, or the first halving that lowers F by a tenth of what the slope promises."""
    if decrement <= 1e-9 * (1.0 + abs(value)):
        return 1.0  # so near that rounding in F would decide
    size = 1.0
    while objective.value(w + size * step) > value - 0.2 * size * decrement:
        size *= 0.5
        if size < 1e-10:
            return 0.0
    return size
