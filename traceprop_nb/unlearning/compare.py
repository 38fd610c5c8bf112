"""An unlearned model next to the retrained ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.gradients.objective import Floats, Objective
from traceprop_nb.gradients.progress import Progress, silent
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.gradients.shards import deployed
from traceprop_nb.unlearning.gold import Gold, retrained
from traceprop_nb.unlearning.held_out import HeldOut
from traceprop_nb.unlearning.measures import (
    Measures,
    disagreement,
    measure,
    predictions,
    predictions_along,
)
from traceprop_nb.unlearning.result import Unlearning
from traceprop_nb.unlearning.verify import Check, by_parameters, by_predictions


def compare(
    run: TrainingRun,
    done: Unlearning,
    seeds: int,
    *,
    evaluate: Mapping[str, HeldOut] | None = None,
    progress: Progress = silent,
) -> Unlearning:
    """The same unlearning, with gold.

    Args:
        run: The run that was unlearned from.
        done: What ``forget`` returned for it.
        seeds: Retrained models; a convex risk has one.
        evaluate: As it was passed to ``forget``.
        progress: Told how far the retraining is.

    Raises:
        UnsupportedModelError: The run cannot be trained again.
        ConvergenceError, CancelledError: From the training.
    """
    return beside(run, done, retrained(run, done.retained, seeds, progress), evaluate)


def beside(
    run: TrainingRun, done: Unlearning, gold: Gold, evaluate: Mapping[str, HeldOut] | None
) -> Unlearning:
    """The same unlearning next to models that were retrained already."""
    rows = deployed(run.objective)
    at = Measures(rows, done.forgotten, done.retained, run.w, dict(evaluate or {}))
    golds, classes = _measured(at, gold)
    points = _with_gold(at, done.trajectory, done.path, done.objectives, gold, classes)
    answer = points[int(np.argmin(np.abs(points["strength"] - 1.0)))]
    unique = by_parameters(run.w, done.w, gold.ws[0]) if gold.unique else None
    check = unique or by_predictions(answer, golds)
    points["over"] = _over(points, gold, golds, check)
    baselines = {
        name: _with_gold(
            at, done.baselines[name], path, done.baseline_objectives[name], gold, classes
        )
        for name, path in done.baseline_paths.items()
    }
    return replace(
        done, trajectory=points, baselines=baselines, golds=golds, gold=golds[0],
        gold_w=gold.ws[0], band=check.band, left=check.left, verified=check.verified,
        test=check.test, verdict=verdict(len(done.forgotten), done.steps, check),
        note="; ".join(filter(None, (done.note, gold.note))), seconds_gold=gold.seconds,
    )  # fmt: skip


def verdict(forgotten: int, steps: int, check: Check | None) -> str:
    """The sentence for the reader."""
    rows = f"{forgotten} row{'s' if forgotten > 1 else ''} forgotten in {steps} steps"
    if check is None:
        return f"{rows}; not verified, since the model was not retrained without them."
    if check.verified is None:
        return f"{rows}; {check.said}."
    word = "verified against retraining" if check.verified else "not verified"
    return f"{rows}; {word}: {check.said}."


def _measured(at: Measures, gold: Gold) -> tuple[NDArray[np.void], NDArray[np.int64] | None]:
    """Measures of each retrained model, and their predictions of the evaluated rows (s, m)."""
    pairs = list(zip(gold.ws, gold.objectives, strict=True))
    golds = np.concatenate([measure(at, w[None, :], objective) for w, objective in pairs])
    each = [predictions(at, w[None, :], objective) for w, objective in pairs]
    golds["distance_to_gold"] = np.linalg.norm(gold.ws - gold.ws[0], axis=1)
    known = [one for one in each if one is not None]
    if len(known) < len(each):
        return golds, None
    classes = np.concatenate(known)
    for k in range(len(classes) if len(classes) > 1 else 0):
        others = np.delete(classes, k, axis=0)
        golds["disagreement_with_gold"][k] = disagreement(classes[k : k + 1], others)[0]
    return golds, classes


def _with_gold(
    at: Measures,
    points: NDArray[np.void],
    path: Floats,
    seen: Sequence[Objective],
    gold: Gold,
    classes: NDArray[np.int64] | None,
) -> NDArray[np.void]:
    filled = points.copy()
    filled["distance_to_gold"] = np.linalg.norm(path - gold.ws[0], axis=1)
    mine = None if classes is None else predictions_along(at, path, seen)
    if mine is not None and classes is not None:
        filled["disagreement_with_gold"] = disagreement(mine, classes)
    return filled


def _over(
    points: NDArray[np.void], gold: Gold, golds: NDArray[np.void], check: Check
) -> NDArray[np.bool_]:
    """Past gold: beyond the nearest point of the way, or with a forget loss that gold's is not."""
    if gold.unique:
        distance = points["distance_to_gold"]
        nearest = int(np.flatnonzero(distance == distance.min())[-1])
        return np.asarray(np.arange(len(points)) > nearest)
    most = check.band.get("forget_loss", (0.0, float(golds["forget_loss"].max())))[1]
    return np.asarray(points["forget_loss"] > most)
