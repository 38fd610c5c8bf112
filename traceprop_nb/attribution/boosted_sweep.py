"""What each row's weight, and its target, do to a query of boosted trees whose splits are held.

A leaf's value is ``-sum(w g) / (sum(w h) + l2)`` of the rows in it, and g and h depend on all
rounds before. Going back through the rounds once, the effect of a query's slope on every row's
output, and from there on every row's weight, is found in O(T n) a query: the chain rule in
reverse, where Sharchilev et al. 2018 (arXiv:1802.06640) go forward in O(T n) a training row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from traceprop_nb.gradients.boosting.ensemble import Leaves
from traceprop_nb.gradients.boosting.losses import Squared
from traceprop_nb.gradients.boosting.risk import BoostedRisk
from traceprop_nb.gradients.objective import Floats

BUDGET = 1 << 27
"""Bytes that the arrays of one block of queries may take: 128 MiB."""


@dataclass(frozen=True)
class Swept:
    """Effects on m queries.

    Attributes:
        weights: float64 (m, n), rise of the query's seeded output as a row of weight 1 goes.
        targets: float64 (m, n), slope of the output in each row's target; 0 but for squared loss.
    """

    weights: Floats
    targets: Floats


def sweep(risk: BoostedRisk, query: BoostedRisk, seed: Floats) -> Swept:
    """Effects of every row of ``risk`` on ``seed . z`` of each query.

    Args:
        risk: The trees over the rows that grew them, with the weights that they had; a row of
            weight 0 was not there, and its effect is the fall if it were added.
        query: The same trees over the queries.
        seed: float64 (m, K), what each query's outputs are multiplied by.
    """
    m, n = len(seed), risk.n
    block = max(1, BUDGET // (8 * n * (3 * risk.ensemble.K + 2)))
    weights, targets = np.zeros((m, n)), np.zeros((m, n))
    for at in range(0, m, block):
        here = slice(at, at + block)
        _swept(risk, query.leaf[here], seed[here], (weights[here], targets[here]))
    return Swept(weights, targets)


def _swept(risk: BoostedRisk, asked: Leaves, seed: Floats, out: tuple[Floats, Floats]) -> None:
    ensemble, loss, m = risk.ensemble, risk.ensemble.loss, len(seed)
    squared = isinstance(loss, Squared)
    felt = np.zeros((risk.n, ensemble.K, m))  # slope of the seeded output in each row's outputs
    weights, targets = np.zeros((risk.n, m)), np.zeros((risk.n, m))
    at = np.empty_like(felt)
    for t, z in ensemble.backwards(risk.leaf):
        g, h = loss.slope(z, risk.target), loss.curvature(z) * ensemble.factor
        own = ensemble.step(t, risk.leaf) / ensemble.rate
        for k in range(ensemble.K):
            leaf, size = risk.leaf[:, t, k], len(ensemble.values[t * ensemble.K + k])
            mass = np.asarray(np.bincount(leaf, risk.weights * h[:, k], size), np.float64)
            moved = _by_leaf(felt[:, k], leaf, size)  # (leaves, m)
            np.add.at(moved, (asked[:, t, k], np.arange(m)), seed[:, k])
            moved *= (ensemble.rate * _inverse(mass + ensemble.l2))[:, None]
            at[:, k] = moved[leaf]
            weights += at[:, k] * (g[:, k] + h[:, k] * own[:, k])[:, None]
            if squared:
                targets += at[:, k]
        of_g = -np.repeat(risk.weights[:, None], ensemble.K, axis=1)
        felt += loss.pulled(z, at, of_g, of_g * own * ensemble.factor)
    by_weight, by_target = started(risk)
    total = seed + felt.sum(axis=0).T
    out[0][:] = weights.T + total @ by_weight
    out[1][:] = targets.T * risk.weights + total @ by_target


def started(risk: BoostedRisk) -> tuple[Floats, Floats]:
    """Rise of the start as a row of weight 1 goes, and its slope in the row's target: (K, n)."""
    ensemble, n = risk.ensemble, risk.n
    nothing = np.zeros((ensemble.K, n))
    total = max(float(risk.weights.sum()), 1e-300)
    if ensemble.started == "constant":
        return nothing, nothing
    if ensemble.started == "mean":
        return ((ensemble.start - risk.target) / total)[None, :], (risk.weights / total)[None, :]
    share = np.bincount(risk.target.astype(int), risk.weights) / total
    if ensemble.started == "log odds":
        return ((share[1] - risk.target) / (total * share[1] * share[0]))[None, :], nothing
    own = np.arange(ensemble.K)[:, None] == risk.target[None, :]
    return (1.0 - own / share[:, None]) / total, nothing


def _by_leaf(felt: Floats, leaf: Leaves, size: int) -> Floats:
    """Sums (leaves, m) over the rows of each leaf."""
    from scipy.sparse import csc_array

    n = len(leaf)
    at = csc_array((np.ones(n), leaf, np.arange(n + 1)), shape=(size, n))
    return np.asarray(at @ felt)


def _inverse(mass: Floats) -> Floats:
    """1 / mass, and 0 for a leaf without curvature, whose value is held."""
    return np.where(mass > 1e-150, 1.0 / np.maximum(mass, 1e-150), 0.0)
