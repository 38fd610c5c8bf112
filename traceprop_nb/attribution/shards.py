"""Influence on the vote of models that were trained on shards: each row acts through its own model.

The slope of the vote's loss in model k's parameters is that of model k's own loss times its share
of the vote, exp(-loss_k) / sum_l exp(-loss_l), so its rows' scores are scaled by that share.
"""

from __future__ import annotations

import numpy as np

from traceprop_nb.attribution.scores import Attributor, InfluenceScores, joined
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.gradients.shards import ShardedRisk


def by_shards(run: TrainingRun, query: ShardedRisk, method: Attributor) -> InfluenceScores:
    """Scores (m, n) of the rows of all shards for the loss of the vote.

    Args:
        run: A run of shards.
        query: From ``run.query(X, y)``.
        method: Scores one shard's rows.

    Raises:
        UnsupportedModelError, ConvergenceError: See the method.
    """
    shares, votes = query.shares(run.w), query.votes(run.w)
    found: list[InfluenceScores] = []
    scores = []
    for k, shard in enumerate(run.shards):
        if votes[k] == 0.0 or not shard.objective.n:
            scores.append(np.zeros((query.n, shard.objective.n)))
            continue
        got = method(shard, query.blocks[0][k])
        found.append(got)
        scores.append(shares[k][:, None] * got.scores)
    said = f"each row counts by its own model's share of the vote of {len(run.shards)} shards"
    first = found[0]
    return InfluenceScores(
        np.concatenate(scores, axis=1), first.method, first.estimand,
        max(one.damping for one in found), joined(said, first.note),
    )  # fmt: skip
