"""Influence functions within a Krylov space of the curvature, made once for all queries.

Schioppa, Zablotskaia, Vilar and Sokolov 2022, arXiv:2112.03052.
"""

from __future__ import annotations

from traceprop_nb.attribution.by_solver import by_solver
from traceprop_nb.attribution.scores import InfluenceScores
from traceprop_nb.gradients.objective import Objective
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.gradients.solvers.system import Limits


def arnoldi(
    run: TrainingRun,
    query: Objective,
    *,
    damping: float | None = None,
    rank: int = 100,
    seed: int = 0,
) -> InfluenceScores:
    """Influence of each training row on each query's loss.

    Args:
        run: A finished training run.
        query: The query rows, from ``run.query``.
        damping: As for ``cg``.
        rank: Dimensions of the space, a product each; 8 p bytes each.
        seed: Of its start.

    Raises:
        UnsupportedModelError, ConvergenceError, OptionError: See ``by_solver``.
    """
    return by_solver(run, query, "arnoldi", damping, Limits(rank=rank, seed=seed))
