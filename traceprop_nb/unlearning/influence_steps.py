"""Influence-guided steps: the Newton step of leaving the rows out, with the retained rows held.

To first order the parameters without the rows are w + (G + damping I)^-1 g, with g the summed
gradient of the forgotten rows and G the curvature of the retained ones (Koh and Liang 2017,
arXiv:1703.04730; Guo et al. 2020, arXiv:1911.03030). A network is not quadratic that far out, so
the step is taken in parts, each followed by steps down the retained rows' loss.
"""

from __future__ import annotations

import numpy as np

from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.linalg import conjugate_gradient
from traceprop_nb.gradients.objective import Floats, GaussNewton
from traceprop_nb.gradients.progress import Progress
from traceprop_nb.unlearning.descent import (
    Adam,
    Batches,
    descend,
    epochs,
    learning_rate,
    mean_grad,
)  # fmt: skip
from traceprop_nb.unlearning.unlearner import Task, Way

PASSES = 2
SAMPLE = 512
"""Retained rows whose curvature stands for that of all."""

DAMPING = 1e-2
"""Share of the largest curvature that is added: the directions below it are not to be trusted."""

ROUNDS = 30
"""Products of the curvature that the solution may take."""


def influence_steps(task: Task, progress: Progress) -> Way:
    """Move along the influence of the forgotten rows, in parts.

    Raises:
        UnsupportedModelError: No Gauss-Newton matrix; use "fine-tune".
        ConvergenceError, CancelledError: See ``Unlearner``.
    """
    objective = task.run.objective
    if not isinstance(objective, GaussNewton):
        raise UnsupportedModelError(
            f"{task.run.name!r} has no Gauss-Newton matrix; use method='fine-tune'"
        )
    rng = np.random.default_rng(task.seed)
    shift, damping = _influence(task, rng)
    steps = epochs(task, task.retain, PASSES)
    adam, kept = Adam(0.3 * learning_rate(task)), Batches(task.retain, rng)

    def move(w: Floats, _step: int) -> Floats:
        return adam.step(w + shift / steps, mean_grad(objective, w, kept.next()))

    note = (
        f"damping {damping:.2g}, curvature of {min(SAMPLE, len(task.retain))} retained rows; "
        f"{PASSES} passes over the retained rows on the way, Adam at {adam.rate:g}"
    )
    return descend(task, steps, move, progress, note)


def _influence(task: Task, rng: np.random.Generator) -> tuple[Floats, float]:
    """How far leaving the rows out moves the parameters, (p,), and the damping."""
    objective, w = task.run.objective, task.run.w
    sample = np.sort(rng.choice(task.retain, min(SAMPLE, len(task.retain)), replace=False))
    part = objective.restrict(sample)
    assert isinstance(part, GaussNewton)
    scale = len(task.retain) / len(sample)

    def curved(v: Floats) -> Floats:
        own = part.gauss_newton_product(w, v) - objective.penalty * v
        return scale * own + objective.penalty * v

    damping = DAMPING * _largest(curved, rng.normal(size=len(w)))
    gradient = objective.loss_grad(w, task.forget)
    if not gradient.any():
        return np.zeros_like(w), damping
    return conjugate_gradient(
        lambda v: curved(v) + damping * v, gradient, rtol=0.05, max_steps=10 * ROUNDS
    ), damping


def _largest(product: object, v: Floats) -> float:
    """The largest eigenvalue, by ten rounds of the power method."""
    assert callable(product)
    size = 0.0
    for _ in range(10):
        v = v / np.linalg.norm(v)
        moved = product(v)
        size = float(np.linalg.norm(moved))
        if size == 0.0:
            return 1.0
        v = moved
    return size
