"""Whether an unlearned model can be told from retrained ones.

A convex risk has one minimum, so there the parameters are compared. Retrained networks differ
from each other: there the answer must lie where one more retrained model is expected, by the
prediction interval of a normal sample (Hahn and Meeker 1991, doi:10.1002/9780470316771).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.gradients.objective import Floats

TOLERANCE = 1e-3
"""Share of the distance between the trained and the retrained model that may be left."""

LEVEL = 0.95
"""Of each prediction interval."""

SEEDS = 3
"""Retrained models from which on their spread says something."""


@dataclass(frozen=True)
class Check:
    """What came of a comparison with gold.

    Attributes:
        verified: Whether the answer cannot be told from gold; None = this was not tested.
        test: Name and level of the test; empty if there was none.
        said: Its numbers, as the end of a sentence.
        left: Share of the parameter distance that is left, where that means something.
        band: Measure -> interval in which one more retrained model is expected.
    """

    verified: bool | None
    test: str
    said: str
    left: float | None = None
    band: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def by_parameters(start: Floats, w: Floats, gold: Floats) -> Check:
    """Compare with the one minimum: at most 0.1 % of the distance to it may be left."""
    left = _left(start, w, gold)
    verified = left <= TOLERANCE
    said = f"{100 * left:.2g} % of the distance to the retrained model is left"
    if not verified:
        said += f", more than {100 * TOLERANCE:g} %"
    test = f"parameters, at most {100 * TOLERANCE:g} % of the distance to the minimum left"
    return Check(verified, test, said, left)


def by_predictions(answer: NDArray[np.void], golds: NDArray[np.void]) -> Check:
    """Compare predictions and membership with the spread of retrained models.

    Args:
        answer: Measures of the answer, structured ().
        golds: Those of each retrained model, structured (seeds,); ``disagreement_with_gold`` with
            the other ones.
    """
    number = len(golds)
    if number < SEEDS:
        return Check(None, "", f"not checked: a test needs {SEEDS} retrained models, not {number}")
    if np.isnan(golds["disagreement_with_gold"]).any():
        return Check(None, "", "not checked: a regression has no predicted classes to compare")
    band = {name: interval(golds[name]) for name in _measured(golds)}
    band["disagreement_with_gold"] = among(golds["disagreement_with_gold"])
    differ, most = float(answer["disagreement_with_gold"]), band["disagreement_with_gold"][1]
    same = differ <= most
    said = f"predictions differ from gold's on {100 * differ:.2g} % of the evaluated rows, "
    said += f"{'at most' if same else 'above'} the {100 * most:.2g} % expected of one more gold"
    test = f"disagreement of predictions (one-sided {100 * LEVEL:g} % prediction interval"
    if "membership_auc" not in band:
        said += "; membership was not tested, for want of held-out rows"
        return Check(bool(same), f"{test} of {number} retrained models)", said, None, band)
    auc, (low, high) = float(answer["membership_auc"]), band["membership_auc"]
    hidden = low <= auc <= high
    said += f"; membership AUC {auc:.3f} is {'within' if hidden else 'outside'} gold's "
    said += f"{low:.3f} to {high:.3f}"
    test += f") and membership AUC (two-sided {100 * LEVEL:g} %), of {number} retrained models"
    return Check(bool(same and hidden), test, said, None, band)


def interval(values: Floats) -> tuple[float, float]:
    """Where one more value of a normal sample (s,) is expected, with probability ``LEVEL``."""
    from scipy.stats import t

    s, middle = len(values), float(np.mean(values))
    spread = float(np.std(values, ddof=1)) * np.sqrt(1.0 + 1.0 / s)
    reach = float(t.ppf(0.5 + 0.5 * LEVEL, s - 1)) * spread
    return middle - reach, middle + reach


def among(values: Floats) -> tuple[float, float]:
    """From zero, the most that one more model is expected to differ from these.

    Args:
        values: float64 (s,), mean disagreement of each model with the s - 1 others.
    """
    from scipy.stats import t

    # Where d_ij = u_i + u_j, two of these means differ by (u_i - u_j) (s - 2) / (s - 1), since
    # each is part of the other's. A model from outside differs by its whole u.
    s = len(values)
    own = float(np.std(values, ddof=1)) * (s - 1) / (s - 2)
    reach = float(t.ppf(LEVEL, s - 1)) * own * np.sqrt(1.0 + 1.0 / s)
    return 0.0, float(np.mean(values)) + reach


def _measured(golds: NDArray[np.void]) -> list[str]:
    """Columns of numbers in which every retrained model was measured."""
    names = [n for n in golds.dtype.names or () if n not in ("strength", "over")]
    return [n for n in names if np.isfinite(golds[n]).all()]


def _left(start: Floats, w: Floats, gold: Floats) -> float:
    """Distance to gold as a share of what it was; 0 where both are rounding."""
    before, after = float(np.linalg.norm(start - gold)), float(np.linalg.norm(w - gold))
    rounding = 1e-12 * (1.0 + float(np.linalg.norm(gold)))
    return 0.0 if after <= rounding else after / max(before, rounding)
