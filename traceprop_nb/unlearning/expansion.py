"""Slope and curvature of a convex risk where its training ended, kept with the run.

Every later request to forget subtracts the forgotten rows' share from them, which costs what the
forgotten rows cost and not what all rows do.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.linalg import Factor, factorise
from traceprop_nb.gradients.objective import Convex, Floats
from traceprop_nb.gradients.optimum import ConvexObjective
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.unlearning.unlearner import Task


@dataclass(frozen=True, eq=False)
class Expansion:
    """The risk over all rows at the recorded parameters.

    Attributes:
        objective: The risk.
        slope: float64 (p,), its gradient: what the training left of it.
        hessian: float64 (p, p), penalty included.
        factor: The same, factored.
    """

    objective: ConvexObjective
    slope: Floats
    hessian: Floats
    factor: Factor


_expansions: WeakKeyDictionary[TrainingRun, Expansion] = WeakKeyDictionary()


def expansion(run: TrainingRun) -> Expansion:
    """Of the first request a gradient and a Hessian of all rows; later ones look it up.

    Raises:
        UnsupportedModelError: The run's model is not convex.
        ConvergenceError: The curvature is not that of a convex risk.
    """
    if run not in _expansions:
        objective = convex(run)
        hessian = objective.gauss_newton(run.w)
        factor = factorise(hessian, objective.flat)
        _expansions[run] = Expansion(objective, objective.grad(run.w), hessian, factor)
    return _expansions[run]


def convex(run: TrainingRun) -> ConvexObjective:
    """The run's objective, if it is convex.

    Raises:
        UnsupportedModelError: It is not.
    """
    if not isinstance(run.objective, Convex):
        raise UnsupportedModelError(
            f"{run.name!r} is not convex, so Newton steps do not end where retraining would; "
            "method='newton', 'low-rank' and 'certified' need a linear model"
        )
    return run.objective


def retained_slope(task: Task, w: Floats) -> Floats:
    """Gradient (p,) of the risk over the retained rows, without a copy of most of them."""
    objective = task.run.objective
    if len(task.forget) > len(task.retain):
        return objective.restrict(task.retain).grad(w)
    return objective.grad(w) - objective.loss_grad(w, task.forget)


def retained_hessian(task: Task, at: Expansion) -> Floats:
    """Hessian (p, p) of the risk over the retained rows, at the recorded parameters."""
    objective, w = at.objective, task.run.w
    if len(task.forget) > len(task.retain):  # fewer to sum, and nothing to cancel
        return objective.restrict(task.retain).gauss_newton(w)
    forgotten = objective.restrict(task.forget).gauss_newton(w)
    return at.hessian - forgotten + np.diag(objective.penalty)
