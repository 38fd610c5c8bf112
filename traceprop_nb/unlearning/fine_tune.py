"""Fine-tuning: go on training, on the retained rows only, and let the others fade.

The plainest baseline of the field; Golatkar et al. 2020, arXiv:1911.04933, compare with it.
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

PASSES = 5


def fine_tune(task: Task, progress: Progress) -> Way:
    """Five more passes over the retained rows.

    Raises:
        ConvergenceError, CancelledError: See ``Unlearner``.
    """
    objective, adam = task.run.objective, Adam(learning_rate(task))
    kept = Batches(task.retain, np.random.default_rng(task.seed))

    def move(w: Floats, _step: int) -> Floats:
        return adam.step(w, mean_grad(objective, w, kept.next()))

    note = f"{PASSES} passes over the retained rows, Adam at {adam.rate:g}"
    return descend(task, epochs(task, task.retain, PASSES), move, progress, note)
