"""Every solver by its name, and the judge of its answers: the residual, computed anew."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from traceprop_nb.errors import unknown_name
from traceprop_nb.gradients.objective import Floats
from traceprop_nb.gradients.solvers.arnoldi import arnoldi
from traceprop_nb.gradients.solvers.cg import cg
from traceprop_nb.gradients.solvers.explicit import explicit
from traceprop_nb.gradients.solvers.lissa import lissa
from traceprop_nb.gradients.solvers.nystrom import nystrom
from traceprop_nb.gradients.solvers.solution import Attempt, Code, Solution
from traceprop_nb.gradients.solvers.system import Limits, System


class Solver(Protocol):
    """A way to solve."""

    def __call__(self, system: System, B: Floats, limits: Limits) -> Attempt:
        """Solve for each row of B (m, p); a row's answer does not depend on the others."""
        ...


SOLVERS: dict[str, Solver] = {
    "explicit": explicit,
    "cg": cg,
    "lissa": lissa,
    "arnoldi": arnoldi,
    "nystrom": nystrom,
}
"""Every solver by its name."""

DEFAULTS = Limits()


def solve(system: System, B: Floats, *, solver: str, limits: Limits = DEFAULTS) -> Solution:
    """Solve for each row of B (m, p), and say how well.

    "converged" is said of what the system itself, asked again, confirms; never on a solver's word.

    Raises:
        UnknownNameError: No solver of that name.
    """
    if solver not in SOLVERS:
        raise unknown_name("solver", solver, SOLVERS)
    got = SOLVERS[solver](system, B, limits)
    residual = np.array([_residual(system, x, b) for x, b in zip(got.x, B, strict=True)])
    codes = [_judged(r, limits.rtol, c) for r, c in zip(residual, got.words, strict=True)]
    return Solution(
        got.x, residual.reshape(len(B)), tuple(codes), got.steps, solver, system.damping
    )


def _residual(system: System, x: Floats, b: Floats) -> float:
    if not np.isfinite(x).all():
        return float(np.inf)
    size = float(np.linalg.norm(b))
    left = float(np.linalg.norm(system.apply(x) - b)) / (size if size > 0.0 else 1.0)
    return left if np.isfinite(left) else float(np.inf)


def _judged(residual: float, rtol: float, word: Code) -> Code:
    if residual <= rtol:
        return Code.CONVERGED
    if word is Code.CONVERGED:  # rounding, which a nearly flat matrix magnifies
        return Code.SINGULAR
    return Code.DIVERGED if word is Code.BUDGET and not np.isfinite(residual) else word
