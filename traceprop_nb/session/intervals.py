"""Intervals around a metric, at 95 %: Wilson's for a share of rows, else from resampled rows."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

import numpy as np

from traceprop_nb.tracing.observed import Copies

RESAMPLES = 100
"""Resamples of an interval: its ends then move by some 7 % of its width."""
_Z = 1.959963984540054
"""The standard normal's 97.5 % point."""
_ENOUGH = 0.9
"""Share of the resamples in which the metric must exist."""

Interval = tuple[float, float, str]


def wilson(share: float, n: int) -> Interval:
    """Wilson's interval for a share of n rows, doi:10.1080/01621459.1927.10502953."""
    centre = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return centre - half, centre + half, "Wilson, 95 %"


def bootstrap(metric: Callable[[Copies], float], rows: Copies) -> Interval | None:
    """Percentiles of the metric over rows drawn with replacement; always the same draws.

    Returns:
        None where the metric does not exist for most of them, as AUC without both classes.
    """
    n = len(next(iter(rows.values())))
    draw = np.random.default_rng(0)
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(RESAMPLES):
            taken = draw.integers(0, n, n)
            try:
                found.append(metric({name: values[taken] for name, values in rows.items()}))
            except ValueError:  # not defined for these rows
                continue
    known = [value for value in found if math.isfinite(value)]
    if len(known) < _ENOUGH * RESAMPLES:
        return None
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high), f"bootstrap of rows, {RESAMPLES} resamples, 95 %"
