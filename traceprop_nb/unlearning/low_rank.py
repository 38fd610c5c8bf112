"""Newton steps whose Hessian is the one of all rows, corrected for the few rows that go.

A row's Hessian has rank K, so the Hessian of the retained rows is H - U U^T with U (p, f K), and
its inverse follows from that of H by solving f K equations. Woodbury 1950; Hager 1989,
doi:10.1137/1031049.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.linalg import Factor
from traceprop_nb.gradients.objective import Floats, Linear
from traceprop_nb.gradients.progress import Progress
from traceprop_nb.unlearning.chord import descend
from traceprop_nb.unlearning.expansion import expansion
from traceprop_nb.unlearning.newton import newton
from traceprop_nb.unlearning.unlearner import Task, Way

SMALLEST = 1e-8
"""Squared pivot of I - U^T H^-1 U below which a direction is left to the forgotten rows alone."""


def low_rank(task: Task, progress: Progress) -> Way:
    """Unlearn few rows of a linear model.

    Raises:
        UnsupportedModelError: The model is not linear, or more than p / K rows go.
        ConvergenceError: The retained rows have no finite optimum.
    """
    objective, p = task.run.objective, task.run.objective.p
    if not isinstance(objective, Linear):
        raise UnsupportedModelError(
            f"low-rank updates need a linear model, and {task.run.name!r} is none; use 'newton' "
            "if it is convex, or 'auto'"
        )
    rank = len(task.forget) * objective.K
    if rank > p:
        raise UnsupportedModelError(
            f"{len(task.forget)} rows change {rank} directions of {p} parameters, which is no low "
            "rank; use method='newton'"
        )
    at = expansion(task.run)
    solve = downdated(at.factor, _square_root(objective, task))
    if solve is None:  # a parameter that only the forgotten rows determine
        return newton(task, progress)
    slope = at.slope - objective.loss_grad(task.run.w, task.forget)
    return descend(task, slope, solve, progress, f"a correction of rank {rank} to {p} parameters")


def downdated(factor: Factor, u: Floats) -> Callable[[Floats], Floats] | None:
    """Solves with H - u u^T, given H; None where that is singular and H is not.

    Args:
        factor: H, factored.
        u: float64 (p, r).
    """
    from scipy.linalg import LinAlgError, cho_factor, cho_solve

    reach = factor.solve(u)
    try:
        small = cho_factor(np.eye(u.shape[1]) - u.T @ reach, lower=True)
    except LinAlgError:
        return None
    if (np.diag(small[0]) ** 2).min(initial=1.0) < SMALLEST:
        return None

    def solve(b: Floats) -> Floats:
        whole = factor.solve(b)
        return whole + reach @ cho_solve(small, u.T @ whole)

    return solve


def _square_root(objective: Linear, task: Task) -> Floats:
    """The (p, f K) whose product with its transpose is the forgotten rows' Hessian."""
    rows = task.run.objective.restrict(task.forget)
    assert isinstance(rows, Linear)
    x, K = rows.design, objective.K
    z = x @ task.run.w.reshape(K, -1).T
    values, vectors = np.linalg.eigh(rows.curvature(z))
    root = vectors * np.sqrt(np.maximum(values, 0.0) * rows.weights[:, None])[:, None, :]
    return np.einsum("iab,id->adib", root, x).reshape(task.run.objective.p, -1)
