"""A linear model trained with every row at part of its weight, ready to be asked about its rows.

Retraining on a random subset that takes each row with probability q is, to first order in the
rows' luck, training with every row at weight q (Owen 1972, doi:10.1287/mnsc.18.5.64, for games).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from traceprop_nb.attribution.left_out import LinearObjective
from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.linalg import Factor
from traceprop_nb.gradients.objective import Floats, Linear, Objective, all_rows
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.gradients.settle import settle


@dataclass(frozen=True)
class Centre:
    """The model at part weight.

    Attributes:
        objective: The risk with every row at that part of its weight.
        w: float64 (p,), its minimum.
        factor: Its Hessian there, factored.
    """

    objective: LinearObjective
    w: Floats
    factor: Factor


def centre(objective: LinearObjective, w: Floats, q: float) -> Centre:
    """Train with every row at q of its weight, from parameters w (p,).

    Raises:
        ConvergenceError: There is no finite optimum.
    """
    part = objective.reweighted(q * objective.weights)
    return Centre(part, *settle(part, w))


def linear(
    run: TrainingRun, query: Objective, estimand: str
) -> tuple[LinearObjective, LinearObjective]:
    """The run's and the query's objective as linear ones.

    Raises:
        UnsupportedModelError: The run's model is not linear.
    """
    objective = run.objective
    if not isinstance(objective, Linear) or not isinstance(query, Linear):
        raise UnsupportedModelError(
            f"estimand {estimand!r} has a closed form for linear models, and {run.name!r} is none; "
            "use estimand='leave_one_out'"
        )
    return objective, query


def slopes(objective: LinearObjective, query: LinearObjective, at: Centre) -> Floats:
    """Fall (m, n) of each query's loss with the share of each row's weight, at the centre.

    The rows' gradients (n, p) are not formed: K products of (m, d) and (d, n) are.
    """
    solved = at.factor.solve(query.per_example_grad(at.w, all_rows(query)).T).T
    z = objective.design @ at.w.reshape(objective.K, -1).T
    residual = objective.weights[:, None] * objective.residual(z)
    out = np.zeros((query.n, objective.n))
    for a, part in enumerate(np.split(solved, objective.K, axis=1)):
        out += (part @ objective.design.T) * residual[:, a]
    return out
