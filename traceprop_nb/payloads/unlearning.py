"""The way from a trained model to one that forgot some rows, as the panel draws it."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:  # unlearning brings SciPy, which a payload does not need
    from traceprop_nb.unlearning.result import Unlearning

SCHEMA = "unlearning/2"

LABELS = {
    "forget_loss": "loss on the forgotten rows",
    "retain_loss": "loss on the kept rows",
    "distance_to_start": "distance to the trained parameters",
    "distance_to_gold": "distance to the retrained parameters",
    "disagreement_with_gold": "predictions unlike the retrained model's, share",
    "membership_auc": "membership inference AUC",
}
"""What a column of the trajectory is called on the screen; other columns keep their name."""

NOT_SERIES = ("strength", "over")
_SLICE = re.compile(r"(?P<what>[^\[]+)\[(?P<by>[^=]*)=(?P<value>.*)\]", re.DOTALL)


class Baseline(TypedDict):
    """The same measure of another request: a value a point."""

    name: str
    values: list[float | None]


class Series(TypedDict):
    """One measured column: a value a point, None where it was not measured.

    Attributes:
        group: What it is one of several of, such as ``test accuracy by class``; empty for a
            measure of its own.
        gold: The retrained model's, from the recorded seed.
        band: Where one more retrained model is expected: lowest and highest.
    """

    name: str
    label: str
    group: str
    values: list[float | None]
    gold: float | None
    band: list[float] | None
    baselines: list[Baseline]


class Offer(TypedDict):
    """A retraining that can be asked for: models, and seconds that it may take."""

    seeds: int
    seconds: float | None


class UnlearningPayload(TypedDict):
    """What crosses to the browser. Mirrored in js/src/payloads/unlearning.ts.

    Attributes:
        why: Why this method, if nobody asked for it by name.
        note: Settings that the method chose, and cautions.
        verified: True or False against the retrained models; None if that was not tested.
        test: Name and level of the test behind it.
        over_from: First point that is past the retrained model, or None.
        at: The point that is the method's answer: strength 1.
        gold_seeds: Models that were retrained.
        offer: What retraining would be, or None where it cannot be done.
        strength: How far along each point is, rising; 0 is the trained model.
    """

    schema: str
    title: str
    method: str
    why: str
    note: str
    forgotten: int
    n_train: int
    verified: bool | None
    test: str
    verdict: str
    over_from: int | None
    at: int
    seconds: float
    seconds_gold: float | None
    gold_seeds: int
    offer: Offer | None
    strength: list[float]
    series: list[Series]


def unlearning(done: Unlearning, *, title: str, offer: Offer | None = None) -> UnlearningPayload:
    """The panel's data from an unlearning and its trajectory.

    Args:
        done: What was forgotten, measured at every point of the way.
        title: What was forgotten, such as ``source hospital_a.csv``.
        offer: The retraining that the panel may ask for.

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
        "method": done.method,
        "why": done.why,
        "note": done.note,
        "forgotten": len(done.forgotten),
        "n_train": len(done.forgotten) + len(done.retained),
        "verified": None if done.verified is None else bool(done.verified),
        "test": done.test,
        "verdict": done.verdict,
        "over_from": over[0] if over else None,
        "at": min(range(len(strength)), key=lambda k: abs(strength[k] - 1.0)),
        "seconds": float(done.seconds),
        "seconds_gold": None if done.seconds_gold is None else float(done.seconds_gold),
        "gold_seeds": 0 if done.golds is None else len(done.golds),
        "offer": offer,
        "strength": strength,
        "series": [s for s in series if any(v is not None for v in s["values"])],
    }


def _series(name: str, done: Unlearning) -> Series:
    low, high = done.band.get(name, (math.nan, math.nan))
    sliced = _SLICE.fullmatch(name)
    return {
        "name": name,
        "label": f"{sliced['by']} {sliced['value']}" if sliced else _label(name),
        "group": f"{_label(sliced['what'])} by {sliced['by']}" if sliced else "",
        "values": [_measured(v) for v in done.trajectory[name]],
        "gold": None if done.gold is None else _measured(float(done.gold[name])),
        "band": [float(low), float(high)] if math.isfinite(low) and math.isfinite(high) else None,
        "baselines": [
            {"name": which, "values": [_measured(v) for v in points[name]]}
            for which, points in done.baselines.items()
            if name in (points.dtype.names or ()) and any(math.isfinite(v) for v in points[name])
        ],
    }


def _label(name: str) -> str:
    return LABELS.get(name, name.replace("_", " "))


def _measured(x: float) -> float | None:
    return float(x) if math.isfinite(x) else None
