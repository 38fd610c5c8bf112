"""Unlearning of a convex model: Newton steps on the retained rows, from the trained parameters.

Two or three steps end where retraining would. Whether they did is only said after retraining:
``verified`` is None until the result was compared with gold. Guo et al. 2020, arXiv:1911.03030.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.errors import (
    EmptyForgetSetError,
    RowRangeError,
    UnsupportedModelError,
)
from traceprop_nb.gradients.objective import Convex, Floats, Ints, Objective
from traceprop_nb.gradients.optimum import ConvexObjective, newton
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.unlearning.retrain import retrain
from traceprop_nb.unlearning.trajectory import Measures, along, measure, strengths, trajectory

TOLERANCE = 1e-3
"""Share of the distance between the trained and the retrained model that may be left."""


@dataclass(frozen=True)
class Unlearning:
    """A model without some of its rows, and how it compares.

    Attributes:
        w: float64 (p,), the unlearned parameters.
        forgotten: int64, training rows that were taken out, sorted.
        retained: int64, the others.
        trajectory: Structured (points,): ``strength`` (0 the trained model, 1 the unlearned one,
            to 4/3), ``forget_loss`` and ``retain_loss`` (means), ``distance_to_start``,
            ``distance_to_gold`` (NaN without gold), ``membership_auc`` (forgotten against the
            first held-out set, NaN without one), ``NAME_loss`` and ``NAME_accuracy`` of each
            held-out set, and ``over``: past gold, so not better.
        path: float64 (points, p), the parameters at each point.
        gold_w: float64 (p,), the retrained parameters, or None.
        gold: The same measures of the retrained model, structured (), or None.
        left: Share of the distance from trained to retrained that is left; None without gold.
        verified: Whether at most 0.1 % is left; None without gold.
        verdict: One sentence for the reader.
        steps: Newton steps taken.
        seconds: Time of the Newton steps.
        seconds_gold: Time of the retraining, or None.
        objective: The risk over the retained rows.
    """

    w: Floats
    forgotten: Ints
    retained: Ints
    trajectory: NDArray[np.void]
    path: Floats
    gold_w: Floats | None
    gold: NDArray[np.void] | None
    left: float | None
    verified: bool | None
    verdict: str
    steps: int
    seconds: float
    seconds_gold: float | None
    objective: Objective


def forget(
    run: TrainingRun, rows: Ints, *, gold: bool = False, points: int = 33,
    evaluate: Mapping[str, Objective] | None = None,
) -> Unlearning:  # fmt: skip
    """Take rows out of a convex model.

    The user's model is not touched; ``with_parameters`` of the framework's adapter makes a new one.

    Args:
        run: A finished training run.
        rows: Training rows to forget; repeated ones count once.
        gold: Whether to retrain from scratch on the retained rows and compare.
        points: Points of the trajectory, at least 33.
        evaluate: Held-out rows by name, from ``run.query``; the first is the membership test's.

    Raises:
        EmptyForgetSetError: No rows, all rows, or all rows of a class.
        RowRangeError, OptionError: A row that the run does not have; fewer than 33 points.
        UnsupportedModelError, ConvergenceError: Not convex; no finite optimum without the rows.
    """
    forgotten = _checked(run, rows)
    share = strengths(points)
    objective = _convex(run)
    retained = np.setdiff1d(np.arange(objective.n, dtype=np.int64), forgotten)
    _check_classes(run, retained)
    problem = objective.restrict(retained)
    began = time.perf_counter()
    best = newton(problem, run.w, rtol=1e-2)
    seconds = time.perf_counter() - began
    gold_w, seconds_gold = retrain(problem, run.w) if gold else (None, None)
    at = Measures(objective, forgotten, retained, run.w, gold_w, dict(evaluate or {}))
    path = np.array([along(best.path, s) for s in share])
    left = None if gold_w is None else _left(run.w, best.w, gold_w)
    steps = len(best.path) - 1
    return Unlearning(
        best.w, forgotten, retained, trajectory(at, share, path), path, gold_w,
        None if gold_w is None else measure(at, np.nan, gold_w),
        left, None if left is None else left <= TOLERANCE, _verdict(len(forgotten), steps, left),
        steps, seconds, seconds_gold, problem,
    )  # fmt: skip


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
    )


def _checked(run: TrainingRun, rows: Ints) -> Ints:
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
    return wanted


def _check_classes(run: TrainingRun, retained: Ints) -> None:
    if run.classes is None:
        return
    gone = np.setdiff1d(run.labels, run.labels[retained])
    if len(gone):
        raise EmptyForgetSetError(
            f"nothing left to keep of class {gone.tolist()[0]!r}: every row of it would be "
            "forgotten, and a model without the class is another model; train it instead"
        )


def _convex(run: TrainingRun) -> ConvexObjective:
    if not isinstance(run.objective, Convex):
        raise UnsupportedModelError(
            f"{run.name!r} is not convex, so Newton steps do not end where retraining would; "
            "unlearning needs a linear model"
        )
    return run.objective


def _left(start: Floats, w: Floats, gold: Floats) -> float:
    """Distance to gold as a share of what it was; 0 where both are rounding."""
    before, after = float(np.linalg.norm(start - gold)), float(np.linalg.norm(w - gold))
    rounding = 1e-12 * (1.0 + float(np.linalg.norm(gold)))
    return 0.0 if after <= rounding else after / max(before, rounding)


def _verdict(n: int, steps: int, left: float | None) -> str:
    what = f"{n} row{'s' if n > 1 else ''} forgotten in {steps} Newton steps"
    if left is None:
        return f"{what}; not verified, since the model was not retrained without them."
    share = f"{100 * left:.2g} % of the distance to the retrained model is left"
    if left <= TOLERANCE:
        return f"{what}; verified against retraining: {share}."
    return f"{what}; not verified: {share}, more than {100 * TOLERANCE:g} %."
