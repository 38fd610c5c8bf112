"""Shapley values of the features of one row against rows of a background.

v(S) is the mean score of the background's rows with the features of S set to the row's: what is
known of a feature is put in its place and nothing is inferred from it (the interventional values).
Lundberg and Lee 2017, A unified approach to interpreting model predictions, arXiv:1705.07874.
Sampling goes through every background row equally often, each order with its reverse, so that the
values sum to the score less the background's mean whatever was drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from math import comb

import numpy as np

from traceprop_nb.attribution.decision.case import CELLS
from traceprop_nb.gradients.objective import Floats

Scores = Callable[[Floats], Floats]


def enumerated(scores: Scores, x: Floats, background: Floats) -> Floats:
    """The values (d,) by their definition, over all 2**d sets of features.

    Args:
        scores: From rows (m, d) to scores (m,).
        x: The row (d,).
        background: Rows (b, d).
    """
    d, b = len(x), len(background)
    sets = (np.arange(2**d)[:, None] >> np.arange(d)) & 1 == 1
    worth = np.empty(2**d)
    step = max(1, CELLS // (b * d))
    for start in range(0, 2**d, step):
        some = sets[start : start + step]
        rows = np.where(some[:, None, :], x, background)
        worth[start : start + step] = scores(rows.reshape(-1, d)).reshape(-1, b).mean(axis=1)
    sizes = sets.sum(axis=1)
    weights = np.array([1.0 / (d * comb(d - 1, size)) for size in range(d)])
    values = np.empty(d)
    for j in range(d):
        without = np.flatnonzero(~sets[:, j])
        values[j] = weights[sizes[without]] @ (worth[without | (1 << j)] - worth[without])
    return values


def sampled(
    scores: Scores, x: Floats, background: Floats, *, rounds: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """The values (d,) from random orders of the features, and their standard errors (d,).

    Args:
        scores: From rows (m, d) to scores (m,).
        x: The row (d,).
        background: Rows (b, d); every round goes through all of them.
        rounds: At least 2; the errors come from the spread between them.
        rng: Draws the orders.
    """
    each = np.array([_round(scores, x, background, rng) for _ in range(rounds)])
    return each.mean(axis=0), each.std(axis=0, ddof=1) / np.sqrt(rounds)


def _round(scores: Scores, x: Floats, background: Floats, rng: np.random.Generator) -> Floats:
    """The mean over the background rows of what each feature adds in one order and its reverse."""
    d = len(x)
    total = np.zeros(d)
    step = max(1, CELLS // (2 * d * (d + 1)))
    for start in range(0, len(background), step):
        some = background[start : start + step]
        forward = rng.permuted(np.tile(np.arange(d), (len(some), 1)), axis=1)
        orders = np.concatenate([forward, forward[:, ::-1]])
        known = np.argsort(orders, axis=1)[:, None, :] < np.arange(d + 1)[None, :, None]
        rows = np.where(known, x, np.concatenate([some, some])[:, None, :])
        chain = scores(rows.reshape(-1, d)).reshape(len(orders), d + 1)
        np.add.at(total, orders, np.diff(chain, axis=1))
    return total / (2 * len(background))
