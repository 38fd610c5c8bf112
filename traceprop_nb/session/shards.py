"""A run of shards: all models that one cell trained, each on rows of its own, as one run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from traceprop_nb import adapters
from traceprop_nb.errors import NoModelError, OptionError, UnsupportedModelError
from traceprop_nb.gradients.capture import Captured
from traceprop_nb.gradients.objective import Objective
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.gradients.shards import ShardedRisk, sharded
from traceprop_nb.lineage.maps import Gather, Ints
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.record import Recorder
from traceprop_nb.unlearning.shards import ShardedRecipe, can_repeat, joined_parameters


def sharded_run(
    recorder: Recorder, name: str, captured: Sequence[Captured], models: Any
) -> TrainingRun:
    """One run of all these trainings.

    Args:
        recorder: Writes that the rows of all shards are one table.
        name: Of the run; shard k is ``name/k``.
        captured: The trainings, in order.
        models: The list, tuple or dict that holds the models, in the order in which they vote;
            None for all that were trained.

    Raises:
        NoModelError: Fewer than two models, or one that was not trained in the cell.
        OptionError: ``models`` is no list, tuple or dict.
        UnsupportedModelError: They are not models of one kind, or one cannot be explained.
    """
    parts = _ordered(captured, models)
    if len(parts) < 2:
        raise NoModelError(
            f"--shards makes one run of several models, and {len(parts)} was trained in this cell; "
            "train one a shard, in a loop over the shards"
        )
    shards = tuple(part.run(f"{name}/{k}") for k, part in enumerate(parts))
    _check_classes(shards)
    risk = _risk(parts, shards)
    node, index = _rows(recorder, shards, risk)
    w = joined_parameters([shard.w for shard in shards], [True] * len(shards))
    recipe = ShardedRecipe(shards, risk) if can_repeat(shards) else None
    return TrainingRun(
        name, shards[0].framework, [p.model for p in parts] if models is None else models, risk,
        w, w[None, :], None, np.concatenate([shard.labels for shard in shards]),
        shards[0].classes, _facts(shards), rows_node=node, row_index=index, recipe=recipe,
        shards=shards,
    )  # fmt: skip


def members(models: Any) -> list[Any]:
    """The models that a list, tuple or dict holds.

    Raises:
        OptionError: It is something else.
    """
    if isinstance(models, Mapping):
        return list(models.values())
    if isinstance(models, list | tuple):
        return list(models)
    raise OptionError(
        f"--model of a run of shards names what holds all models, a list, tuple or dict, and not "
        f"a {type(models).__name__}; leave it out for all models of the cell"
    )


def refilled(models: Any, new: Sequence[Any], kept: Sequence[bool]) -> Any:
    """Other models in a container like this one, less those that are not kept."""
    left = [model for model, stays in zip(new, kept, strict=True) if stays]
    if isinstance(models, Mapping):
        return dict(zip([k for k, s in zip(models, kept, strict=True) if s], left, strict=True))
    return tuple(left) if isinstance(models, tuple) else left


def with_models(run: TrainingRun, shards: Sequence[TrainingRun]) -> tuple[TrainingRun, ...]:
    """These runs, each with a model: where its parameters are all there is, a copy with them."""
    door = adapters.load(run.framework, "objective")
    return tuple(
        replace(shard, model=door.with_parameters(before.model, shard.w))
        if shard.model is None
        else shard
        for before, shard in zip(run.shards, shards, strict=True)
    )


def _ordered(captured: Sequence[Captured], models: Any) -> list[Captured]:
    if models is None:
        latest = {id(part.model): part for part in captured}  # a model fitted twice is one
        return list(latest.values())
    for part in captured:
        if part.model is models:  # it could not be taken apart: its own error says why
            part.run("")
    found = []
    for k, model in enumerate(members(models)):
        mine = [part for part in captured if part.model is model]
        if not mine:
            raise NoModelError(
                f"model {k} of --model, a {type(model).__name__}, was not trained in this cell; "
                "fit it here, or leave --model out"
            )
        found.append(mine[-1])
    return found


def _check_classes(shards: Sequence[TrainingRun]) -> None:
    first = shards[0].classes
    for k, shard in enumerate(shards):
        same = (first is None) == (shard.classes is None)
        if same and first is not None and shard.classes is not None:
            same = np.array_equal(first, shard.classes)
        if not same:
            raise UnsupportedModelError(
                f"shard {k} knows the classes {_listed(shard)} and shard 0 {_listed(shards[0])}; "
                "give every shard rows of every class"
            )


def _listed(shard: TrainingRun) -> str:
    return "none" if shard.classes is None else ", ".join(map(str, shard.classes.tolist()))


def _risk(parts: Sequence[Captured], shards: Sequence[TrainingRun]) -> ShardedRisk:
    risks = [shard.objective for shard in shards]
    prepares = tuple(shard.prepare for shard in shards)
    if not any(prepares):
        return sharded(risks)
    blocks: list[list[Objective]] = []  # each pipeline sees the rows of every shard its own way
    for part, shard in zip(parts, shards, strict=True):
        seen = [shard.objective if other is shard else _as(other, part) for other in shards]
        blocks.append(seen)
    return replace(sharded(risks, blocks), prepares=prepares)


def _as(shard: TrainingRun, part: Captured) -> Objective:
    X = part.X if shard.prepare is None else shard.prepare(part.X)
    return shard.objective.on(X, part.y)


def _rows(
    recorder: Recorder, shards: Sequence[TrainingRun], risk: ShardedRisk
) -> tuple[int | None, Ints | None]:
    """The lineage node of the rows of all shards; a new one where they are several values."""
    nodes = [shard.rows_node for shard in shards]
    known = [node for node in nodes if node is not None]
    if len(known) < len(nodes):
        return None, None
    index = [_index(shard) for shard in shards]
    if len(set(known)) == 1:
        return known[0], np.concatenate(index)
    edges, start = [], 0
    for node, mine in zip(known, index, strict=True):
        place = np.full(risk.n, -1, dtype=np.int64)
        place[start : start + len(mine)] = mine
        row_map = Gather(place, recorder.graph.rows(node))
        edges.append((node, row_map, Kind.DIRECT, Status.EXACT))
        start += len(mine)
    return recorder.emit(-1, "rows of all shards", risk, edges, rows=risk.n), None


def _index(shard: TrainingRun) -> Ints:
    return np.arange(shard.objective.n) if shard.row_index is None else shard.row_index


def _facts(shards: Sequence[TrainingRun]) -> dict[str, Any]:
    first = dict(shards[0].recorded)
    why = [f"{s.name}: {s.recorded.get('recipe')}" for s in shards if s.recipe is None]
    return first | {
        "shards": [shard.objective.n for shard in shards],
        **{
            name: sum(float(shard.recorded.get(name) or 0.0) for shard in shards)
            for name in ("seconds", "cpu_seconds")
        },
        "recipe": "recorded for every shard" if not why else "; ".join(why),
    }
