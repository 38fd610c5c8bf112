"""The mean of a method's scores over models that were trained alike, on the same rows.

One training is one draw of starts and orders; what its scores owe to the draw averages out. Park et
al. 2023, arXiv:2303.14186, section 3.3: on a network for digits ten models lift LDS from 0.77 to
0.84, and twenty add no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from traceprop_nb.attribution.scores import Attributor, InfluenceScores, joined
from traceprop_nb.errors import OptionError, ShapeError, UnsupportedModelError
from traceprop_nb.gradients.objective import Objective, Shardable, all_rows
from traceprop_nb.gradients.progress import Progress, part, silent
from traceprop_nb.gradients.run import TrainingRun


def mean_over(runs: Sequence[TrainingRun], query: Objective, method: Attributor) -> InfluenceScores:
    """Mean scores (m, n) over runs.

    Args:
        runs: Of the same kind of model, on the same rows in the same order.
        query: From the first run's ``query``.
        method: Scores one run.

    Raises:
        OptionError: There is no run.
        ShapeError: A run has other rows, or another number of parameters, than the first.
    """
    if not runs:
        raise OptionError("there is no run to average over; name at least one")
    for run in runs[1:]:
        require_alike(runs[0], run)
    found = [method(run, _asked(run, query)) for run in runs]
    scores = np.mean([one.scores for one in found], axis=0)
    said = f"mean over {len(runs)} models" if len(runs) > 1 else ""
    return replace(
        found[0], scores=scores, damping=max(one.damping for one in found),
        note=joined(said, found[0].note),
    )  # fmt: skip


def retrained(
    run: TrainingRun, number: int, progress: Progress = silent
) -> tuple[TrainingRun, ...]:
    """The run and further ones: its recipe with other seeds, on all rows.

    Args:
        run: A run whose recipe was recorded.
        number: Runs in all, at least 1.
        progress: Told of each step.

    Raises:
        OptionError: ``number`` is less than 1.
        UnsupportedModelError: No recipe, or its seed plays no part: every model would be the same.
        CancelledError, ConvergenceError: From the training.
    """
    if number < 1:
        raise OptionError(f"{number} models have no mean; ask for 1 or more")
    if number > 1 and (run.recipe is None or not run.recipe.seeds):
        why = (
            "has no recorded recipe" if run.recipe is None else "has one optimum whatever the seed"
        )
        raise UnsupportedModelError(
            f"{run.name!r} {why}, so there are no other models to average over; use one model"
        )
    found = [run]
    for seed in range(1, number):
        told = part(progress, (seed - 1) / (number - 1), seed / (number - 1))
        assert run.recipe is not None
        made = run.recipe.train(all_rows(run.objective), seed, told)
        found.append(replace(
            run, name=f"{run.name}-{seed}", model=made.model, objective=made.objective, w=made.w,
            checkpoints=made.w[None, :], learning_rates=None,
        ))  # fmt: skip
    return tuple(found)


def require_alike(first: TrainingRun, run: TrainingRun) -> None:
    """Refuse runs whose scores are not of the same rows.

    Raises:
        ShapeError: Other rows, labels or parameters.
    """
    alike = (
        first.objective.n == run.objective.n
        and first.objective.p == run.objective.p
        and type(first.objective) is type(run.objective)
        and first.rows_node == run.rows_node
        and np.array_equal(first.labels, run.labels)
        and _same(first.row_index, run.row_index)
    )
    if not alike:
        raise ShapeError(
            f"{run.name!r} was not trained like {first.name!r}: {run.objective.n} rows and "
            f"{run.objective.p} parameters beside {first.objective.n} and {first.objective.p}, or "
            "other rows; average over runs of one model on the same rows in the same order"
        )


def _same(one: object, other: object) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(np.asarray(one), np.asarray(other))


def _asked(run: TrainingRun, query: Objective) -> Objective:
    """The queries as this run's model sees them: with its own buffers."""
    own = run.objective
    return own.over(query) if isinstance(own, Shardable) and isinstance(query, type(own)) else query
