"""Utility of what is left while rows are taken out by their value."""

from __future__ import annotations

import numpy as np

from traceprop_nb.gradients.objective import Floats, Ints
from traceprop_nb.gradients.progress import Progress
from traceprop_nb.valuation.utility import Neighbours, Utility
from traceprop_nb.valuation.valuation import Curve

POINTS = 19
"""Points of a curve: none removed, then steps of 5 % to 90 %."""


def removal_curve(values: Floats, utility: Utility, seed: int, progress: Progress) -> Curve:
    """Take rows out best first, worst first and at random, and measure what is left.

    Args:
        values: float64 (n,).
        utility: Of any set of the rows.
        seed: Of the random order.
        progress: Told of each point.
    """
    n = len(values)
    removed = np.unique(np.round(np.linspace(0.0, 0.9 * n, POINTS)).astype(np.int64))
    removed = removed[removed < n]
    worst = np.argsort(values, kind="stable")
    orders = (worst[::-1], worst, np.random.default_rng(seed).permutation(n))
    best_first, worst_first, random = _utilities(utility, orders, removed, progress)
    return Curve(removed, best_first, worst_first, random, utility.name)


def _utilities(
    utility: Utility, orders: tuple[Ints, ...], removed: Ints, progress: Progress
) -> list[Floats]:
    kept = np.ones((len(orders), len(removed), utility.n), dtype=bool)
    for order, masks in zip(orders, kept, strict=True):
        for gone, mask in zip(removed, masks, strict=True):
            mask[order[:gone]] = False
    flat = kept.reshape(-1, utility.n)
    if isinstance(utility, Neighbours):
        measured = utility.of_many(flat)
    else:
        measured = np.empty(len(flat))
        for at, mask in enumerate(flat):
            measured[at] = utility(np.flatnonzero(mask))
            progress((at + 1) / len(flat))
    return list(measured.reshape(len(orders), len(removed)))
