"""Arnoldi: the system within a Krylov space that is made once, for any right-hand side.

Schioppa, Zablotskaia, Vilar and Sokolov 2022, arXiv:2112.03052. H is symmetric, so the Hessenberg
matrix is tridiagonal (Lanczos). What lies outside the space is left out, and the residual says how
much that is. Eigenvalues that are not positive are dropped: their roots are NaN elsewhere.
"""

from __future__ import annotations

import numpy as np

from traceprop_nb.gradients.linalg import RCOND
from traceprop_nb.gradients.objective import Floats
from traceprop_nb.gradients.solvers.solution import Attempt, Code, no_answer
from traceprop_nb.gradients.solvers.system import Limits, System

BROKEN = 1e-10
"""Length of a new direction, as a share of the largest image, that is rounding."""


def arnoldi(system: System, B: Floats, limits: Limits) -> Attempt:
    """Solve within the space of ``rank`` products from a random start."""
    rank = min(limits.rank, system.p)
    basis, inner = krylov(system, rank, np.random.default_rng(limits.seed))
    if not np.isfinite(inner).all():
        return no_answer(B, Code.DIVERGED)
    values, vectors = np.linalg.eigh(inner)
    values = values + system.damping
    top = float(np.max(np.abs(values), initial=0.0))
    keep = values > RCOND * top
    ritz = vectors[:, keep].T @ basis
    word = Code.CONVERGED if rank == system.p else Code.BUDGET
    if np.min(values, initial=0.0) < -1e-6 * top:
        word = Code.INDEFINITE
    x = (B @ ritz.T / values[keep]) @ ritz
    return Attempt(x, np.zeros(len(B), dtype=np.int64), (word,) * len(B))


def krylov(system: System, rank: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Orthonormal rows (rank, p), and H between them (rank, rank), tridiagonal."""
    basis, inner = np.zeros((rank, system.p)), np.zeros((rank, rank))
    v, largest = _fresh(basis[:0], system.p, rng), 0.0
    for j in range(rank):
        basis[j] = v
        image = system.product(v)
        largest = max(largest, float(np.linalg.norm(image)))
        inner[j, j] = v @ image
        rest = _off(basis[: j + 1], image)
        length = float(np.linalg.norm(rest))
        if j + 1 == rank:
            break
        if length > BROKEN * largest:
            v, inner[j, j + 1], inner[j + 1, j] = rest / length, length, length
        else:  # the space is closed under H: go on with a direction outside it
            v = _fresh(basis[: j + 1], system.p, rng)
    return basis, inner


def _fresh(basis: Floats, p: int, rng: np.random.Generator) -> Floats:
    rest = _off(basis, rng.normal(size=p))
    return rest / np.linalg.norm(rest)


def _off(basis: Floats, v: Floats) -> Floats:
    """V without its part in the space; twice, since once leaves rounding behind."""
    for _ in range(2):
        v = v - basis.T @ (basis @ v)
    return v
