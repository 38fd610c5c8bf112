"""DataInf: the inverse curvature as the mean of the inverses of each row's own, layer by layer.

Kwon, Wu, Wu and Zou 2024, arXiv:2310.00902. Exchanging the mean and the inverse makes it linear
in the number of rows and parameters; the error grows with the number of parameters, and on linear
models it is large (LDS 0.35 where the exact inverse gives 0.94).
"""

from __future__ import annotations

import numpy as np

from traceprop_nb.attribution.damping import require_damping
from traceprop_nb.attribution.scores import InfluenceScores, joined
from traceprop_nb.gradients.blocks import gradient_products, row_blocks
from traceprop_nb.gradients.objective import Floats, Objective, all_rows
from traceprop_nb.gradients.run import TrainingRun

SHARE = 0.1
"""Damping of the mean squared gradient, as in the paper."""


def datainf(run: TrainingRun, query: Objective, *, damping: float | None = None) -> InfluenceScores:
    """Influence by the mean of rank-one inverses; all parameters are one block.

    Args:
        run: A finished training run.
        query: The query rows, from ``run.query``.
        damping: Added to each row's g g^T, in the unit of a squared gradient of the mean loss; by
            default a tenth of its mean over rows and parameters.

    Raises:
        OptionError: A negative damping.
    """
    require_damping(damping)
    objective, w = run.objective, run.w
    total = float(objective.weights.sum())
    if damping is None:
        damping = max(SHARE * _mean_square(objective, w), np.finfo(np.float64).tiny)
    at = query.per_example_grad(w, all_rows(query))
    moved = np.zeros_like(at)
    for rows in row_blocks(all_rows(objective), 8 * 2 * objective.p):
        g, weight = objective.per_example_grad(w, rows), objective.weights[rows]
        pull = (at @ g.T) / (damping + (g**2).sum(axis=1))
        moved += (pull * (weight / total)) @ g
    solved = (at - moved) / (damping * total)
    scores = gradient_products(objective, w, solved) * objective.weights
    note = f"damping {damping:.2g}; ranks rows: the exchanged inverse loses their size"
    note = joined(note, objective.note)
    return InfluenceScores(scores, "datainf", "damped_step", damping, note)


def _mean_square(objective: Objective, w: Floats) -> float:
    square = 0.0
    for rows in row_blocks(all_rows(objective), 8 * 2 * objective.p):
        g = objective.per_example_grad(w, rows)
        square += float(((g**2).mean(axis=1) * objective.weights[rows]).sum())
    return square / max(float(objective.weights.sum()), np.finfo(float).tiny)
