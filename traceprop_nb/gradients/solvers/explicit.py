"""The matrix itself, factored once: Cholesky, or eigenvalues where it is singular.

Cholesky's method, published by Benoit 1924, doi:10.1007/BF03031308.
"""

from __future__ import annotations

import numpy as np

from traceprop_nb.errors import ConvergenceError
from traceprop_nb.gradients.linalg import factorise
from traceprop_nb.gradients.objective import Floats
from traceprop_nb.gradients.solvers.solution import Attempt, Code, no_answer
from traceprop_nb.gradients.solvers.system import Limits, System


def explicit(system: System, B: Floats, limits: Limits) -> Attempt:  # noqa: ARG001  # the protocol passes them
    """Solve with the factored matrix; the minimum-norm solution where it is singular."""
    matrix = system.matrix()
    if not np.isfinite(matrix).all():
        return no_answer(B, Code.DIVERGED)
    try:
        factor = factorise(matrix, system.flat if system.damping == 0.0 else None)
    except ConvergenceError:
        return no_answer(B, Code.INDEFINITE)
    none = np.zeros(len(B), dtype=np.int64)
    return Attempt(factor.solve(B.T).T, none, (Code.CONVERGED,) * len(B))
