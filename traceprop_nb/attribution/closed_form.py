"""Leave-one-out of a linear model in closed form: one Newton step without the row.

Leaving row i out moves the parameters by H^-1 (I - C_i A_i)^-1 r_i x_i^T, A_i being the row's
K x K leverage and C_i the curvature of its loss (Pregibon 1981, doi:10.1214/aos/1176345513;
Koh and Liang 2017, arXiv:1703.04730, without the leverage). The rows that move most get
further steps. The query's loss is then evaluated at the moved outputs, not linearised.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from traceprop_nb.attribution.left_out import LeftOut, LinearObjective, leave_each_out
from traceprop_nb.attribution.scores import InfluenceScores, joined
from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.blocks import row_blocks
from traceprop_nb.gradients.linalg import factorise
from traceprop_nb.gradients.objective import Floats, Linear, Objective, all_rows
from traceprop_nb.gradients.optimum import newton
from traceprop_nb.gradients.run import TrainingRun


@dataclass(frozen=True)
class _Expansion:
    """The model at its optimum, ready for queries."""

    w: Floats  # (p,)
    inverse: Floats  # (p, p)
    left: LeftOut
    moved: float  # relative distance from the recorded parameters


_expansions: WeakKeyDictionary[TrainingRun, _Expansion] = WeakKeyDictionary()


def closed_form(run: TrainingRun, query: Objective) -> InfluenceScores:
    """Leave-one-out scores of a linear model.

    The expansion is kept with the run, so that later queries cost one matrix product.

    Raises:
        UnsupportedModelError: The run's model is not linear.
        ConvergenceError: It has no finite optimum.
    """
    objective = run.objective
    if not isinstance(objective, Linear) or not isinstance(query, Linear):
        raise UnsupportedModelError(
            f"closed-form influence needs a linear model, and {run.name!r} is none; "
            "use method='auto', 'influence', 'cg', 'trak' or 'grad-dot'"
        )
    if run not in _expansions:
        _expansions[run] = _expand(objective, run.w)
    at = _expansions[run]
    where = f"evaluated at the exact optimum, {at.moved:.1e} of the parameters' length away"
    pinned = f"{at.left.pinned} rows have leverage 1: their scores are lower bounds"
    return InfluenceScores(
        _scores(objective, query, at),
        "closed-form",
        note=joined(where, pinned if at.left.pinned else "", objective.note),
    )


def _expand(objective: LinearObjective, w: Floats) -> _Expansion:
    best = newton(objective, w).w
    factor = factorise(objective.gauss_newton(best), objective.flat)
    inverse = factor.solve(np.eye(objective.p))
    moved = float(np.linalg.norm(best - w) / max(float(np.linalg.norm(best)), 1e-300))
    return _Expansion(best, inverse, leave_each_out(objective, best, inverse), moved)


def _scores(objective: LinearObjective, query: LinearObjective, at: _Expansion) -> Floats:
    m, K, d = query.n, objective.K, objective.design.shape[1]
    x, w = query.design, at.w.reshape(K, -1)
    z = x @ w.T
    before = query.loss_of(z)
    outer = np.zeros((m, K, K, d))  # e_a (x) x_q for each output a
    outer[:, np.arange(K), np.arange(K), :] = x[:, None, :]
    reach = outer.reshape(m * K, K * d)
    solved = (reach @ at.inverse).reshape(m * K * K, d)
    more = (reach @ at.left.more.T).reshape(m, K, len(at.left.refined))
    out = np.empty((m, objective.n))
    for rows in row_blocks(all_rows(objective), 8 * m * K * (K + 4)):
        here = slice(rows[0], rows[-1] + 1)  # a slice is a view, an index array a copy
        felt = (objective.design[here] @ solved.T).reshape(len(rows), m, K, K)
        shift = np.einsum("imab,ib->mia", felt, at.left.push[here])
        first, last = np.searchsorted(at.left.refined, [here.start, here.stop])
        shift[:, at.left.refined[first:last] - rows[0]] += more[:, :, first:last].transpose(0, 2, 1)
        out[:, here] = query.loss_of(z[:, None, :] + shift) - before[:, None]
    return out
