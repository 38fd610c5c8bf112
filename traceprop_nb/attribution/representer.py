"""Representer points: a penalised linear model is the sum of what each of its rows contributes.

Yeh, Kim, Yen and Ravikumar 2018, arXiv:1811.09720. Where F is at its minimum, weight j is
-sum_i weight_i g_ij / penalty_j, so each row owns a part of it; the score is what the query's loss
gains, to first order, as that part is taken off. An intercept without penalty has no such sum.
"""

from __future__ import annotations

import numpy as np

from traceprop_nb.attribution.scores import InfluenceScores, joined
from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.blocks import gradient_products
from traceprop_nb.gradients.objective import Floats, Objective, all_rows, flat_directions
from traceprop_nb.gradients.run import TrainingRun


def representer(run: TrainingRun, query: Objective) -> InfluenceScores:
    """Rise of each query's loss as each row's own part of the weights is taken off.

    Raises:
        UnsupportedModelError: The model is no linear one with an L2 penalty.
    """
    objective = run.objective
    penalised = objective.penalty > 0.0
    if flat_directions(objective) is None or not penalised.any():
        raise UnsupportedModelError(
            f"representer points need a linear model with an L2 penalty, and {run.name!r} is none; "
            "use method='influence', 'cg' or 'grad-dot'"
        )
    share = np.where(penalised, 1.0 / np.where(penalised, objective.penalty, 1.0), 0.0)
    at = query.per_example_grad(run.w, all_rows(query)) * share
    scores = gradient_products(objective, run.w, at) * objective.weights
    off = f"the rows' parts miss {_missing(objective, run.w, share):.1e} of the weights' length"
    bare = int((~penalised).sum())
    free = f"{bare} parameters without a penalty are left out" if bare else ""
    note = joined("ranks rows; a part of the weights is no retraining", off, free, objective.note)
    return InfluenceScores(scores, "representer", "representer", note=note)


def _missing(objective: Objective, w: Floats, share: Floats) -> float:
    """How far the penalised weights are from the sum of the rows' parts: 0 at the minimum."""
    parts = -share * objective.loss_grad(w, all_rows(objective))
    own = np.where(share > 0.0, w, 0.0)
    length = max(float(np.linalg.norm(own)), np.finfo(float).tiny)
    return float(np.linalg.norm(parts - own)) / length
