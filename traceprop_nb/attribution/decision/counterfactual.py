"""The smallest change of a row that changes what is decided, within the range seen in training.

One feature at a time first, in closed form where the score is linear, else by a search along each
feature; and where no single feature does it, several together. Sizes are compared in standard
deviations of the training rows. Wachter, Mittelstadt and Russell 2017, arXiv:1711.00399.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from traceprop_nb.attribution.decision.case import Bools, Case
from traceprop_nb.gradients.objective import Floats, Ints

POINTS = 64
"""Steps of a search along a feature with values in between; whole numbers are tried one by one."""

MOST_WHOLE = 256
HALVINGS = 60
TRIES = 64
BEYOND = ((0.0, 0.0), (1e-9, 2.0**12), (1e-7, 2.0**31), (1e-5, 2.0**34), (1e-3, 2.0**38))
"""How far beyond the place where the decision changes: a share of the way to it, and steps of a
double. Right at the place it is rounding that decides, differently for a frame and for an array:
only whole numbers stop there. A model of single numbers changes its mind within 2**29 steps."""


@dataclass(frozen=True)
class Change:
    """One feature, changed.

    Attributes:
        feature: Its name.
        before: Its value in the row.
        after: Its value in the changed row.
        deviations: The change in standard deviations of the training rows, with its sign.
    """

    feature: str
    before: float
    after: float
    deviations: float


@dataclass(frozen=True, eq=False)
class Counterfactual:
    """A changed row on which something else is decided.

    Attributes:
        changes: What was changed.
        row: float64 (d,), the changed row.
        method: How it was found, in words.
    """

    changes: tuple[Change, ...]
    row: Floats
    method: str


class _Place(NamedTuple):
    """Places on the axes of features: feature numbers (m,) and values (m,)."""

    features: Ints
    values: Floats


def counterfactual(
    case: Case, order: Sequence[int], fixed: Sequence[int] = ()
) -> Counterfactual | None:
    """The smallest change that was found, or None.

    Args:
        case: The row and the model; it has a decision.
        order: Features to change together where none does it alone, the first ones first.
        fixed: Features that may not change.
    """
    free = np.setdiff1d(np.flatnonzero(case.high > case.low), np.array(fixed, dtype=np.int64))
    places = _crossings(case, free) if case.planes is not None else _searched(case, free)
    how = "closed form" if case.planes is not None else "search along each feature"
    if (best := _smallest(case, places)) is not None:
        return _told(case, best, f"one feature: {how}")
    together = _together(case, [j for j in order if j in free])
    return None if together is None else _told(case, together, "several features together")


def _smallest(case: Case, places: _Place) -> Floats | None:
    """The nearest place that flips by itself and on the live model; else by itself alone."""
    j, values = _beyond(case, places)
    inside = (values >= case.low[j]) & (values <= case.high[j]) & (values != case.x[j])
    j, values = j[inside], values[inside]
    size = np.where(case.flips_at(j, values), np.abs(values - case.x[j]) / case.deviations[j], -1.0)
    order = np.argsort(size, kind="stable")
    nearest = order[size[order] >= 0.0][:TRIES]
    return _agreed(case, case.with_value(j[nearest], values[nearest]))


def _agreed(case: Case, rows: Floats) -> Floats | None:
    """The first of these rows that flips by itself and on the live model; else by itself alone."""
    alone = [row for row in rows if case.flips(row[None])[0]]
    confirmed = (row for row in alone if case.confirms is None or case.confirms(row))
    return next(confirmed, alone[0] if alone else None)


def _beyond(case: Case, places: _Place) -> _Place:
    """These places and more on either side: which of two sides flips, rounding decides."""
    j, values = places
    way, grain = np.abs(values - case.x[j]), np.spacing(np.abs(values) + np.abs(case.x[j]))
    far = np.array([share * way + steps * grain for share, steps in BEYOND])
    near = np.concatenate([values + far, values - far]).ravel()
    features = np.tile(j, 2 * len(BEYOND))
    up = np.where(near > case.x[features], np.ceil(near), np.floor(near))
    clear = case.whole[features] | (np.concatenate([far, far]).ravel() > 0)
    return _Place(features[clear], np.where(case.whole[features], up, near)[clear])


def _crossings(case: Case, free: Ints) -> _Place:
    """Every place where a plane is crossed along a feature."""
    assert case.planes is not None
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        way = -case.planes.at_x[:, None] / case.planes.slopes[:, free]
        values = case.x[free] + way
    at = np.argwhere(np.isfinite(values))
    return _Place(free[at[:, 1]], values[at[:, 0], at[:, 1]])


def _searched(case: Case, free: Ints) -> _Place:
    """The nearest place on either side of each feature at which the decision was seen to change."""
    grids = [_grid(case, int(j)) for j in free]
    features = np.repeat(free, [len(grid) for grid in grids])
    values = np.concatenate([*grids, np.empty(0)])
    flips = case.flips_at(features, values)
    found, same, other = [], [], []
    for j in free:
        mine, hit = values[features == j], flips[features == j]
        for side in (mine > case.x[j], mine < case.x[j]):
            order = np.argsort(np.abs(mine[side] - case.x[j]))
            way, changed = mine[side][order], hit[side][order]
            if changed.any():
                first = int(changed.argmax())
                found.append(int(j))
                same.append(case.x[j] if first == 0 else way[first - 1])
                other.append(way[first])
    return _halved(case, np.array(found, dtype=np.int64), np.array(same), np.array(other))


def _grid(case: Case, j: int) -> Floats:
    low, high = case.low[j], case.high[j]
    if not case.whole[j]:
        return np.linspace(low, high, POINTS + 1)
    return np.unique(np.rint(np.linspace(low, high, int(min(high - low + 1, MOST_WHOLE)))))


def _halved(case: Case, features: Ints, same: Floats, other: Floats) -> _Place:
    """Between a value that changes nothing and one that does: the nearest that does."""
    for _ in range(HALVINGS if len(features) else 0):
        middle = (same + other) / 2
        middle = np.where(case.whole[features], np.rint(middle), middle)
        flips = case.flips_at(features, middle)
        other = np.where(flips, middle, other)
        same = np.where(flips, same, middle)
    return _Place(features, other)


def _together(case: Case, order: Sequence[int]) -> Floats | None:
    """The first few features moved together towards the ends of their ranges that help."""
    goals = _goals(case, order)
    for count in range(2, len(goals) + 1):
        target = case.x.copy()
        for j, value in goals[:count]:
            target[j] = value
        if (row := _along(case, target)) is not None:
            return row
    return None


def _goals(case: Case, order: Sequence[int]) -> list[tuple[int, float]]:
    """Of each feature the end of its range that works against the decision, if one does."""
    features = np.array(order, dtype=np.int64)
    now = case.scores(case.x[None])[0]
    gains = [
        case.seeks * (case.scores(case.with_value(features, end[features])) - now)
        for end in (case.low, case.high)
    ] if len(features) else [np.empty(0)] * 2  # fmt: skip
    found = []
    for place, j in enumerate(order):
        down, up = gains[0][place], gains[1][place]
        if max(down, up) > 0:
            found.append((j, float(case.high[j] if up >= down else case.low[j])))
    return found


def _along(case: Case, target: Floats) -> Floats | None:
    """The first row on the way to the target, in range, on which something else is decided."""
    moved = target != case.x

    def at(shares: Floats) -> Floats:
        rows = case.x + shares[:, None] * (target - case.x)
        rows[shares == 1.0] = target
        up = np.where(target > case.x, np.ceil(rows), np.floor(rows))
        return np.where(case.whole & moved, up, rows)

    def works(shares: Floats) -> Bools:
        rows = at(shares)
        inside = ((rows >= case.low) & (rows <= case.high) | ~moved).all(axis=1)
        return inside & case.flips(rows)

    share = _first(works)
    if share is None:
        return None
    return _agreed(case, at(np.minimum(1.0, [share * (1.0 + more) for more, _ in BEYOND[1:]])))


def _first(works: Callable[[Floats], Bools]) -> float | None:
    shares = np.linspace(0.0, 1.0, POINTS + 1)[1:]
    hits = works(shares)
    if not hits.any():
        return None
    other = float(shares[hits.argmax()])
    same = other - 1.0 / POINTS
    for _ in range(HALVINGS):
        middle = (same + other) / 2
        same, other = (same, middle) if works(np.array([middle]))[0] else (middle, other)
    return other


def _told(case: Case, row: Floats, method: str) -> Counterfactual:
    changed = np.flatnonzero(row != case.x)
    steps = (row - case.x) / np.where(case.deviations > 0, case.deviations, 1.0)
    changes = tuple(
        Change(case.names[j], float(case.x[j]), float(row[j]), float(steps[j])) for j in changed
    )
    return Counterfactual(changes, row, method)
