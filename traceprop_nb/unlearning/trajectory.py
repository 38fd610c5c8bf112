"""The way from the trained model to the one without some rows, as an array of measured points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.errors import OptionError
from traceprop_nb.gradients.objective import Floats, Ints, Objective, all_rows

REACH = 4.0 / 3.0
"""Strength at which a trajectory ends; 1 is the unlearned model, beyond it is over-forgetting."""


@dataclass(frozen=True)
class Measures:
    """What is measured at every point.

    Attributes:
        objective: Risk over all rows.
        forget: int64, the rows to forget.
        retain: int64, the others.
        start: float64 (p,), the trained parameters.
        gold: float64 (p,), the retrained parameters, or None.
        evaluate: Held-out rows by name, such as ``"test"``.
    """

    objective: Objective
    forget: Ints
    retain: Ints
    start: Floats
    gold: Floats | None
    evaluate: Mapping[str, Objective]


def strengths(points: int) -> Floats:
    """0 to 4/3 in equal steps, the point nearest to 1 moved onto it.

    Raises:
        OptionError: Fewer than 33 points.
    """
    if points < 33:
        raise OptionError(f"points={points} is too coarse for a trajectory; pass 33 or more")
    s = np.linspace(0.0, REACH, points)
    s[np.argmin(np.abs(s - 1.0))] = 1.0
    return s


def along(path: Floats, strength: float) -> Floats:
    """The point at a share of the path's length; beyond 1, straight on from start through end."""
    if strength > 1.0:
        return path[-1] + (strength - 1.0) * (path[-1] - path[0])
    lengths = np.linalg.norm(np.diff(path, axis=0), axis=1)
    reached = np.concatenate([[0.0], np.cumsum(lengths)])
    at = strength * reached[-1]
    step = min(int(np.searchsorted(reached, at, side="right")) - 1, len(lengths) - 1)
    share = 0.0 if lengths[step] == 0.0 else (at - reached[step]) / lengths[step]
    return path[step] + min(share, 1.0) * (path[step + 1] - path[step])


def fields(evaluate: Mapping[str, Objective]) -> np.dtype[Any]:
    """Columns of a trajectory; each held-out set adds its loss and accuracy."""
    names = [
        "strength", "forget_loss", "retain_loss", "distance_to_start", "distance_to_gold",
        "membership_auc",
    ]  # fmt: skip
    held_out = [f"{name}_{what}" for name in evaluate for what in ("loss", "accuracy")]
    return np.dtype([(name, np.float64) for name in names + held_out] + [("over", np.bool_)])


def measure(at: Measures, strength: float, w: Floats) -> NDArray[np.void]:
    """One point, structured (),  what was not measured is NaN."""
    point = np.zeros(1, dtype=fields(at.evaluate))
    forget_loss = at.objective.loss(w, at.forget)
    point["strength"] = strength
    point["forget_loss"] = forget_loss.mean()
    point["retain_loss"] = at.objective.loss(w, at.retain).mean()
    point["distance_to_start"] = np.linalg.norm(w - at.start)
    point["distance_to_gold"] = np.nan if at.gold is None else np.linalg.norm(w - at.gold)
    point["membership_auc"] = np.nan
    for place, (name, held_out) in enumerate(at.evaluate.items()):
        loss = held_out.loss(w, all_rows(held_out))
        point[f"{name}_loss"] = loss.mean()
        point[f"{name}_accuracy"] = _accuracy(held_out, w)
        if place == 0:
            point["membership_auc"] = auc(-forget_loss, -loss)
    return point.reshape(())


def trajectory(at: Measures, share: Floats, path: Floats) -> NDArray[np.void]:
    """All points, structured (points,), those past gold marked as ``over``.

    Where gold is unknown, those past the unlearned model are.
    """
    measured = np.array([measure(at, s, w) for s, w in zip(share, path, strict=True)])
    distance = measured["distance_to_gold"]
    past = share > 1.0
    if at.gold is not None:
        past = np.arange(len(distance)) > int(np.argmin(distance))
    measured["over"] = past
    return measured


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


def _accuracy(held_out: Objective, w: Floats) -> float:
    hits = held_out.correct(w)
    return float("nan") if hits is None else float(hits.mean())
