"""How good influence scores are, by what happens when models are trained again.

``lds`` (Park et al. 2023, arXiv:2303.14186) ranks random halves of the rows, ``leave_one_out``
compares with training without single rows, ``mislabelled`` asks whether wrong labels stand out,
and ``removal`` takes the strongest proponents out. A rank cannot see a wrong size, so each comes
with a check of scale where there is one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from traceprop_nb.attribution.scores import InfluenceScores
from traceprop_nb.attribution.truth import GroundTruth
from traceprop_nb.errors import OptionError
from traceprop_nb.gradients.objective import Floats, Ints

DRAWS = 400
"""Resamples behind an interval: its ends then move by some 2 % of its width."""


@dataclass(frozen=True)
class Evaluation:
    """One measured quality.

    Attributes:
        metric: Such as ``"lds"``.
        value: 1 is the best of every metric but ``removal``, whose unit is the loss's.
        low: Lower end of the 95 % interval, from resampled queries and models.
        high: Its upper end.
        scale: Slope of the truth on the scores, 1 = right in size; None where there is none.
        models: Trainings behind it.
        method: That was judged.
        estimand: What its scores estimate.
        note: What a reader must know.
    """

    metric: str
    value: float
    low: float
    high: float
    scale: float | None
    models: int
    method: str
    estimand: str
    note: str = ""

    def __repr__(self) -> str:
        out = (
            f"{self.metric} of {self.method} ({self.estimand}): {self.value:.3f} "
            f"(95 % interval {self.low:.3f} to {self.high:.3f})"
        )
        if self.scale is not None:
            out += f", size x{self.scale:.2f}"
        return f"{out}, {self.models:,} trainings" + (f"; {self.note}" if self.note else "")


def lds(scores: InfluenceScores, truth: GroundTruth, *, seed: int = 0) -> Evaluation:
    """Mean over queries of the rank correlation of told and true losses of half-subset models.

    Args:
        scores: (m, n) of the truth's run and queries.
        truth: From ``half_subsets``, trained.
        seed: Of the interval.
    """
    told = -(truth.kept @ scores.scores.T)  # (s, m): the more proponents stay, the lower the loss
    true = truth.mean
    each = _ranked(told, true)
    slopes = _slopes(told, true)
    rng = np.random.default_rng(seed)
    s, m = told.shape
    drawn = []
    for _ in range(DRAWS):
        models, queries = rng.integers(0, s, s), rng.integers(0, m, m)
        drawn.append(np.mean(_ranked(told[models][:, queries], true[models][:, queries])))
    low, high = np.quantile(drawn, [0.025, 0.975])
    note = "" if truth.seeds == 1 else f"losses are means of {truth.seeds} trainings"
    return Evaluation(
        "lds", float(np.mean(each)), float(low), float(high), float(np.median(slopes)),
        truth.losses.shape[0] * truth.seeds, scores.method, scores.estimand, note,
    )  # fmt: skip


def leave_one_out(
    scores: InfluenceScores, truth: GroundTruth, rows: Ints, *, seed: int = 0
) -> Evaluation:
    """Correlation over rows of told and true rises of the loss, mean over queries.

    Args:
        scores: (m, n).
        truth: From ``each_left_out`` of these rows, trained.
        rows: int64 (r,).
        seed: Of the interval.
    """
    told, mean = scores.scores[:, rows].T, truth.mean
    true = mean[1:] - mean[0]
    each = _correlated(told, true)
    rng, (r, m) = np.random.default_rng(seed), told.shape
    drawn = []
    for _ in range(DRAWS):
        at, queries = rng.integers(0, r, r), rng.integers(0, m, m)
        drawn.append(np.nanmean(_correlated(told[at][:, queries], true[at][:, queries])))
    low, high = np.quantile(drawn, [0.025, 0.975])
    size = max(float(np.linalg.norm(true)), np.finfo(float).tiny)
    error = float(np.linalg.norm(told - true)) / size
    return Evaluation(
        "leave_one_out", float(np.mean(each)), float(low), float(high),
        float((told * true).sum() / max((told**2).sum(), np.finfo(float).tiny)),
        truth.losses.shape[0] * truth.seeds, scores.method, scores.estimand,
        f"relative error {100 * error:.2g} %, over {len(rows)} rows",
    )  # fmt: skip


def removal(scores: InfluenceScores, truth: GroundTruth, *, seed: int = 0) -> Evaluation:
    """Mean rise of a query's loss as its strongest proponents are left out together.

    Args:
        scores: (m, n).
        truth: From ``proponents_left_out`` of these scores, trained.
        seed: Of the interval.
    """
    m = len(scores.scores)
    rise = np.diagonal(truth.mean[1:]) - truth.mean[0]
    told = np.array([scores.scores[q][~truth.kept[q + 1]].sum() for q in range(m)])
    rng = np.random.default_rng(seed)
    drawn = [rise[rng.integers(0, m, m)].mean() for _ in range(DRAWS)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    gone = int((~truth.kept[1]).sum())
    return Evaluation(
        "removal", float(rise.mean()), float(low), float(high),
        float(rise.sum() / told.sum()) if told.sum() else None,
        truth.losses.shape[0] * truth.seeds, scores.method, scores.estimand,
        f"rise of the loss without the {gone} strongest proponents of each query",
    )  # fmt: skip


def mislabelled(own: Floats, wrong: Ints, method: str, estimand: str, seed: int = 0) -> Evaluation:
    """Chance that a row with a wrong label has more influence on itself than one with a right one.

    Args:
        own: float64 (n,), influence of each row on its own loss.
        wrong: int64, rows whose labels are known to be wrong.
        method: That gave them.
        estimand: What they estimate.
        seed: Of the interval.

    Raises:
        OptionError: No row is wrong, or every one is.
    """
    bad = np.zeros(len(own), dtype=bool)
    bad[wrong] = True
    if not bad.any() or bad.all():
        raise OptionError(
            f"{int(bad.sum())} of {len(own)} rows are named as wrong; name some, and not all"
        )
    rng = np.random.default_rng(seed)
    high, low = own[bad], own[~bad]
    drawn = [_auc(rng.choice(high, len(high)), rng.choice(low, len(low))) for _ in range(DRAWS)]
    ends = np.quantile(drawn, [0.025, 0.975])
    return Evaluation(
        "mislabelled", _auc(high, low), float(ends[0]), float(ends[1]), None, 0, method, estimand,
        f"{len(high)} of {len(own)} labels are wrong",
    )  # fmt: skip


def _auc(high: Floats, low: Floats) -> float:
    """Share of pairs in which the first is larger; ties count half."""
    order = np.sort(low)
    below = np.searchsorted(order, high, "left") + np.searchsorted(order, high, "right")
    return float(below.mean() / (2 * len(low)))


def _ranked(told: Floats, true: Floats) -> Floats:
    """Spearman's correlation of each column, (m,)."""
    from scipy.stats import rankdata

    return _correlated(rankdata(told, axis=0), rankdata(true, axis=0))


def _correlated(told: Floats, true: Floats) -> Floats:
    """Pearson's correlation of each column, (m,); 0 where one of them does not vary."""
    a, b = told - told.mean(axis=0), true - true.mean(axis=0)
    size = np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0))
    return np.asarray((a * b).sum(axis=0) / np.where(size > 0, size, np.inf))


def _slopes(told: Floats, true: Floats) -> Floats:
    a, b = told - told.mean(axis=0), true - true.mean(axis=0)
    size = (a**2).sum(axis=0)
    return np.asarray((a * b).sum(axis=0) / np.where(size > 0, size, np.inf))
