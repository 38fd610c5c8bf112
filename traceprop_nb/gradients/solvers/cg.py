"""Conjugate gradients, with or without a preconditioner.

Hestenes and Stiefel 1952, doi:10.6028/jres.049.044.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from traceprop_nb.gradients.objective import Floats
from traceprop_nb.gradients.solvers.solution import Attempt, Code
from traceprop_nb.gradients.solvers.system import Limits, System

FLAT = 1e-14
"""Curvature along a step, as a share of the largest seen, below which there is none in float64."""

BENT = 1e-10
"""Share from which on a negative curvature is no rounding: products of n rows and p parameters
round off some sqrt(n p) times 1e-16 of the largest, differently on every processor."""

Linear = Callable[[Floats], Floats]


def cg(system: System, B: Floats, limits: Limits) -> Attempt:
    """Solve each right-hand side by itself, from 0."""
    found = [descend(system.apply, b, rtol=limits.rtol, max_steps=limits.max_steps) for b in B]
    return gathered(B, found)


def descend(
    product: Linear,
    b: Floats,
    *,
    rtol: float,
    max_steps: int,
    precondition: Linear | None = None,
) -> tuple[Floats, int, Code]:
    """X (p,) with product(x) = b, the steps taken, and how it ended in its own view.

    Args:
        product: A symmetric positive matrix times (p,).
        b: float64 (p,).
        rtol: Relative residual at which to stop.
        max_steps: Products at most.
        precondition: Nearly its inverse, symmetric positive; x then starts at that of b.
    """
    x, r, near = np.zeros_like(b), b.copy(), precondition or _same
    if precondition is not None:
        x = precondition(b)
        r = b - product(x)
    z = near(r)
    d, rz, top = z, float(r @ z), 0.0
    stop = rtol * float(np.linalg.norm(b))
    for step in range(max_steps):
        if float(np.linalg.norm(r)) <= stop:
            return x, step, Code.CONVERGED
        hd = product(d)
        bend, size = float(d @ hd), float(d @ d)
        top = max(top, abs(bend) / max(size, np.finfo(float).tiny))
        if not bend > FLAT * top * size:
            return x, step + 1, _without_inverse(bend, top * size)
        x, r = x + rz / bend * d, r - rz / bend * hd
        z, old = near(r), rz
        rz = float(r @ z)
        d = z + rz / old * d
    done = float(np.linalg.norm(r)) <= stop
    return x, max_steps, Code.CONVERGED if done else Code.BUDGET


def gathered(B: Floats, found: list[tuple[Floats, int, Code]]) -> Attempt:
    """Answers of single right-hand sides as one."""
    x = np.array([one for one, _, _ in found]).reshape(B.shape)
    steps = np.array([taken for _, taken, _ in found], dtype=np.int64)
    return Attempt(x, steps, tuple(code for _, _, code in found))


def _same(v: Floats) -> Floats:
    return v


def _without_inverse(bend: float, scale: float) -> Code:
    if not np.isfinite(bend):
        return Code.DIVERGED
    return Code.INDEFINITE if bend < -BENT * scale else Code.SINGULAR
