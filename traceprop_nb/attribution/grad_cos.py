"""Cosine of gradients: grad-dot without the length, so that rows of large loss do not win by it.

Charpiat, Girard, Felardos and Tarabalka 2019, arXiv:2102.05262. It ranks, from -1 to 1; its scale
is not that of a loss.
"""

from __future__ import annotations

import numpy as np

from traceprop_nb.attribution.scores import InfluenceScores, joined
from traceprop_nb.gradients.blocks import row_blocks
from traceprop_nb.gradients.objective import Floats, Objective, all_rows
from traceprop_nb.gradients.run import TrainingRun


def grad_cos(run: TrainingRun, query: Objective) -> InfluenceScores:
    """Weighted cosines of query and training gradients; 0 where a gradient is 0."""
    objective = run.objective
    at = _unit(query.per_example_grad(run.w, all_rows(query)))
    scores = np.empty((query.n, objective.n))
    for rows in row_blocks(all_rows(objective), 8 * 2 * objective.p):
        scores[:, rows] = at @ _unit(objective.per_example_grad(run.w, rows)).T
    scores *= objective.weights
    note = joined("ranks rows; a cosine has no scale", objective.note)
    return InfluenceScores(scores, "grad-cos", estimand="direction", note=note)


def _unit(gradients: Floats) -> Floats:
    length = np.linalg.norm(gradients, axis=1, keepdims=True)
    return gradients / np.where(length > 0.0, length, np.inf)
