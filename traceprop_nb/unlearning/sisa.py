"""Sharded exact retraining: only the models whose shard holds a forgotten row are trained again.

The others never saw those rows. A shard that loses all its rows has no vote any more. Bourtoule
et al. 2021, Machine unlearning, arXiv:1912.03817.
"""

from __future__ import annotations

import numpy as np

from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.progress import Progress, part
from traceprop_nb.gradients.shards import ShardedRisk
from traceprop_nb.unlearning.shards import (
    again,
    by_shard,
    joined_parameters,
    retained_shard,
    seen,
)
from traceprop_nb.unlearning.trajectory import strengths
from traceprop_nb.unlearning.unlearner import Task, Way


def sisa(task: Task, progress: Progress) -> Way:
    """Train the shards of the forgotten rows again, one after the other.

    The way is a stair: nothing lies between a trained model and a retrained one.

    Raises:
        UnsupportedModelError: The run has no shards, or one cannot be trained again.
        ConvergenceError, CancelledError: From the training.
    """
    run, risk = task.run, task.run.objective
    if not run.shards or not isinstance(risk, ShardedRisk):
        raise UnsupportedModelError(
            f"{run.name!r} is one model, not several on shards of the rows; train one a shard in a "
            "cell under %%train NAME --shards, or leave method= out"
        )
    keep, gone = by_shard(run.shards, task.retain), by_shard(run.shards, task.forget)
    hit = [k for k, rows in enumerate(gone) if len(rows)]
    models = risk.models(run.w)
    votes = [bool(vote) for vote in risk.votes(run.w)]
    objectives = [risk.blocks[k][k] for k in range(len(run.shards))]
    shards, stairs = list(run.shards), [(run.w, risk)]
    for place, k in enumerate(hit):
        ahead = part(progress, place / len(hit), (place + 1) / len(hit))
        made = again(run.shards[k], keep[k], 0, ahead)
        shards[k] = retained_shard(run.shards[k], made, keep[k])
        models[k], objectives[k], votes[k] = made.w, made.objective, len(keep[k]) > 0
        stairs.append((joined_parameters(models, votes), seen(risk, objectives)))
    share = strengths(task.points)
    answer = int(np.argmin(np.abs(share - 1.0)))
    at = [min(int(k * len(hit) / answer), len(hit)) for k in range(task.points)]
    left = sum(not len(keep[k]) for k in hit)
    note = f"{len(hit) - left} of {len(run.shards)} shards trained again"
    note += f", {left} without a row and out of the vote" if left else ""
    return Way(
        np.array([stairs[k][0] for k in at]), answer, len(hit),
        f"{note}; the others never saw the rows, so this is the retraining itself",
        tuple(stairs[k][1] for k in at), tuple(shards),
    )  # fmt: skip
