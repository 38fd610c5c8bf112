"""SCRUB: away from the teacher on the forgotten rows, towards it on the retained ones.

Kurmanji et al. 2023, arXiv:2302.09880. The trained model teaches; the student leaves its
predictions on the forgotten rows in the first passes, and keeps them, and the task, on the others.
"""

from __future__ import annotations

import numpy as np

from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.objective import Distillable, Floats
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
MAX_SHARE = 0.67
"""Share of the way to the answer in which the student still leaves the teacher."""

EVERY = 10
"""Retained batches between two batches of leaving."""


def scrub(task: Task, progress: Progress) -> Way:
    """Alternate steps of leaving and of keeping; the last third only keeps.

    Raises:
        UnsupportedModelError: A regression has no predictions to distil; use "fine-tune".
        ConvergenceError, CancelledError: See ``Unlearner``.
    """
    objective, teacher = task.run.objective, task.run.w
    if not isinstance(objective, Distillable) or task.run.classes is None:
        raise UnsupportedModelError(
            f"{task.run.name!r} predicts no class probabilities, so there is nothing to distil; "
            "use method='fine-tune' or 'influence-steps'"
        )
    rate = learning_rate(task)
    up, down = Adam(rate), Adam(rate)
    rng = np.random.default_rng(task.seed)
    kept, gone = Batches(task.retain, rng), Batches(task.forget, rng)
    steps, most = epochs(task, task.retain, PASSES), ceiling(task)

    def move(w: Floats, step: int) -> Floats:
        if step % EVERY == 0 and step < MAX_SHARE * steps:
            rows = still_known(objective, w, gone.next(), most)
            if len(rows):
                w = up.step(w, -objective.divergence_grad(w, teacher, rows) / len(rows))
        rows = kept.next()
        near = objective.divergence_grad(w, teacher, rows) / len(rows)
        return down.step(w, mean_grad(objective, w, rows) + near)

    note = (
        f"{PASSES} passes over the retained rows, away from the teacher on one forgotten batch in "
        f"{EVERY} while its loss is below {most:.3g}; Adam at {rate:g}"
    )
    return descend(task, steps, move, progress, note)
