"""What the live model itself says of a row, beside what its recorded parameters say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from traceprop_nb import adapters
from traceprop_nb.gradients.objective import Floats
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.session.decisions.rule import Rule

_CHANGED = (ValueError, TypeError, AttributeError, RuntimeError, IndexError)
"""What a model raises that no longer is the one that was trained."""


@dataclass(frozen=True)
class Recomputed:
    """The score by the model's own prediction.

    Attributes:
        score: NaN where the model no longer answers; None where it has no prediction of its own.
        tolerance: How far it may be from the recorded parameters' score: the square root of the
            machine epsilon of the model's own numbers, relative to 1 + its size.
        moved: How far the live parameters are from the recorded ones, relative to 1 + their norm;
            None where it was not looked.
    """

    score: float | None
    tolerance: float
    moved: float | None


def own_outputs(run: TrainingRun, X: Any) -> Floats | None:
    """Outputs (m, K) by the live model; NaN where it raises, None where it predicts nothing.

    A vote of several models is the mean of theirs.
    """
    if not adapters.has(run.framework, "scoring"):
        return None
    door = adapters.load(run.framework, "scoring")
    try:
        return np.mean([door.own_outputs(one, X) for one in _models(run)], axis=0)
    except _CHANGED:
        return np.full((1, 1), np.nan)


def recomputed(run: TrainingRun, given: Any, rule: Rule, score: float) -> Recomputed:
    """The score of a row (1, ...) by the live model, and how far its parameters have moved."""
    q = own_outputs(run, given)
    if q is None:
        return Recomputed(None, 0.0, None)
    tolerance = float(np.sqrt(np.finfo(q.dtype).eps)) * (1.0 + abs(score))
    answers = q.shape == (1, max(len(rule.classes), 1)) and bool(np.isfinite(q).all())
    own = float(rule.scores(q.astype(np.float64))[0]) if answers else float("nan")
    return Recomputed(own, tolerance, max(map(_moved, _models(run))))


def _models(run: TrainingRun) -> Sequence[TrainingRun]:
    return [shard for shard in run.shards if shard.objective.n] or [run]


def _moved(run: TrainingRun) -> float:
    try:
        now = adapters.load(run.framework, "scoring").parameters_now(run)
    except _CHANGED:
        return float("inf")
    if now.shape != run.w.shape:
        return float("inf")
    return float(np.linalg.norm(now - run.w) / (1.0 + np.linalg.norm(run.w)))
