"""Influence functions by LiSSA: the inverse curvature as a series of products.

Agarwal, Bullins and Hazan 2017, arXiv:1602.03943, as in Koh and Liang 2017, arXiv:1703.04730. The
scale that decides whether it converges is found, not asked for.
"""

from __future__ import annotations

from traceprop_nb.attribution.by_solver import by_solver
from traceprop_nb.attribution.scores import InfluenceScores
from traceprop_nb.gradients.objective import Objective
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.gradients.solvers.system import Limits


def lissa(
    run: TrainingRun,
    query: Objective,
    *,
    damping: float | None = None,
    rtol: float = 1e-4,
    max_steps: int = 1000,
) -> InfluenceScores:
    """Influence of each training row on each query's loss.

    Args:
        run: A finished training run.
        query: The query rows, from ``run.query``.
        damping: As for ``cg``.
        rtol: Relative residual at which a series stops.
        max_steps: Products that one series may take; ``cg`` needs about their root.

    Raises:
        UnsupportedModelError, ConvergenceError, OptionError: See ``by_solver``.
    """
    return by_solver(run, query, "lissa", damping, Limits(rtol, max_steps))
