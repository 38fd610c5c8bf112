"""Nyström: a random low-rank inverse, and the few conjugate gradient steps that it leaves to do.

Frangella, Tropp and Udell 2023, arXiv:2110.14577. ``rank`` products with random directions catch
the large eigenvalues; what is outside them counts as the smallest one caught. With
``max_steps=0`` the answer is that of the low-rank inverse alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from traceprop_nb.gradients.linalg import RCOND
from traceprop_nb.gradients.objective import Floats
from traceprop_nb.gradients.solvers.cg import descend, gathered
from traceprop_nb.gradients.solvers.solution import Attempt, Code, no_answer
from traceprop_nb.gradients.solvers.system import Limits, System


@dataclass(frozen=True)
class LowRank:
    """A low-rank approximation of H, with what stands for the rest.

    Attributes:
        vectors: Orthonormal rows (r, p).
        values: Its eigenvalues (r,), damping included.
        rest: Eigenvalue of all directions outside, positive.
        negative: Whether H was seen to bend down.
    """

    vectors: Floats
    values: Floats
    rest: float
    negative: bool

    def inverse(self, v: Floats) -> Floats:
        """The approximation's inverse times v (p,)."""
        inside = self.vectors @ v
        return v / self.rest + (inside / self.values - inside / self.rest) @ self.vectors


def nystrom(system: System, B: Floats, limits: Limits) -> Attempt:
    """Solve each right-hand side, preconditioned by the low-rank inverse."""
    near = low_rank(system, min(limits.rank, system.p), seed=limits.seed)
    if near is None:
        return no_answer(B, Code.DIVERGED)
    found = []
    for b in B:
        x, steps, word = descend(
            system.apply, b, rtol=limits.rtol, max_steps=limits.max_steps,
            precondition=near.inverse,
        )  # fmt: skip
        found.append((x, steps, Code.INDEFINITE if near.negative else word))
    return gathered(B, found)


def low_rank(system: System, rank: int, *, seed: int = 0) -> LowRank | None:
    """The Nyström approximation from that many random directions; None if H is not finite."""
    drawn = np.random.default_rng(seed).normal(size=(system.p, rank))
    directions = np.linalg.qr(drawn)[0].T
    images = np.array([system.product(v) for v in directions]).reshape(rank, system.p)
    core = images @ directions.T
    if not np.isfinite(core).all():
        return None
    inner, turn = np.linalg.eigh(0.5 * (core + core.T))
    top = float(np.max(np.abs(inner), initial=0.0))
    keep = inner > RCOND * top
    half = (turn[:, keep] / np.sqrt(inner[keep])).T @ images
    _, roots, vectors = np.linalg.svd(half, full_matrices=False)
    values = roots**2 + system.damping
    rest = float(np.min(values, initial=np.inf))
    if not np.isfinite(rest):
        rest = system.damping or 1.0
    return LowRank(vectors, values, rest, bool(np.min(inner, initial=0.0) < -1e-6 * top))
