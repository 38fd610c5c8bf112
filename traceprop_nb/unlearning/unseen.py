"""What loss rows have that a model never saw, as far as it can be told without retraining."""

from __future__ import annotations

import numpy as np

from traceprop_nb.gradients.objective import Floats, Ints, Objective
from traceprop_nb.unlearning.unlearner import Task


def ceiling(task: Task) -> float:
    """Loss above which a forgotten row needs no more ascent: that of a guess.

    Retraining would make most forgotten rows easy again, since the others teach them; a bound is
    all that is known without it. It is the loss of always predicting the classes' shares, and for
    a regression the variance-sized loss of the trained model's worst retained row.
    """
    run = task.run
    if run.classes is None:
        return float(run.objective.loss(run.w, task.retain).max())
    _, counts = np.unique(run.labels[task.retain], return_counts=True)
    share = counts / counts.sum()
    return float(-(share * np.log(share)).sum())


def still_known(objective: Objective, w: Floats, rows: Ints, most: float) -> Ints:
    """The rows whose loss is below the bound."""
    return rows[objective.loss(w, rows) < most]
