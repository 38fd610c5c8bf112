"""Data-OOB: how often models that did not see a row get it right.

Kwon and Zou 2023, arXiv:2304.07718. Models are trained on bootstrap samples of the rows; a row's
value is the share of the models without it that predict its label. No validation rows are used,
and values sum to nothing.
"""

from __future__ import annotations

import numpy as np

from traceprop_nb.gradients.objective import Floats, all_rows
from traceprop_nb.gradients.progress import Progress
from traceprop_nb.valuation.utility import Retrained
from traceprop_nb.valuation.valuation import Convergence

GOAL = 0.05
"""Standard error of a row's share at which sampling ends, as a median over the rows."""

STATISTIC = "median standard error of a row's share"
FEWEST = 16


def data_oob(
    utility: Retrained, *, budget: int, seed: int, progress: Progress
) -> tuple[Floats, Convergence]:
    """Out-of-bag values and how far they settled.

    Args:
        utility: Trains the run's model on any rows.
        budget: Most models.
        seed: Of the samples.
        progress: Told of each model.

    Returns:
        float64 (n,), each 0 to 1; a row that every sample held has the mean. And the convergence.
    """
    rng, n, objective = np.random.default_rng(seed), utility.n, utility.run.objective
    right, out = np.zeros(n), np.zeros(n)
    history: list[tuple[float, float]] = []
    for at in range(budget):
        sample = rng.integers(0, n, n)
        left = np.setdiff1d(all_rows(objective), sample)
        if len(left) and utility.constant(sample) is None:
            hits = objective.correct(utility.trained(np.sort(sample)))
            assert hits is not None
            right[left] += hits[left]
            out[left] += 1
        progress((at + 1) / budget)
        if (at + 1) % FEWEST == 0 or at + 1 == budget:
            history.append((at + 1.0, _error(right, out)))
            if history[-1][1] <= GOAL:
                break
    share = np.divide(right, out, out=np.full(n, np.nan), where=out > 0)
    share[np.isnan(share)] = np.nanmean(share) if out.any() else 0.0
    watched = Convergence(STATISTIC, history[-1][1], GOAL, int(history[-1][0]), np.array(history))
    return share, watched


def _error(right: Floats, out: Floats) -> float:
    if out.min() < 2:
        return np.inf
    share = (right + 1.0) / (out + 2.0)  # one success and one failure more: never an error of 0
    return float(np.median(np.sqrt(share * (1.0 - share) / out)))
