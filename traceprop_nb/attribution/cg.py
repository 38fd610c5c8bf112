"""Influence functions by conjugate gradients: no (p, p) matrix, any number of parameters.

Koh and Liang 2017, arXiv:1703.04730. Same estimand
and same damping rule as ``influence``, one solve a query.
"""

from __future__ import annotations

import numpy as np

from traceprop_nb.attribution.damping import probed_damping, require_damping
from traceprop_nb.attribution.scores import InfluenceScores, joined
from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.blocks import gradient_products
from traceprop_nb.gradients.linalg import conjugate_gradient
from traceprop_nb.gradients.objective import (
    Floats,
    GaussNewton,
    Objective,
    all_rows,
    flat_directions,
)
from traceprop_nb.gradients.run import TrainingRun


def cg(
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
        damping: As for ``influence``; by default the mean eigenvalue is estimated by probes.
        rtol: Relative residual at which a solve stops.
        max_steps: Products that one solve may take.

    Raises:
        UnsupportedModelError: No Gauss-Newton product.
        ConvergenceError: A solve did not reach rtol.
        OptionError: A negative damping.
    """
    objective = run.objective
    if not isinstance(objective, GaussNewton):
        raise UnsupportedModelError(f"{run.name!r} has no Gauss-Newton product; use 'grad-dot'")
    require_damping(damping)
    convex = flat_directions(objective) is not None
    chosen, why = (0.0, "") if convex else probed_damping(objective, run.w)
    chosen = chosen if damping is None else damping

    def product(v: Floats) -> Floats:
        return objective.gauss_newton_product(run.w, v) + chosen * v

    at = query.per_example_grad(run.w, all_rows(query))
    solved = [conjugate_gradient(product, g, rtol=rtol, max_steps=max_steps) for g in at]
    solved_rows = np.array(solved).reshape(len(at), objective.p)
    scores = gradient_products(objective, run.w, solved_rows) * objective.weights
    note = joined("first order, at the recorded parameters", why if damping is None else "")
    return InfluenceScores(scores, "cg", damping=chosen, note=joined(note, objective.note))
