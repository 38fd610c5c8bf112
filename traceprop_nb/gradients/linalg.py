"""Solving with a symmetric positive matrix that may be flat along known directions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from traceprop_nb.errors import ConvergenceError
from traceprop_nb.gradients.objective import Floats
from traceprop_nb.gradients.solvers.cg import descend
from traceprop_nb.gradients.solvers.solution import Code

RCOND = 1e-12
"""Relative eigenvalue below which a direction counts as flat: float64's 2e-16, times slack."""


@dataclass(frozen=True)
class Factor:
    """A factorised matrix.

    Attributes:
        solve: Maps (p,) or (p, m) to the solution of the same shape; along directions in which
            the matrix is flat the solution is 0 (minimum norm).
        rank: Number of directions that are not flat.
    """

    solve: Callable[[Floats], Floats]
    rank: int


def factorise(h: Floats, flat: Floats | None = None) -> Factor:
    """Factor a positive semi-definite matrix.

    Cholesky where the matrix is regular off its flat directions, eigenvalues where it is not.

    Args:
        h: float64 (p, p), symmetric.
        flat: Orthonormal (q, p) with h flat = 0, if known.

    Raises:
        ConvergenceError: An eigenvalue is clearly negative, so h is no curvature of a minimum.
    """
    from scipy.linalg import LinAlgError, cho_factor, cho_solve
    from scipy.linalg.lapack import dpocon

    p = len(h)
    known = np.empty((0, p)) if flat is None else flat
    scale = float(np.trace(h)) / max(p, 1)
    full = h + scale * known.T @ known
    try:
        factor = cho_factor(full, lower=True, check_finite=False)
    except LinAlgError:
        return _by_eigenvalues(h)
    # The smallest pivot may be far above the smallest eigenvalue, so the condition is estimated.
    condition, _ = dpocon(factor[0], float(np.abs(full).sum(axis=0).max()), uplo="L")
    if not condition > RCOND:
        return _by_eigenvalues(h)

    def solve(b: Floats) -> Floats:
        x = cho_solve(factor, b, check_finite=False)
        return x - known.T @ (known @ x)

    return Factor(solve, p - len(known))


def _by_eigenvalues(h: Floats) -> Factor:
    values, vectors = np.linalg.eigh(h)
    if values[0] < -1e-6 * abs(values[-1]):
        raise ConvergenceError(
            f"the curvature has eigenvalue {values[0]:.2e} beside {values[-1]:.2e}: the model is "
            "not at a minimum; train longer, or use a method with damping"
        )
    keep = values > RCOND * abs(values[-1])
    vectors, values = vectors[:, keep], values[keep]

    def solve(b: Floats) -> Floats:
        reach = vectors.T @ b
        return vectors @ (reach / (values if b.ndim == 1 else values[:, None]))

    return Factor(solve, len(values))


def conjugate_gradient(
    product: Callable[[Floats], Floats], b: Floats, *, rtol: float, max_steps: int
) -> Floats:
    """Solve product(x) = b, up to a relative residual of rtol, or raise.

    Raises:
        ConvergenceError: rtol was not reached, or the matrix is not positive along a direction.
    """
    x, _, code = descend(product, b, rtol=rtol, max_steps=max_steps)
    if code is Code.CONVERGED:
        return x
    left = float(np.linalg.norm(product(x) - b) / np.linalg.norm(b))
    raise ConvergenceError(
        f"conjugate gradients stopped at relative residual {left:.1e}, above {rtol:.1e} "
        f"({code}); raise damping= or rtol="
    )
