"""Data Banzhaf by maximum sample reuse: every sampled set tells about every row.

Wang and Jia 2023, arXiv:2205.15466. A row's value is the mean utility of random sets with it less
that of random sets without it, each other row being in a set with probability 1/2. Values need
not sum to the utility.
"""

from __future__ import annotations

import numpy as np

from traceprop_nb.gradients.objective import Floats
from traceprop_nb.gradients.progress import Progress
from traceprop_nb.valuation.utility import Utility
from traceprop_nb.valuation.valuation import Convergence

GOAL = 0.2
"""Standard error of a value, as a share of the values' own spread, at which sampling ends: their
order is then right to about 0.98 in rank correlation."""

ROUND = 64
"""Sets between two looks at the standard error."""

STATISTIC = "median standard error / standard deviation of the values"


def banzhaf(
    utility: Utility, *, budget: int, seed: int, progress: Progress
) -> tuple[Floats, Convergence]:
    """Banzhaf values and how far they settled.

    Args:
        utility: Of any set of the n rows.
        budget: Most evaluations of the utility.
        seed: Of the sets.
        progress: Told of each evaluation.

    Returns:
        float64 (n,), and the convergence.
    """
    rng, n = np.random.default_rng(seed), utility.n
    count, total, square = np.zeros((2, n)), np.zeros((2, n)), np.zeros((2, n))
    history: list[tuple[float, float]] = []
    for at in range(budget):
        inside = rng.random(n) < 0.5
        got = utility(np.flatnonzero(inside))
        for side, rows in enumerate((~inside, inside)):
            count[side, rows] += 1
            total[side, rows] += got
            square[side, rows] += got * got
        progress((at + 1) / budget)
        if (at + 1) % ROUND == 0 or at + 1 == budget:
            history.append((at + 1.0, _unsettled(count, total, square)))
            if history[-1][1] <= GOAL:
                break
    values = np.divide(total, count, out=np.zeros_like(total), where=count > 0)
    watched = Convergence(STATISTIC, history[-1][1], GOAL, int(history[-1][0]), np.array(history))
    return values[1] - values[0], watched


def _unsettled(count: Floats, total: Floats, square: Floats) -> float:
    if count.min() < 2:
        return np.inf
    mean = total / count
    variance = np.maximum(square / count - mean**2, 0.0) / (count - 1)
    error, spread = np.sqrt(variance.sum(axis=0)), float(np.std(mean[1] - mean[0]))
    worst = float(np.median(error))
    return worst / spread if spread > 0 else (0.0 if worst == 0 else np.inf)
