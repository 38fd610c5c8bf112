"""Certified removal: one Newton step, and a bound on the slope that it leaves.

A model trained on F(w) + b^T w with b ~ N(0, sigma^2), and then moved by a step that leaves a
slope of norm at most R over the retained rows, is (epsilon, delta)-indistinguishable from one
trained without them, for epsilon = R sqrt(2 log(1.5 / delta)) / sigma: theorem 3 of Guo et al.
2020, arXiv:1911.03030. The step's own slope is bounded by its corollary 2, with the rows' actual
shift in place of its bound.

That b must have been there in training. No recorded run has one, so none gets a certificate: what
is reported is the bound R, and the sigma that would have been needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.linalg import factorise
from traceprop_nb.gradients.objective import Floats, Linear
from traceprop_nb.gradients.progress import Progress
from traceprop_nb.unlearning.expansion import expansion, retained_hessian, retained_slope
from traceprop_nb.unlearning.trajectory import even
from traceprop_nb.unlearning.unlearner import Task, Way

LIPSCHITZ = 1.0 / (6.0 * np.sqrt(3.0))
"""Largest slope of the logistic loss's second derivative, at outputs of +-1.317."""

EPSILON, DELTA = 1.0, 1e-5
"""The certificate for which the needed perturbation is told."""


@dataclass(frozen=True)
class Certificate:
    """What a step leaves, and what would follow.

    Attributes:
        bound: Upper bound on the norm of the slope over the retained rows after the step.
        residual: That norm, measured.
        strict: Whether every parameter is penalised, as the theorem asks.
    """

    bound: float
    residual: float
    strict: bool

    def sigma(self, epsilon: float, delta: float) -> float:
        """Standard deviation of the perturbation that this certificate needs."""
        return self.bound * float(np.sqrt(2.0 * np.log(1.5 / delta))) / epsilon

    def epsilon(self, sigma: float, delta: float) -> float:
        """The certificate's epsilon for a model trained with this perturbation."""
        return self.bound * float(np.sqrt(2.0 * np.log(1.5 / delta))) / sigma


def certified(task: Task, progress: Progress) -> Way:
    """One Newton step; the note has the bound and says that no certificate follows.

    Raises:
        UnsupportedModelError: Not a logistic regression with two classes, or without a penalty.
        ConvergenceError: The curvature is not that of a convex risk.
    """
    objective = task.run.objective
    _check(task)
    progress(0.0)
    at = expansion(task.run)
    slope = at.slope - objective.loss_grad(task.run.w, task.forget)
    step = -factorise(retained_hessian(task, at), at.objective.flat).solve(slope)
    progress(0.5)
    w = task.run.w + step
    found = certificate(task, step)
    progress(1.0)
    return Way(even(np.array([task.run.w, w]), task.points), task.points, 1, _note(found))


def certificate(task: Task, step: Floats) -> Certificate:
    """The bound on what one Newton step (p,) over the retained rows leaves.

    Along the step, row i's curvature changes by at most ``LIPSCHITZ`` times its shift x_i^T step,
    so that the slope left is at most half of ||X|| times the norm of the squared shifts, rows
    weighted by the root of their weights.
    """
    rows = task.run.objective.restrict(task.retain)
    assert isinstance(rows, Linear)
    root = np.sqrt(rows.weights)
    shift = rows.design @ step
    reach = float(np.sqrt(_largest(rows.design, rows.weights)))
    bound = 0.5 * LIPSCHITZ * reach * float(np.linalg.norm(root * shift**2))
    residual = float(np.linalg.norm(retained_slope(task, task.run.w + step)))
    return Certificate(bound, residual, bool((rows.penalty > 0.0).all()))


def _largest(design: Floats, weights: Floats) -> float:
    """Largest eigenvalue of X^T diag(weights) X."""
    return float(np.linalg.eigvalsh((design * weights[:, None]).T @ design)[-1])


def _check(task: Task) -> None:
    objective = task.run.objective
    if not isinstance(objective, Linear) or objective.K != 1 or task.run.classes is None:
        raise UnsupportedModelError(
            f"certified removal is stated for linear models with one output, and {task.run.name!r} "
            "has none; use method='newton' with gold"
        )
    if not (objective.penalty > 0.0).any():
        raise UnsupportedModelError(
            f"certified removal needs a strictly convex risk, and {task.run.name!r} has no penalty"
            "; train with a finite C, or use method='newton' with gold"
        )


def _note(found: Certificate) -> str:
    needed = found.sigma(EPSILON, DELTA)
    said = (
        f"the slope left over the retained rows has norm {found.residual:.2g}, at most "
        f"{found.bound:.2g}; (epsilon={EPSILON:g}, delta={DELTA:g})-certified removal would need "
        f"training with a Gaussian perturbation of standard deviation {needed:.2g}, and this run "
        "had none, so no certificate follows"
    )
    return said if found.strict else f"{said}; nor is every parameter penalised, as it asks"
