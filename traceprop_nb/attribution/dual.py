"""The exact Gauss-Newton influence of a network with many parameters and not too many rows.

With N gradients u (C of each row) whose squares sum to the Gauss-Newton matrix, and D the penalty
plus the damping, (D + U^T U)^-1 g = D^-1 (g - U^T (I + U D^-1 U^T)^-1 U D^-1 g): an (N, N) matrix
of inner products takes the place of the (p, p) one, and no gradient is formed (Park et al. 2023,
arXiv:2303.14186, section 3, for the kernel; Woodbury 1950 for the inverse).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from traceprop_nb.attribution.scores import InfluenceScores, joined
from traceprop_nb.errors import ConvergenceError, OptionError, UnsupportedModelError
from traceprop_nb.gradients.blocks import row_blocks
from traceprop_nb.gradients.ghost import (
    Gradients,
    gathered,
    kernel,
    of_curvature,
    of_losses,
    products,
)
from traceprop_nb.gradients.layers import Layer, Layered
from traceprop_nb.gradients.objective import Floats, Ints, Objective, all_rows, flat_directions
from traceprop_nb.gradients.run import TrainingRun

ROWS = 10_000
"""Gradients up to which their inner products are formed: twice 800 MB, some 15 s on one core."""

KEPT = 1 << 30
"""Bytes that the factors of all rows may take: 1 GiB."""

SHARE = 0.0015
"""Damping as a share of the largest eigenvalue of the losses' curvature.

LDS within 0.02 of the best of ten for ``influence`` on MNIST 4 against 9 (two widths), and within
0.01 for ``influence`` and ``trak`` on digits; the tenth of the mean eigenvalue that serves where
the matrix is formed loses 0.1 on MNIST, whose parameters are more than its gradients.
"""

TOLERANCE = 1e-6
"""Relative error with which a row's gradient must be a sum of those of its curvature."""


@dataclass(frozen=True, eq=False)
class Dual:
    """The gradients of a run's curvature and of its losses, in factors, without weights.

    Attributes:
        layers: Of the model.
        curved: The Gauss-Newton matrix is the sum of their squares, each times its row's weight.
        slopes: The losses' gradients.
        share: float64 (n, C), each loss's gradient is the sum of the row's C by these shares.
        weights: float64 (n,).
        penalty: float64 (p,).
    """

    layers: tuple[Layer, ...]
    curved: Gradients
    slopes: Gradients
    share: Floats
    weights: Floats
    penalty: Floats

    @cached_property
    def gram(self) -> Floats:
        """Inner products of the curvature's gradients, weighted: the lower triangle, (N, N)."""
        return kernel(self.curved.weighted(np.sqrt(self.weights)))

    def damping(self) -> tuple[float, str]:
        """The default, and a sentence that says where it comes from."""
        damping = max(SHARE * _largest(self.gram), np.finfo(np.float64).tiny)
        return damping, f"damping {damping:.2g}, {SHARE:g} of the losses' largest eigenvalue"

    def columns(self, damping: float) -> list[Floats]:
        """The inverse root of penalty and damping along the columns of each layer's weights."""
        return [1.0 / np.sqrt(self.penalty[layer.place[0]] + damping) for layer in self.layers]

    def scaled(self, columns: list[Floats], u: Gradients) -> Floats:
        """The inner products of u, the gradients times ``columns``; what is returned is a copy."""
        every = np.concatenate(columns)
        return self.gram * every[0] ** 2 if np.ptp(every) == 0.0 else kernel(u)


def prepared(objective: Layered, w: Floats) -> Dual:
    """The factors of all rows.

    Raises:
        UnsupportedModelError: A parameter is in no layer that has factors.
    """
    layers, slopes = objective.layers(w), of_rows(objective, w)
    curved = gathered([of_curvature(objective, w, at).parts for at in _blocks(objective, layers)])
    return Dual(layers, curved, slopes, shares(curved, slopes), objective.weights,
                objective.penalty)  # fmt: skip


def of_rows(objective: Layered, w: Floats) -> Gradients:
    """The factors of the gradients of all rows' losses."""
    blocks = _blocks(objective, objective.layers(w))
    return gathered([of_losses(objective, w, at).parts for at in blocks])


def _blocks(objective: Layered, layers: tuple[Layer, ...]) -> list[Ints]:
    each = 8 * 4 * sum(layer.width for layer in layers)
    rows = all_rows(objective)
    return list(row_blocks(rows, each)) or [rows]


def shares(curved: Gradients, slopes: Gradients) -> Floats:
    """How each loss's gradient is a sum of its row's C gradients of the curvature, (n, C).

    Both are slopes in the outputs pulled back through the same layers, so it is enough to look at
    the slopes in the layers' outputs. NaN where there is no such sum.
    """
    n, C = curved.m, curved.draws
    flat = np.concatenate([x.deltas.reshape(n, C, -1) for x in curved.parts], axis=2)
    want = np.concatenate([x.deltas.reshape(n, -1) for x in slopes.parts], axis=1)
    size = np.linalg.norm(flat, axis=2)
    unit = flat / np.where(size > 0.0, size, np.inf)[:, :, None]
    gram = unit @ unit.swapaxes(1, 2)
    found = np.linalg.pinv(gram, rcond=1e-10, hermitian=True) @ (unit @ want[:, :, None])
    off = np.linalg.norm((unit.swapaxes(1, 2) @ found)[..., 0] - want, axis=1)
    found = found[..., 0] / np.where(size > 0.0, size, np.inf)
    found[off > TOLERANCE * np.linalg.norm(want, axis=1)] = np.nan
    return found


def solved(dual: Dual, asked: Gradients, damping: float) -> Floats:
    """Inner products through the inverse of each asked gradient with each row's, (m, n).

    Args:
        dual: From ``prepared``.
        asked: The gradients of m queries.
        damping: Added to the diagonal; above 0 where the penalty is not.

    Raises:
        ConvergenceError: The kernel has no factor: a gradient is not finite.
    """
    columns, roots = dual.columns(damping), np.sqrt(dual.weights)
    u, at = dual.curved.weighted(roots).scaled(columns), asked.scaled(columns)
    moved = _solve(
        dual.scaled(columns, u), products(u, at)
    )  # U times the answer is this very solution
    share = dual.share / np.where(roots > 0.0, roots, np.inf)[:, None]
    out = np.einsum("nc,ncm->mn", share, moved.reshape(*share.shape, at.m))
    rest = np.flatnonzero(~np.isfinite(dual.share).all(axis=1) | (roots == 0.0))
    if len(rest):
        g = dual.slopes.taken(rest).scaled(columns)
        out[:, rest] = products(at, g) - moved.T @ products(u, g)
    return out


def _solve(matrix: Floats, b: Floats) -> Floats:
    """The inverse of I plus a matrix, of which the lower triangle is given and lost, times b."""
    from scipy.linalg.lapack import dpotrf, dpotrs

    matrix[np.diag_indices(len(matrix))] += 1.0
    factor, failed = dpotrf(matrix.T, lower=False, overwrite_a=True, clean=False)
    if failed or not np.isfinite(np.diagonal(factor)).all():
        raise ConvergenceError(
            f"the kernel of {len(matrix)} gradients has no Cholesky factor: the training diverged, "
            "or damping= is far too small beside the gradients; raise it"
        )
    return np.asarray(dpotrs(factor, b, lower=False)[0])


def influence(run: TrainingRun, query: Objective, damping: float | None) -> InfluenceScores:
    """What the method ``influence`` gives, without its matrix.

    Raises:
        UnsupportedModelError: The model's layers are not known, or it has too many rows.
        OptionError: Neither damping nor penalty along some parameters.
        ConvergenceError: See ``solved``.
    """
    objective = run.objective
    why_not = obstacle(objective, run.w)
    if why_not or not isinstance(objective, Layered) or not isinstance(query, Layered):
        raise UnsupportedModelError(
            f"{objective.p} parameters are too many for an explicit curvature, and {why_not}; use "
            "method='trak' or 'cg'"
        )
    dual = prepared(objective, run.w)
    chosen, why = _chosen(dual, flat_directions(objective) is not None, damping)
    at = of_rows(query, run.w)
    scores = solved(dual, at, chosen) * objective.weights
    how = "first order, at the recorded parameters, by inner products of gradients"
    return InfluenceScores(
        scores, "influence", damping=chosen, note=joined(how, why, objective.note)
    )


def _chosen(dual: Dual, convex: bool, damping: float | None) -> tuple[float, str]:
    """The damping, and where it comes from if nobody gave it."""
    penalised = bool((dual.penalty > 0.0).all())
    if damping == 0.0 and not penalised:
        raise OptionError(
            "without damping the curvature is flat along some parameters of this model; pass "
            f"damping={dual.damping()[0]:.2g}"
        )
    if damping is not None:
        return damping, ""
    return (0.0, "") if convex and penalised else dual.damping()


def _largest(lower: Floats) -> float:
    """The largest eigenvalue of a matrix that is given by its lower triangle."""
    from scipy.linalg.blas import dsymv
    from scipy.sparse.linalg import LinearOperator, eigsh

    size, trace = len(lower), float(np.trace(lower))
    if not np.isfinite(trace):
        raise ConvergenceError("a gradient is not finite: the training diverged")
    if trace == 0.0:
        return 0.0
    if size < 32:
        return float(np.linalg.eigvalsh(lower, UPLO="L").max(initial=0.0))
    product = LinearOperator((size, size), lambda v: dsymv(1.0, lower.T, v), dtype=np.float64)
    start = np.random.default_rng(0).normal(size=size)
    return float(eigsh(product, k=1, v0=start, return_eigenvectors=False)[0])


def obstacle(objective: Objective, w: Floats, *, draws: int = 0) -> str:
    """Why this engine cannot take a model; empty if it can.

    Args:
        objective: Over the training rows.
        w: Its parameters.
        draws: Gradients a row; 0 is as many as its curvature needs.
    """
    if not isinstance(objective, Layered):
        return "its layers are not known"
    try:
        layers = objective.layers(w)
    except UnsupportedModelError as error:
        return str(error).partition(";")[0]
    draws = draws or max(layer.draws for layer in layers)
    if objective.n * draws > ROWS:
        return f"{objective.n} rows of {draws} outputs give more than {ROWS:,} gradients"
    each = [layer.positions * sum(layer.place.shape) for layer in layers]
    if 8 * objective.n * draws * sum(each) > KEPT:
        return f"the factors of its rows take more than {KEPT >> 20} MiB"
    return ""
