"""Gradient ascent on the forgotten rows, each climb followed by steps that hold the retained ones.

Ascent alone ruins a model (Graves et al. 2021, arXiv:2010.10981): here it ends row by row at the
loss of never-seen rows, and each step is answered by one on the retained rows.
"""

from __future__ import annotations

import numpy as np

from traceprop_nb.gradients.objective import Floats
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
from traceprop_nb.unlearning.unseen import ceiling, still_known

PASSES = 10
"""Over the forgotten rows."""

ANCHORS = 3
"""Steps on retained rows after each step of ascent."""


def gradient_ascent(task: Task, progress: Progress) -> Way:
    """Climb the forgotten rows' loss and hold the retained rows'.

    Raises:
        ConvergenceError, CancelledError: See ``Unlearner``.
    """
    objective, rate = task.run.objective, learning_rate(task)
    up, down = Adam(0.3 * rate), Adam(rate)
    rng = np.random.default_rng(task.seed)
    kept, gone = Batches(task.retain, rng), Batches(task.forget, rng)
    most = ceiling(task)

    def move(w: Floats, _step: int) -> Floats:
        known = still_known(objective, w, gone.next(), most)
        if len(known):
            climb = objective.loss_grad(w, known) / float(objective.weights[known].sum())
            w = up.step(w, -climb)
        for _ in range(ANCHORS):
            w = down.step(w, mean_grad(objective, w, kept.next()))
        return w

    note = (
        f"ascent on forgotten rows whose loss is below {most:.3g}, {ANCHORS} retained batches "
        f"after each; Adam at {up.rate:g} up and {down.rate:g} down"
    )
    return descend(task, epochs(task, task.forget, PASSES), move, progress, note)
