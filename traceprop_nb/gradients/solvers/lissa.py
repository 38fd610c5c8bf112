"""LiSSA: the inverse as a series, x <- x + (b - (H + damping I) x) / scale.

Agarwal, Bullins and Hazan 2017, arXiv:1602.03943. It converges only if the scale exceeds half the
largest eigenvalue, and needs some largest / smallest eigenvalue steps. So the scale is that
eigenvalue, by power iteration; where the series still grows, the scale is doubled and it starts
again. The paper draws rows for each step; here all rows take part, so that nothing is random
and no noise remains.
"""

from __future__ import annotations

import numpy as np

from traceprop_nb.gradients.objective import Floats
from traceprop_nb.gradients.solvers.cg import Linear, gathered
from traceprop_nb.gradients.solvers.solution import Attempt, Code
from traceprop_nb.gradients.solvers.system import Limits, System

POWER_STEPS = 20
"""Power iterations: from a random start they find at least half the largest eigenvalue, and that
is enough; 0.87 ln(p) / 19 of it is missed on average (doi:10.1137/0613066)."""

GROWN = 2.0
"""Residual, as a multiple of the right-hand side, that only a series which diverges has."""


def lissa(system: System, B: Floats, limits: Limits) -> Attempt:
    """Sum the series for each right-hand side."""
    scale = largest_eigenvalue(system.apply, system.p, seed=limits.seed)
    return gathered(B, [_series(system, b, scale, limits) for b in B])


def largest_eigenvalue(product: Linear, p: int, *, seed: int = 0) -> float:
    """The eigenvalue of largest size, by power iteration; an estimate from below."""
    v = np.random.default_rng(seed).normal(size=p)
    found = 0.0
    for _ in range(POWER_STEPS):
        length = float(np.linalg.norm(v))
        if not 0.0 < length < np.inf:
            return found
        v = v / length
        image = product(v)
        found, v = float(v @ image), image
    return found


def _series(system: System, b: Floats, scale: float, limits: Limits) -> tuple[Floats, int, Code]:
    size = float(np.linalg.norm(b))
    x, r = np.zeros_like(b), b
    if not scale > 0.0:
        why = Code.INDEFINITE if scale < 0.0 else Code.DIVERGED
        return x, 0, Code.SINGULAR if scale == 0.0 else why
    for step in range(limits.max_steps):
        left = float(np.linalg.norm(r))
        if left <= limits.rtol * size:
            return x, step, Code.CONVERGED
        if not left <= GROWN * size:
            bend = float(r @ system.apply(r))
            if not bend > 0.0:
                return x, step, Code.INDEFINITE
            scale, x = 2.0 * scale, np.zeros_like(b)
            r = b
        x = x + r / scale
        r = b - system.apply(x)
    return x, limits.max_steps, Code.BUDGET
