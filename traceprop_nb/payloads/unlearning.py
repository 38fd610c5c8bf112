"""The way from a trained model to one that forgot some rows, as the panel draws it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:  # unlearning brings SciPy, which a payload does not need
    from traceprop_nb.unlearning.forget import Unlearning

SCHEMA = "unlearning/1"

LABELS = {
    "forget_loss": "loss on the forgotten rows",
    "retain_loss": "loss on the kept rows",
    "distance_to_start": "distance to the trained parameters",
    "distance_to_gold": "distance to the retrained parameters",
    "membership_auc": "membership inference AUC",
}
"""What a column of the trajectory is called on the screen; other columns keep their name."""

NOT_SERIES = ("strength", "over")


class Series(TypedDict):
    """One measured column: a value a point, None where it was not measured."""

    name: str
    label: str
    values: list[float | None]
    gold: float | None


class UnlearningPayload(TypedDict):
    """What crosses to the browser. Mirrored in js/src/payloads/unlearning.ts.

    Attributes:
        verified: True or False against the retrained model; None if that was not computed.
        over_from: First point that is past the retrained model, or None.
        at: The point that is the method's answer: strength 1.
        strength: How far along each point is, rising; 0 is the trained model.
    """

    schema: str
    title: str
    method: str
    forgotten: int
    n_train: int
    verified: bool | None
    verdict: str
    over_from: int | None
    at: int
    seconds: float
    seconds_gold: float | None
    strength: list[float]
    series: list[Series]


def unlearning(done: Unlearning, *, title: str, method: str = "newton") -> UnlearningPayload:
    """The panel's data from an unlearning and its trajectory.

    Args:
        done: What was forgotten, measured at every point of the way.
        title: What was forgotten, such as ``source hospital_a.csv``.
        method: The method's name.

    Columns of the trajectory in which nothing was measured (all NaN) are left out.
    """
    points = done.trajectory
    strength = [float(s) for s in points["strength"]]
    over = [k for k, past in enumerate(points["over"]) if past]
    names = [n for n in points.dtype.names or () if n not in NOT_SERIES]
    series = [_series(name, done) for name in names]
    return {
        "schema": SCHEMA,
        "title": title,
        "method": method,
        "forgotten": len(done.forgotten),
        "n_train": len(done.forgotten) + len(done.retained),
        "verified": done.verified,
        "verdict": done.verdict,
        "over_from": over[0] if over else None,
        "at": min(range(len(strength)), key=lambda k: abs(strength[k] - 1.0)),
        "seconds": float(done.seconds),
        "seconds_gold": None if done.seconds_gold is None else float(done.seconds_gold),
        "strength": strength,
        "series": [s for s in series if any(v is not None for v in s["values"])],
    }


def _series(name: str, done: Unlearning) -> Series:
    return {
        "name": name,
        "label": LABELS.get(name, name.replace("_", " ")),
        "values": [_measured(v) for v in done.trajectory[name]],
        "gold": None if done.gold is None else _measured(float(done.gold[name])),
    }


def _measured(x: float) -> float | None:
    return float(x) if math.isfinite(x) else None
