"""Beta Shapley by permutations: what a row adds to random sets, small sets counting more.

Kwon and Zou 2022, arXiv:2110.14049. Beta(1, 1) is Data Shapley (Ghorbani and Zou 2019,
arXiv:1904.02868), whose values sum to the utility; Beta(16, 1), the default, weighs small sets,
where one row is heard best, and does not. Sampling ends by the Gelman-Rubin statistic of
independent chains (Gelman and Rubin 1992, doi:10.1214/ss/1177011136).
"""

from __future__ import annotations

import numpy as np

from traceprop_nb.gradients.objective import Floats, Ints
from traceprop_nb.gradients.progress import Progress
from traceprop_nb.valuation.utility import Utility
from traceprop_nb.valuation.valuation import Convergence

CHAINS = 4
GOAL = 1.05
"""Gelman-Rubin statistic at which sampling ends; 1 is a chain that forgot where it began."""

STATISTIC = "Gelman-Rubin statistic, 95th percentile of the rows"


def beta_shapley(
    utility: Utility, *, alpha: float = 16.0, beta: float = 1.0, budget: int, seed: int,
    progress: Progress,
) -> tuple[Floats, Convergence]:  # fmt: skip
    """Beta Shapley values and how far they settled.

    Args:
        utility: Of any set of the n rows.
        alpha: Weight of small sets.
        beta: Weight of large sets.
        budget: Most evaluations of the utility; each permutation takes n.
        seed: Of the permutations.
        progress: Told of each permutation.

    Returns:
        float64 (n,), and the convergence.
    """
    rng, n = np.random.default_rng(seed), utility.n
    weight = _weights(n, alpha, beta)
    empty = utility(np.empty(0, dtype=np.int64))
    total, square = np.zeros((CHAINS, n)), np.zeros((CHAINS, n))
    history: list[tuple[float, float]] = []
    rounds = max(2, budget // (CHAINS * n))
    for at in range(rounds):
        for chain in range(CHAINS):
            order = rng.permutation(n)
            told = weight * _added(utility, order, empty)
            total[chain, order] += told
            square[chain, order] += told * told
            progress((at + (chain + 1) / CHAINS) / rounds)
        if at:
            history.append(((at + 1.0) * CHAINS * n, _gelman_rubin(total, square, at + 1)))
            if history[-1][1] <= GOAL and at + 1 >= 8:
                break
    watched = Convergence(STATISTIC, history[-1][1], GOAL, int(history[-1][0]), np.array(history))
    return total.mean(axis=0) / (at + 1), watched


def _added(utility: Utility, order: Ints, empty: float) -> Floats:
    """What each row of a permutation adds to those before it, (n,)."""
    reached = [empty, *(utility(order[: place + 1]) for place in range(len(order)))]
    return np.diff(reached)


def _weights(n: int, alpha: float, beta: float) -> Floats:
    """Of what a row adds as the j-th of a permutation, (n,); their mean is 1."""
    from scipy.special import betaln, gammaln

    j = np.arange(1.0, n + 1)
    choose = gammaln(n) - gammaln(j) - gammaln(n - j + 1)
    return n * np.exp(choose + betaln(j + beta - 1, n - j + alpha) - betaln(alpha, beta))


def _gelman_rubin(total: Floats, square: Floats, length: int) -> float:
    mean = total / length
    within = np.maximum(square / length - mean**2, 0.0).mean(axis=0) * length / (length - 1)
    between = length * mean.var(axis=0, ddof=1)
    pooled = (length - 1) / length * within + between / length
    ratio = np.ones(len(within))
    np.divide(pooled, within, out=ratio, where=within > 0)
    ratio[(within == 0) & (between > 0)] = np.inf
    return float(np.sqrt(np.quantile(ratio, 0.95, method="higher")))
