"""What is measured of a model that forgets: losses, accuracies, membership, distance, agreement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.gradients.objective import (
    Classifier,
    Floats,
    Ints,
    Linear,
    Objective,
    all_rows,
)
from traceprop_nb.unlearning.held_out import HeldOut, slices

CELLS = 1 << 23
"""Outputs of a linear model that are held at once: 64 MiB."""


@dataclass(frozen=True, eq=False)
class Measures:
    """On what every model is measured.

    Attributes:
        objective: Risk over all rows.
        forget: int64, the rows to forget.
        retain: int64, the others.
        start: float64 (p,), the trained parameters.
        evaluate: Held-out rows by name, such as ``"test"``.
    """

    objective: Objective
    forget: Ints
    retain: Ints
    start: Floats
    evaluate: Mapping[str, HeldOut]


def fields(evaluate: Mapping[str, HeldOut]) -> np.dtype[Any]:
    """Columns of a trajectory.

    ``strength``; ``forget_loss``, ``retain_loss`` (means); ``distance_to_start``,
    ``distance_to_gold`` (of the parameters, Euclidean); ``disagreement_with_gold``, the share of
    the evaluated rows whose predicted class is not gold's, as a mean over gold's seeds;
    ``membership_auc``, forgotten rows against the first held-out ones by their loss; of each
    held-out set ``NAME_loss``, ``NAME_accuracy``, ``NAME_accuracy[class=C]`` and
    ``NAME_accuracy[SLICING=VALUE]``; ``over``, past gold. What was not measured is NaN.
    """
    names = [
        "strength", "forget_loss", "retain_loss", "distance_to_start", "distance_to_gold",
        "disagreement_with_gold", "membership_auc",
    ]  # fmt: skip
    for name, held in evaluate.items():
        names += [f"{name}_loss", f"{name}_accuracy"]
        names += [f"{name}_accuracy[{which}]" for which in slices(held)]
    return np.dtype([(name, np.float64) for name in names] + [("over", np.bool_)])


def measure(at: Measures, path: Floats, objective: Objective | None = None) -> NDArray[np.void]:
    """Everything but the comparison with gold, structured (r,).

    Args:
        at: On what to measure.
        path: float64 (r, p), parameters.
        objective: All rows as these models see them; by default as the trained one does.
    """
    seen = at.objective if objective is None else objective
    points = np.full(len(path), np.nan, dtype=fields(at.evaluate))
    points["over"] = False
    points["distance_to_start"] = np.linalg.norm(path - at.start, axis=1)
    forgotten = _losses(seen, path, at.forget)
    points["forget_loss"] = forgotten.mean(axis=1)
    points["retain_loss"] = _losses(seen, path, at.retain).mean(axis=1)
    for place, (name, held) in enumerate(at.evaluate.items()):
        rows = held.objective if objective is None else held.under(objective)
        loss = _losses(rows, path, all_rows(rows))
        points[f"{name}_loss"] = loss.mean(axis=1)
        _accuracies(points, name, held, rows, path)
        if place == 0:
            points["membership_auc"] = [auc(-f, -h) for f, h in zip(forgotten, loss, strict=True)]
    return points


def along_path(at: Measures, path: Floats, objectives: Sequence[Objective]) -> NDArray[np.void]:
    """As ``measure``, each point (r,) under the objective of its own; none = the trained one's."""
    each = [
        np.repeat(measure(at, points, seen), repeated)
        for points, seen, repeated in _stretches(path, objectives)
    ]
    return np.concatenate(each)


def predictions_along(
    at: Measures, path: Floats, objectives: Sequence[Objective]
) -> NDArray[Any] | None:
    """As ``predictions``, each point (r,) under the objective of its own."""
    found = []
    for points, seen, repeated in _stretches(path, objectives):
        classes = predictions(at, points, seen)
        if classes is None:
            return None
        found.append(np.repeat(classes, repeated, axis=0))
    return np.concatenate(found)


def _stretches(
    path: Floats, objectives: Sequence[Objective]
) -> Iterator[tuple[Floats, Objective | None, int]]:
    """Points that share an objective, the objective, and how often each of the points stands.

    Where a way stands still, as that of sharded retraining does between two shards, one point is
    enough.
    """
    first = 0
    for k in range(1, len(path) + 1):
        alike = k < len(path) and (not objectives or objectives[k] is objectives[first])
        if alike:
            continue
        points = path[first:k]
        still = not np.ptp(points, axis=0).any()
        seen = objectives[first] if objectives else None
        yield (points[:1], seen, len(points)) if still else (points, seen, 1)
        first = k


def predictions(
    at: Measures, path: Floats, objective: Objective | None = None
) -> NDArray[Any] | None:
    """Predicted classes (r, m) of the evaluated rows; None for a regression.

    Evaluated are the forgotten rows and every held-out one; the retained rows where nothing is
    held out.
    """
    seen = at.objective if objective is None else objective
    rows = [seen.restrict(at.forget)]
    rows += [h.objective if objective is None else h.under(objective) for h in at.evaluate.values()]
    if not at.evaluate:
        rows.append(seen.restrict(at.retain))
    each = [[_classes(part, w) for part in rows] for w in path]
    known = [[c for c in one if c is not None] for one in each]
    if any(len(one) < len(rows) for one in known):
        return None
    return np.array([np.concatenate(one) for one in known])


def disagreement(mine: NDArray[Any], golds: NDArray[Any]) -> Floats:
    """Mean share of rows (r,) on which predictions (r, m) are not those of golds (s, m)."""
    return np.array([(golds != one).mean() for one in mine])


def auc(members: Floats, others: Floats) -> float:
    """Chance that a member's score exceeds another's, ties counting half.

    With minus the loss as score this is the simplest membership inference; 0.5 tells nothing
    apart. Yeom et al. 2018, arXiv:1709.01604.
    """
    both = np.concatenate([members, others])
    _, inverse, counts = np.unique(both, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2.0)[inverse]
    m, o = len(members), len(others)
    if m == 0 or o == 0:
        return float("nan")
    return float((rank[:m].sum() - m * (m + 1) / 2.0) / (m * o))


def _losses(objective: Objective, path: Floats, rows: Ints) -> Floats:
    """Loss (r, m) of these rows at each parameter vector."""
    if not isinstance(objective, Linear):
        return np.array([objective.loss(w, rows) for w in path])
    part = objective if len(rows) == objective.n else objective.restrict(rows)
    step = max(1, CELLS // max(1, part.n * part.K))
    found = [_outputs(part, path[k : k + step]) for k in range(0, len(path), step)]
    return np.concatenate([part.loss_of(z).T for z in found])


def _outputs(objective: Linear, path: Floats) -> Floats:
    """Outputs (n, r, K) at each parameter vector, in one product."""
    columns = path.reshape(len(path) * objective.K, -1)
    return (objective.design @ columns.T).reshape(-1, len(path), objective.K)


def _accuracies(
    points: NDArray[np.void], name: str, held: HeldOut, rows: Objective, path: Floats
) -> None:
    found: Sequence[NDArray[np.bool_] | None] = [rows.correct(w) for w in path]
    hits = np.array([h for h in found if h is not None])
    if len(hits) < len(path):
        return
    points[f"{name}_accuracy"] = hits.mean(axis=1)
    for which, mask in slices(held).items():
        points[f"{name}_accuracy[{which}]"] = hits[:, mask].mean(axis=1)


def _classes(objective: Objective, w: Floats) -> NDArray[Any] | None:
    """Predicted classes (n,); whether each is right, for a model that does not tell them.

    For two classes that is the same comparison; for more it misses two different errors.
    """
    if isinstance(objective, Classifier):
        return objective.predicted(w, all_rows(objective))
    return objective.correct(w)
