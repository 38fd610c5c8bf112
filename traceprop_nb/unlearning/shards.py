"""How a run of shards is trained again: shard by shard, each without the rows that it lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.objective import Convex, Floats, Ints, Objective
from traceprop_nb.gradients.progress import Progress, part
from traceprop_nb.gradients.recipe import Trained, WithoutRows
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.gradients.shards import ShardedRisk, deployed, sharded
from traceprop_nb.unlearning.retrain import retrain


@dataclass(frozen=True, eq=False)
class ShardedRecipe:
    """The recorded trainings of all shards.

    Attributes:
        shards: Their runs, in the order of the rows.
        risk: The run's own, whose rows the new models are seen on.
    """

    shards: tuple[TrainingRun, ...]
    risk: ShardedRisk

    @property
    def note(self) -> str:
        """What a repetition does not repeat."""
        notes = dict.fromkeys(s.recipe.note for s in self.shards if s.recipe is not None)
        return "; ".join(filter(None, notes))

    @property
    def seeds(self) -> bool:
        """Whether another seed gives other models."""
        return any(s.recipe is not None and s.recipe.seeds for s in self.shards)

    def train(self, keep: Ints, seed: int, progress: Progress) -> Trained:
        """See ``Recipe.train``; a shard that keeps no row has no vote."""
        local, number = by_shard(self.shards, keep), len(self.shards)
        trained = [
            again(shard, rows, seed, part(progress, k / number, (k + 1) / number))
            for k, (shard, rows) in enumerate(zip(self.shards, local, strict=True))
        ]
        model = [made.model for made, rows in zip(trained, local, strict=True) if len(rows)]
        w = joined_parameters([t.w for t in trained], [len(rows) > 0 for rows in local])
        return Trained(model, w, deployed(seen(self.risk, [t.objective for t in trained])))


def again(shard: TrainingRun, keep: Ints, seed: int, progress: Progress) -> Trained:
    """One shard trained on these of its rows; the trained model itself where nothing changes.

    Raises:
        UnsupportedModelError: It cannot be trained again; says why.
        ConvergenceError, CancelledError: From the training.
    """
    objective = shard.objective
    convex = isinstance(objective, Convex)
    if not len(keep) or (convex and len(keep) == objective.n):
        progress(1.0)
        return Trained(shard.model, shard.w, objective)
    if isinstance(objective, Convex):
        w, _ = retrain(objective.restrict(keep), shard.w)
        progress(1.0)
        return Trained(None, w, objective)  # a session has the adapter that makes it
    if shard.recipe is None:
        raise UnsupportedModelError(
            f"the model of {shard.name!r} cannot be trained again: its recipe was "
            f"{shard.recorded.get('recipe') or 'not recorded'}"
        )
    return shard.recipe.train(keep, seed, progress)


def can_repeat(shards: Sequence[TrainingRun]) -> bool:
    """Whether every shard can be trained again."""
    return all(s.recipe is not None or isinstance(s.objective, Convex) for s in shards)


def by_shard(shards: Sequence[TrainingRun], rows: Ints) -> list[Ints]:
    """These rows of the whole run as rows of each shard."""
    ends = np.cumsum([shard.objective.n for shard in shards])
    starts = ends - [shard.objective.n for shard in shards]
    return [
        rows[(rows >= low) & (rows < high)] - low for low, high in zip(starts, ends, strict=True)
    ]


def joined_parameters(each: Sequence[Floats], votes: Sequence[bool]) -> Floats:
    """The parameters of a ``ShardedRisk``."""
    return np.concatenate([*each, np.asarray(votes, dtype=np.float64)])


def seen(risk: ShardedRisk, models: Sequence[Objective]) -> ShardedRisk:
    """The rows of a sharded risk as other models of its shards see them.

    Args:
        risk: Of the trained models.
        models: Each shard's rows as its new model sees them.
    """
    if all(risk.blocks[k][k] is model for k, model in enumerate(models)):
        return risk
    if risk.prepares:  # those are models of the design alone, and hold nothing of their own
        return risk
    return replace(risk, blocks=sharded(models).blocks)


def retained_shard(shard: TrainingRun, made: Trained, keep: Ints) -> TrainingRun:
    """The run of a shard's new model, which can be asked to forget again."""
    if len(keep) == shard.objective.n:
        return shard
    recipe = None if shard.recipe is None else WithoutRows(shard.recipe, keep)
    return replace(
        shard, model=made.model, objective=made.objective.restrict(keep), w=made.w,
        checkpoints=made.w[None, :], learning_rates=None, labels=shard.labels[keep],
        row_index=keep if shard.row_index is None else shard.row_index[keep], order=(),
        recipe=recipe,
    )  # fmt: skip
