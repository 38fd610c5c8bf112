"""Influence functions by conjugate gradients that a random low-rank inverse shortens.

Frangella, Tropp and Udell 2023, arXiv:2110.14577; for influence, with the low-rank inverse alone
(here ``max_steps=0``), Hataya and Yamada 2023, arXiv:2302.09726.
"""

from __future__ import annotations

from traceprop_nb.attribution.by_solver import by_solver
from traceprop_nb.attribution.scores import InfluenceScores
from traceprop_nb.gradients.objective import Objective
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.gradients.solvers.system import Limits


def nystrom(  # noqa: PLR0913  # one for each limit
    run: TrainingRun, query: Objective, *, damping: float | None = None, rank: int = 100,
    rtol: float = 1e-4, max_steps: int = 1000, seed: int = 0,
) -> InfluenceScores:  # fmt: skip
    """Influence of each training row on each query's loss.

    Args:
        run: A finished training run.
        query: The query rows, from ``run.query``.
        damping: As for ``cg``.
        rank: Random directions, a product each, once for all queries.
        rtol: Relative residual at which a solve stops.
        max_steps: Products that one query may take besides.
        seed: Of the directions.

    Raises:
        UnsupportedModelError, ConvergenceError, OptionError: See ``by_solver``.
    """
    return by_solver(run, query, "nystrom", damping, Limits(rtol, max_steps, rank, seed))
