"""BoostIn: TracIn for boosted trees, each tree a checkpoint.

Brophy, Hammoudeh and Lowd 2023, arXiv:2205.00359. A row moves the leaves that it is in, and each
round that puts a query into the same leaf moves the query's loss by its slope there times that. It
is first order in each round and leaves out what a moved leaf does to later rounds.
"""

from __future__ import annotations

import numpy as np

from traceprop_nb.attribution.boosted import boosted
from traceprop_nb.attribution.scores import InfluenceScores, joined
from traceprop_nb.gradients.boosting.risk import BoostedRisk
from traceprop_nb.gradients.objective import Floats, Objective
from traceprop_nb.gradients.run import TrainingRun


def boostin(run: TrainingRun, query: Objective) -> InfluenceScores:
    """Sum over rounds of the query's slope times what the row adds to its leaf.

    Raises:
        UnsupportedModelError: The run's model is not boosted trees.
    """
    risk, asked = boosted(run, query, "boostin")
    note = "ranks rows: a moved leaf is not followed into later rounds"
    return InfluenceScores(
        boosted_steps(risk, asked) * risk.weights, "boostin", estimand="one_step",
        note=joined(note, risk.note),
    )  # fmt: skip


def boosted_steps(risk: BoostedRisk, query: BoostedRisk) -> Floats:
    """Scores (m, n) of rows of weight 1."""
    ensemble, loss = risk.ensemble, risk.ensemble.loss
    scores = np.zeros((query.n, risk.n))
    asked = ensemble.forwards(query.leaf)
    for (t, z), (_, z_asked) in zip(ensemble.forwards(risk.leaf), asked, strict=True):
        g, h = loss.slope(z, risk.target), loss.curvature(z) * ensemble.factor
        slope = loss.slope(z_asked, query.target)
        for k in range(ensemble.K):
            leaf, value = risk.leaf[:, t, k], ensemble.values[t * ensemble.K + k]
            mass = np.bincount(leaf, risk.weights * h[:, k], len(value)) + ensemble.l2
            pull = ensemble.rate * g[:, k] + h[:, k] * value[leaf]
            pull /= np.maximum(mass, 1e-150)[leaf]
            together = query.leaf[:, t, k][:, None] == leaf[None, :]
            scores += together * (slope[:, k, None] * pull)
    return scores
