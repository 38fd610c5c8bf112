"""A linear model without whole groups of its rows, such as those of one file.

A sum of the rows' own effects is too small for a group, for the others' curvature falls as well
(Koh, Ang, Teo and Liang 2019, arXiv:1905.13289). A Newton step on the rows that stay has the whole
group's leverage in it; further steps end where retraining ends.
"""

from __future__ import annotations

import numpy as np

from traceprop_nb.attribution.left_out import LinearObjective
from traceprop_nb.errors import ConvergenceError, ShapeError
from traceprop_nb.gradients.objective import Featured, Floats, Objective, all_rows
from traceprop_nb.gradients.optimum import newton

RTOL = 1e-3
"""A last step that is shorter than this share of the way ends it; what is left is its square."""


def group_left_out(
    objective: LinearObjective, query: Objective, w: Floats, owned: Floats
) -> Floats:
    """Rise of each query's loss as each group leaves the training, (m, groups).

    Args:
        objective: A linear model's risk over n rows.
        query: The same model over m queries.
        w: float64 (p,), where the training ended.
        owned: float64 (n, groups), the share of each row that a group owns, 0 to 1: that share of
            the row's weight goes.

    Returns:
        float64 (m, groups); NaN where no row of some class would be left, or no finite
        optimum is.

    Raises:
        ShapeError: Shares of another number of rows.
        ConvergenceError: All rows together have no finite optimum.
    """
    if len(owned) != objective.n:
        raise ShapeError(f"shares of {len(owned)} rows for {objective.n} training rows")
    best, asked = newton(objective, w, rtol=RTOL).w, all_rows(query)
    before = query.loss(best, asked)
    out = np.full((query.n, owned.shape[1]), np.nan)
    for group, share in enumerate(owned.T):
        stays = objective.weights * (1.0 - share)
        if not _trainable(objective, stays):
            continue
        try:
            without = newton(objective.reweighted(stays), best, rtol=RTOL).w
        except ConvergenceError:
            continue
        out[:, group] = query.loss(without, asked) - before
    return out


def _trainable(objective: LinearObjective, stays: Floats) -> bool:
    """Whether rows of every class are left."""
    if not isinstance(objective, Featured) or objective.answers.dtype.kind == "f":
        return bool(stays.any())
    classes = objective.answers.astype(np.int64)
    before, after = (np.bincount(classes, weight) > 0 for weight in (objective.weights, stays))
    return bool((before == after).all())
