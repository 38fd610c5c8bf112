"""Influence functions: leaving one row out, to first order, with an exact curvature.

Koh and Liang 2017, arXiv:1703.04730. Score (q, i) is weight_i g_q . (G + damping I)^-1 g_i, G
being the Gauss-Newton matrix of F, which for a linear model is its Hessian. Up to 4,000 parameters
the matrix is formed; beyond, inner products of gradients take its place, see ``dual``.
"""

from __future__ import annotations

import numpy as np

from traceprop_nb.attribution import dual
from traceprop_nb.attribution.damping import damping_for, require_damping
from traceprop_nb.attribution.scores import InfluenceScores, joined
from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.blocks import gradient_products
from traceprop_nb.gradients.linalg import factorise
from traceprop_nb.gradients.objective import GaussNewton, Objective, all_rows, flat_directions
from traceprop_nb.gradients.run import TrainingRun

LIMIT = 4000
"""Parameters above which the (p, p) matrix takes too long: 128 MiB and some 10 s on one core."""


def influence(
    run: TrainingRun, query: Objective, *, damping: float | None = None
) -> InfluenceScores:
    """Influence of each training row on each query's loss.

    Args:
        run: A finished training run.
        query: The query rows, from ``run.query``.
        damping: Added to the diagonal of the curvature of F, at least 0. By default nothing for
            a convex model, and ``damping_for`` of the matrix otherwise.

    Raises:
        UnsupportedModelError: No Gauss-Newton matrix, or more than 4,000 parameters and no way
            around its size.
        OptionError: A negative damping; or none where the curvature is flat, of a large model.
    """
    objective = run.objective
    if not isinstance(objective, GaussNewton):
        raise UnsupportedModelError(f"{run.name!r} has no Gauss-Newton matrix; use 'grad-dot'")
    require_damping(damping)
    if objective.p > LIMIT:
        return dual.influence(run, query, damping)
    matrix = objective.gauss_newton(run.w)
    flat = flat_directions(objective)
    chosen, why = damping_for(matrix) if flat is None else (0.0, "")
    chosen = chosen if damping is None else damping
    matrix[np.diag_indices(len(matrix))] += chosen
    factor = factorise(matrix, flat if chosen == 0 else None)
    at = query.per_example_grad(run.w, all_rows(query))
    scores = gradient_products(objective, run.w, factor.solve(at.T).T) * objective.weights
    note = joined("first order, at the recorded parameters", why if damping is None else "")
    return InfluenceScores(scores, "influence", damping=chosen, note=joined(note, objective.note))


def obstacle(run: TrainingRun) -> str:
    """Why this method cannot take a run; empty if it can."""
    if not isinstance(run.objective, GaussNewton):
        return "it has no Gauss-Newton matrix"
    return dual.obstacle(run.objective, run.w) if run.objective.p > LIMIT else ""
