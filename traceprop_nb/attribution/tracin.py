"""TracIn: gradient dot products along the training, each at the step size used there.

Pruthi, Liu, Kale and Sundararajan 2020, arXiv:2002.08484 (TracInCP). With one step on the row at
each checkpoint the query's loss would have fallen by the score, to first order.
"""

from __future__ import annotations

import numpy as np

from traceprop_nb.attribution.scores import InfluenceScores, joined
from traceprop_nb.gradients.blocks import gradient_products
from traceprop_nb.gradients.objective import Objective, all_rows
from traceprop_nb.gradients.run import TrainingRun


def tracin(run: TrainingRun, query: Objective) -> InfluenceScores:
    """Sum over checkpoints of the step size times weighted inner products of gradients."""
    objective, rates = run.objective, run.learning_rates
    sizes = np.ones(len(run.checkpoints)) if rates is None else rates
    scores = np.zeros((query.n, objective.n))
    for w, size in zip(run.checkpoints, sizes, strict=True):
        at = query.per_example_grad(w, all_rows(query))
        scores += size * gradient_products(objective, w, at)
    scores *= objective.weights
    number = len(run.checkpoints)
    used = f"{number} checkpoint{'' if number == 1 else 's'}"
    used += ", step size 1: none was recorded" if rates is None else " at the recorded step sizes"
    note = joined(used, "ranks rows; the scale is that of one step a checkpoint", objective.note)
    return InfluenceScores(scores, "tracin", estimand="one_step", note=note)
