"""NegGrad+: down the loss of the retained rows and up that of the forgotten ones, at once.

Kurmanji et al. 2023, arXiv:2302.09880. The climb is let go where it has done its work: a row
whose loss has reached what never-seen rows have needs no more of it.
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

PASSES = 3
SHARE = 0.1
"""Weight of the climb beside that of the descent: 0.1 to 0.9."""


def neg_grad(task: Task, progress: Progress) -> Way:
    """Three passes over the retained rows, against the forgotten ones.

    Raises:
        ConvergenceError, CancelledError: See ``Unlearner``.
    """
    objective, adam = task.run.objective, Adam(learning_rate(task))
    rng = np.random.default_rng(task.seed)
    kept, gone = Batches(task.retain, rng), Batches(task.forget, rng)
    most = ceiling(task)

    def move(w: Floats, _step: int) -> Floats:
        slope = (1.0 - SHARE) * mean_grad(objective, w, kept.next())
        known = still_known(objective, w, gone.next(), most)
        if len(known):
            slope -= SHARE * objective.loss_grad(w, known) / float(objective.weights[known].sum())
        return adam.step(w, slope)

    note = (
        f"{PASSES} passes over the retained rows with weight {1 - SHARE:g}, ascent with weight "
        f"{SHARE:g} on forgotten rows whose loss is below {most:.3g}; Adam at {adam.rate:g}"
    )
    return descend(task, epochs(task, task.retain, PASSES), move, progress, note)
