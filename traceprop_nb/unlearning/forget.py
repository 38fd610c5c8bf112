"""Taking rows out of a trained model: check, run a method, measure its way, compare with gold."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from traceprop_nb.errors import (
    ConvergenceError,
    EmptyForgetSetError,
    NotFiniteError,
    RowRangeError,
    UnsupportedModelError,
    unknown_name,
)
from traceprop_nb.gradients.objective import Ints
from traceprop_nb.gradients.progress import Progress, part, silent
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.gradients.shards import ShardedRisk, deployed
from traceprop_nb.unlearning.baselines import baseline_paths
from traceprop_nb.unlearning.compare import compare, verdict
from traceprop_nb.unlearning.gold import check_gold
from traceprop_nb.unlearning.held_out import HeldOut
from traceprop_nb.unlearning.measures import Measures, along_path
from traceprop_nb.unlearning.methods import METHODS, choose, require_forgettable
from traceprop_nb.unlearning.result import Unlearning
from traceprop_nb.unlearning.shards import ShardedRecipe, can_repeat
from traceprop_nb.unlearning.trajectory import along, strengths
from traceprop_nb.unlearning.unlearner import Task

__all__ = ["Unlearning", "forget", "retained_run"]


def forget(  # noqa: PLR0913  # one for each part of the request
    run: TrainingRun,
    rows: Ints,
    *,
    method: str = "auto",
    gold: int = 0,
    points: int = 33,
    evaluate: Mapping[str, HeldOut] | None = None,
    seed: int = 0,
    progress: Progress = silent,
    baselines: bool = True,
) -> Unlearning:
    """Take rows out of a model, and leave the old one as it is.

    Args:
        run: A finished training run.
        rows: Training rows to forget; repeated ones count once.
        method: A key of ``METHODS``, or "auto".
        gold: Models to retrain on the retained rows and compare with; 0 for none.
        points: Points of the trajectory, 33 to 129.
        evaluate: Held-out rows by name; the first are the membership test's.
        seed: Of what the method draws, and of the random rows of the baseline.
        progress: Told how far the work is; may stop it.
        baselines: Whether to compare with random rows.

    Raises:
        EmptyForgetSetError: No rows, all rows, or all rows of a class.
        RowRangeError, OptionError: A row that the run does not have; a number out of range.
        NotFiniteError, UnknownNameError: The run diverged; no method of that name.
        UnsupportedModelError, ConvergenceError, CancelledError: From the method or the retraining.
    """
    require_forgettable(run)
    task, held = _task(run, rows, points, seed), dict(evaluate or {})
    check_gold(run, gold)
    name, why = _method(task, method)
    done = _unlearned(task, name, why, held, part(progress, 0.0, 0.4))
    if baselines:
        done = _with_baselines(task, done, held, part(progress, 0.4, 0.6))
    ahead = part(progress, 0.6, 1.0)
    return compare(run, done, gold, evaluate=held, progress=ahead) if gold else done


def _method(task: Task, asked: str) -> tuple[str, str]:
    if asked == "auto":
        return choose(task.run, task.forget)
    if asked not in METHODS:
        raise unknown_name("method", asked, ["auto", *METHODS])
    if task.run.shards and asked != "sisa":
        raise UnsupportedModelError(
            f"{task.run.name!r} is {len(task.run.shards)} models on shards of the rows, and "
            f"{asked} moves one model; leave method= out: the shards of the rows are trained again"
        )
    return asked, ""


def _unlearned(
    task: Task, name: str, why: str, evaluate: Mapping[str, HeldOut], progress: Progress
) -> Unlearning:
    run, share = task.run, strengths(task.points)
    began = time.perf_counter()
    way = METHODS[name](task, progress)
    seconds = time.perf_counter() - began
    w = way.path[way.answer]
    if not np.isfinite(w).all():
        raise ConvergenceError(f"{name} diverged on {run.name!r}: its parameters are not finite")
    path = np.array([along(way, s) for s in share])
    seen = tuple(way.seen_at(s) or run.objective for s in share) if way.objectives else ()
    objectives = tuple(map(deployed, seen))
    trajectory = along_path(_measures(task, evaluate), path, objectives)
    trajectory["strength"], trajectory["over"] = share, share > 1.0
    return Unlearning(
        w=w, forgotten=task.forget, retained=task.retain,
        objective=(way.seen_at(1.0) or run.objective).restrict(task.retain), method=name, why=why,
        note=way.note, trajectory=trajectory, path=path, baselines={}, golds=None, gold=None,
        gold_w=None, band={}, left=None, verified=None, test="",
        verdict=verdict(len(task.forget), way.steps, None), steps=way.steps, seconds=seconds,
        seconds_gold=None, objectives=objectives, shards=way.shards,
    )  # fmt: skip


def _with_baselines(
    task: Task, done: Unlearning, evaluate: Mapping[str, HeldOut], progress: Progress
) -> Unlearning:
    share, at = strengths(task.points), _measures(task, evaluate)
    measured, paths, objectives = {}, {}, {}
    for which, (path, seen) in baseline_paths(task, METHODS[done.method], share, progress).items():
        paths[which], objectives[which] = path, tuple(map(deployed, seen))
        points = along_path(at, path, objectives[which])
        points["strength"] = share
        measured[which] = points
    return replace(done, baselines=measured, baseline_paths=paths, baseline_objectives=objectives)


def _measures(task: Task, evaluate: Mapping[str, HeldOut]) -> Measures:
    seen = deployed(task.run.objective)
    return Measures(seen, task.forget, task.retain, task.run.w, evaluate)


def retained_run(run: TrainingRun, done: Unlearning, model: object, name: str) -> TrainingRun:
    """The run of the unlearned model; the old run stays as it is.

    Args:
        run: The run that was unlearned from.
        done: What ``forget`` returned for it.
        model: The new model, from the adapter's ``with_parameters``.
        name: Name of the new run.
    """
    index = done.retained if run.row_index is None else run.row_index[done.retained]
    recorded = dict(run.recorded) | {
        "unlearned_from": run.name,
        "unlearned_by": done.method,
        "rows_forgotten": len(done.forgotten),
        "verified": done.verified,
    }
    return replace(
        run,
        name=name,
        model=model,
        objective=done.objective,
        w=done.w,
        checkpoints=done.w[None, :],
        learning_rates=None,
        labels=run.labels[done.retained],
        row_index=index,
        recorded=recorded,
        parent=run.name,
        relation="retrain_without",
        order=(),
        recipe=_recipe(done),
        shards=done.shards,
    )


def _recipe(done: Unlearning) -> ShardedRecipe | None:
    """Of shards, what trains the new models again; another method's model has no recipe."""
    if not done.shards or not isinstance(done.objective, ShardedRisk):
        return None
    return ShardedRecipe(done.shards, done.objective) if can_repeat(done.shards) else None


def _task(run: TrainingRun, rows: Ints, points: int, seed: int) -> Task:
    wanted = np.unique(np.asarray(rows, dtype=np.int64))
    n = run.objective.n
    if len(wanted) and (wanted[0] < 0 or wanted[-1] >= n):
        bad = wanted[0] if wanted[0] < 0 else wanted[-1]
        raise RowRangeError(f"{run.name!r} has rows 0 to {n - 1}, and no row {bad}")
    if not len(wanted):
        raise EmptyForgetSetError(
            f"nothing to forget: no training row of {run.name!r} was selected"
        )
    if len(wanted) == n:
        raise EmptyForgetSetError(
            f"nothing left to keep: all {n} rows of {run.name!r} would be forgotten"
        )
    broken = int(np.count_nonzero(~np.isfinite(run.w)))
    if broken:
        raise NotFiniteError(
            f"{broken} parameters of {run.name!r} are not finite: its training diverged; train "
            "it with a smaller learning rate"
        )
    strengths(points)
    retained = np.setdiff1d(np.arange(n, dtype=np.int64), wanted)
    _check_classes(run, retained)
    return Task(run, wanted, retained, points, seed)


def _check_classes(run: TrainingRun, retained: Ints) -> None:
    if run.classes is None:
        return
    gone = np.setdiff1d(run.labels, run.labels[retained])
    if len(gone):
        raise EmptyForgetSetError(
            f"nothing left to keep of class {gone.tolist()[0]!r}: every row of it would be "
            "forgotten, and a model without the class is another model; train it instead"
        )
