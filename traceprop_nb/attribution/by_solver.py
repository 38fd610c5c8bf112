"""Influence functions by any solver: what ``lissa``, ``arnoldi`` and ``nystrom`` share."""

from __future__ import annotations

from traceprop_nb.attribution.curvature import ihvp, per_example_grads
from traceprop_nb.attribution.scores import InfluenceScores, joined
from traceprop_nb.gradients.blocks import gradient_products
from traceprop_nb.gradients.objective import Objective
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.gradients.solvers.solution import Code, Solution
from traceprop_nb.gradients.solvers.system import Limits


def by_solver(
    run: TrainingRun, query: Objective, solver: str, damping: float | None, limits: Limits
) -> InfluenceScores:
    """Influence of each training row on each query's loss, by that solver.

    Scores of a solve that ran out of its budget rank rows, and say so.

    Raises:
        UnsupportedModelError: No Gauss-Newton product.
        ConvergenceError: The solve diverged, or the curvature bends down.
        OptionError: A negative damping, or limits that allow nothing.
    """
    got = ihvp(
        run, per_example_grads(run, query), solver=solver, damping=damping, rtol=limits.rtol,
        max_steps=limits.max_steps, rank=limits.rank, seed=limits.seed,
    )  # fmt: skip
    if got.code in (Code.INDEFINITE, Code.DIVERGED):
        got.require()
    objective = run.objective
    scores = gradient_products(objective, run.w, got.x) * objective.weights
    note = joined(_how_far(got), got.note if damping is None and got.damping else "")
    estimand = "leave_one_out" if got.code is Code.CONVERGED else "damped_step"
    return InfluenceScores(scores, solver, estimand, got.damping, joined(note, objective.note))


def _how_far(got: Solution) -> str:
    worst = float(got.residual.max(initial=0.0))
    if got.code is Code.CONVERGED:
        return f"first order, at the recorded parameters, to a relative residual of {worst:.1e}"
    return (
        f"ranks rows: relative residuals are up to {worst:.2g}, since {got.code.cause}; to have "
        f"their size, {got.code.remedy}"
    )
