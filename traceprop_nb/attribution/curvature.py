"""Products with a run's curvature and with its inverse: what most influence estimates are made of.

The curvature is that of F at the recorded parameters: the Gauss-Newton matrix, which never bends
down, or the Hessian. For a linear model they are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np

from traceprop_nb.attribution.damping import damping_for, probed, require_damping
from traceprop_nb.attribution.influence import LIMIT
from traceprop_nb.errors import OptionError, ShapeError, UnsupportedModelError, unknown_name
from traceprop_nb.gradients.finite import require_finite
from traceprop_nb.gradients.objective import (
    Floats,
    GaussNewton,
    Objective,
    all_rows,
    flat_directions,
)
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.gradients.solvers.solution import Solution
from traceprop_nb.gradients.solvers.solve import SOLVERS, solve
from traceprop_nb.gradients.solvers.system import Limits, System

SMALL = 512
"""Parameters up to which a matrix formed once is cheaper than the many products of a solver."""

CURVATURES = ("gauss-newton", "hessian")
"""What can be multiplied with and inverted."""


def per_example_grads(run: TrainingRun, rows: Objective | None = None) -> Floats:
    """Gradients (m, p) of each row's loss at the recorded parameters, without its weight.

    Args:
        run: A finished training run.
        rows: Such as ``run.query(X, y)``; by default the run's own training rows. For many rows
            ``gradient_products`` does without holding all gradients.
    """
    of = run.objective if rows is None else rows
    return of.per_example_grad(run.w, all_rows(of))


def hvp(run: TrainingRun, V: Floats, *, curvature: str = "gauss-newton") -> Floats:
    """The curvature of F times each row of V.

    Args:
        run: A finished training run.
        V: float64 (m, p), or one vector (p,); the answer has its shape.
        curvature: ``"gauss-newton"`` or ``"hessian"``.

    Raises:
        UnsupportedModelError: The model has no such product.
        UnknownNameError: No curvature of that name.
        ShapeError, NotFiniteError: V is not a matrix of numbers with p columns.
    """
    given = np.asarray(V, dtype=np.float64)
    rows = _vectors(run, given)
    product = _product(run, curvature)
    return np.array([product(v) for v in rows]).reshape(given.shape)


def ihvp(  # noqa: PLR0913  # one for each part of the question
    run: TrainingRun, V: Floats, *, solver: str = "auto", damping: float | None = None,
    curvature: str = "gauss-newton", rtol: float = 1e-4, max_steps: int = 1000, rank: int = 100,
    seed: int = 0,
) -> Solution:  # fmt: skip
    """The inverse of the damped curvature times each row of V, and how well it is known.

    Args:
        run: A finished training run.
        V: float64 (m, p), or one vector (p,).
        solver: ``"explicit"``, ``"cg"``, ``"lissa"``, ``"arnoldi"``, ``"nystrom"``; ``"auto"`` is
            the explicit matrix up to 4,000 parameters where it can be formed, and ``"cg"`` beyond.
        damping: Added to the diagonal. By default nothing for a convex model, and otherwise a
            tenth of the mean eigenvalue; ``note`` says which.
        curvature: ``"gauss-newton"`` or ``"hessian"``.
        rtol: Relative residual that counts as solved.
        max_steps: Products that a solve may take ("cg", "lissa", "nystrom").
        rank: Products that make the space of "arnoldi" and "nystrom".
        seed: Of what these draw.

    Returns:
        ``x`` (m, p), and for each row ``residual``, ``codes`` and ``steps``; ``code`` is the worst,
        with its ``cause`` and ``remedy``. A bad end is told, not raised: ``require()`` raises.

    Raises:
        UnsupportedModelError: The model has no such product, or is too large for "explicit".
        UnknownNameError: No solver or curvature of that name.
        OptionError: A negative damping, or limits that allow nothing.
        ShapeError, NotFiniteError: V is not a matrix of numbers with p columns.
    """
    require_damping(damping)
    _require_limits(rtol, max_steps, rank)
    rows = _vectors(run, np.asarray(V, dtype=np.float64))
    product, formed = _system(run, curvature)
    chosen = _chosen(run, solver, formed is not None)
    forming = formed if chosen == "explicit" else None
    added, why = _automatic(run, product, forming) if damping is None else (damping, "")
    system = System(run.objective.p, product, added, formed, flat_directions(run.objective))
    got = solve(system, rows, solver=chosen, limits=Limits(rtol, max_steps, rank, seed))
    return replace(got, note=why)


def _system(
    run: TrainingRun, curvature: str
) -> tuple[Callable[[Floats], Floats], Callable[[], Floats] | None]:
    """The product, and how the matrix is formed if it can be."""
    product, formed = _product(run, curvature), _formed(run, curvature)
    if formed is None:
        return product, None
    if run.objective.p > SMALL:
        return product, cache(formed)
    matrix = formed()
    return lambda v: matrix @ v, lambda: matrix


def _vectors(run: TrainingRun, V: Floats) -> Floats:
    p = run.objective.p
    rows = V[None, :] if V.ndim == 1 else V
    if rows.ndim != 2 or rows.shape[1] != p:
        raise ShapeError(f"V has shape {V.shape}, and {run.name!r} has {p} parameters; pass (m, p)")
    require_finite(rows, "V")
    return rows


def _product(run: TrainingRun, curvature: str) -> Callable[[Floats], Floats]:
    if curvature not in CURVATURES:
        raise unknown_name("curvature", curvature, CURVATURES)
    objective, w = run.objective, run.w
    if curvature == "hessian":
        return lambda v: objective.hvp(w, v)
    if not isinstance(objective, GaussNewton):
        raise UnsupportedModelError(
            f"{run.name!r} has no Gauss-Newton product; use curvature='hessian', or the method "
            "'grad-dot'"
        )
    return lambda v: objective.gauss_newton_product(w, v)


def _formed(run: TrainingRun, curvature: str) -> Callable[[], Floats] | None:
    """How the matrix is formed where that takes less than p products."""
    objective, w = run.objective, run.w
    same = curvature == "gauss-newton" or flat_directions(objective) is not None
    if same and isinstance(objective, GaussNewton):
        return lambda: objective.gauss_newton(w)
    return None


def _automatic(
    run: TrainingRun, product: Callable[[Floats], Floats], formed: Callable[[], Floats] | None
) -> tuple[float, str]:
    if flat_directions(run.objective) is not None:
        return 0.0, "not damped: the risk is convex"
    return probed(product, run.objective.p) if formed is None else damping_for(formed())


def _chosen(run: TrainingRun, solver: str, formed: bool) -> str:
    small = run.objective.p <= LIMIT
    if solver == "auto":
        return "explicit" if small and formed else "cg"
    if solver not in SOLVERS:
        raise unknown_name("solver", solver, ["auto", *SOLVERS])
    if solver == "explicit" and not small:
        raise UnsupportedModelError(
            f"an explicit curvature of {run.objective.p} parameters is too large (up to {LIMIT}); "
            "use solver='cg' or 'nystrom'"
        )
    return solver


def _require_limits(rtol: float, max_steps: int, rank: int) -> None:
    if not 0.0 < rtol < 1.0 or max_steps < 0 or rank < 1:
        raise OptionError(
            f"rtol={rtol}, max_steps={max_steps}, rank={rank} solve nothing; use an rtol between 0 "
            "and 1, max_steps of at least 0 and a rank of at least 1"
        )
