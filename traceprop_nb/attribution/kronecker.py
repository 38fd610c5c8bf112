"""A curvature of one block a layer, diagonal in the eigenvectors of a Kronecker product.

With a layer's inputs a and output slopes delta, its block is near A (x) G, A = E[a a^T] and
G = E[delta delta^T], whose eigenvectors are the outer products of A's and G's; between layers it
is zero. What ``kfac`` and ``ekfac`` share: they differ in the eigenvalues.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from traceprop_nb.attribution.damping import require_damping
from traceprop_nb.attribution.scores import InfluenceScores, joined
from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.blocks import row_blocks
from traceprop_nb.gradients.layers import FactorBlocks, Factors, Layer, Layered, fisher_blocks
from traceprop_nb.gradients.linalg import RCOND
from traceprop_nb.gradients.objective import Floats, Objective, all_rows
from traceprop_nb.gradients.run import TrainingRun

SHARE = 0.03
"""Share of the losses' mean eigenvalue that is added to every one.

Of the penalty there counts what it is of both together: the smallest eigenvalues come out too
large where blocks are Kronecker products, as if damped already. Found on digits, softmax with
penalties from 0.1 to 100 and a network: LDS within 0.01 of the best total of 9; the tenth and no
penalty of arXiv:2308.03296 loses 0.14 where the penalty is large.
"""


@dataclass(frozen=True, eq=False)
class Basis:
    """Eigenvectors of one layer's factors.

    Attributes:
        layer: The layer, whose W is (d_out, d_in).
        left: float64 (d_out, d_out), eigenvectors of G as columns.
        right: float64 (d_in, d_in), eigenvectors of A as columns.
        values: float64 (d_out, d_in), eigenvalues of A (x) G in the unit of F, without penalty.
    """

    layer: Layer
    left: Floats
    right: Floats
    values: Floats

    def penalty(self, penalty: Floats) -> Floats:
        """The diagonal that a penalty (p,) has in this basis, (d_out, d_in)."""
        return np.asarray((self.left**2).T @ penalty[self.layer.place] @ self.right**2)

    def solved(self, factors: Factors, values: Floats) -> Floats:
        """Each row's gradient, divided by the values along this basis: (m, d_out, d_in)."""
        turned = factors.turned(self.left, self.right).gradients()[:, 0]
        return np.asarray(self.left @ (turned / values) @ self.right.T)


Eigenvalues = Callable[[FactorBlocks, Floats, Sequence[Basis]], list[Floats]]
"""From all rows' Fisher factors, the rows' weights and the bases: those of each layer."""


def scored(
    run: TrainingRun, query: Objective, name: str, eigenvalues: Eigenvalues, damping: float | None
) -> InfluenceScores:
    """Scores of each training row for each query.

    Args:
        run: A finished training run.
        query: The query rows, from ``run.query``.
        name: Of the method.
        eigenvalues: Of each layer's block, without penalty.
        damping: Added to every eigenvalue, the penalty counted in full; by default what
            ``damping_of`` finds.

    Raises:
        UnsupportedModelError: A parameter is in no layer that has factors.
        OptionError: A negative damping.
    """
    require_damping(damping)
    objective = run.objective
    if not isinstance(objective, Layered) or not isinstance(query, Layered):
        raise UnsupportedModelError(
            f"{run.name!r} ({run.framework}) does not show its layers, which {name!r} needs; use "
            "method='influence' or 'cg'"
        )
    layers = objective.layers(run.w)
    blocks = fisher_blocks(objective, run.w, layers)
    bases = kronecker_bases(layers, blocks, objective.weights)
    losses = eigenvalues(blocks, objective.weights, bases)
    penalties = [basis.penalty(objective.penalty) for basis in bases]
    counted, chosen, why = damping_of(losses, penalties) if damping is None else (1.0, damping, "")
    values = [a + counted * b + chosen for a, b in zip(losses, penalties, strict=True)]
    scores = products(objective, query, run.w, bases, divisors(values)) * objective.weights
    first = "first order, one block of curvature a layer; sizes may be off threefold"
    note = joined(first, why, objective.note)
    return InfluenceScores(scores, name, damping=chosen, note=note)


def kronecker_bases(layers: Sequence[Layer], blocks: FactorBlocks, weights: Floats) -> list[Basis]:
    """Eigenvectors of A and G of each layer, and the eigenvalues of their product."""
    outer = [[np.zeros((d, d)) for d in layer.place.shape[::-1]] for layer in layers]
    for rows, parts in blocks():
        for (A, G), part in zip(outer, parts, strict=True):
            root = np.sqrt(weights[rows])[:, None, None]
            a = (part.inputs * root).reshape(-1, len(A))
            d = (part.deltas * root[..., None]).reshape(-1, len(G))
            A += a.T @ a
            G += d.T @ d
    found = []
    for layer, (A, G) in zip(layers, outer, strict=True):
        (of_a, right), (of_g, left) = np.linalg.eigh(A), np.linalg.eigh(G)
        mass = max(float(weights.sum()) * layer.positions, np.finfo(np.float64).tiny)
        values = np.maximum(of_g, 0.0)[:, None] * np.maximum(of_a, 0.0) / mass
        found.append(Basis(layer, left, right, values))
    return found


def damping_of(losses: Sequence[Floats], penalties: Sequence[Floats]) -> tuple[float, float, str]:
    """The share of the penalty that counts, the damping, and a sentence that says so."""
    loss, penalty = (sum(float(x.sum()) for x in all_of) for all_of in (losses, penalties))
    p, tiny = sum(each.size for each in losses), np.finfo(np.float64).tiny
    counted = penalty / max(loss + penalty, tiny)
    damping = max(SHARE * loss / p, tiny)
    why = f"damping {damping:.2g}, {SHARE:g} of the losses' mean eigenvalue"
    return counted, damping, why + (f", beside {counted:.2g} of the penalty" if penalty else "")


def divisors(values: Sequence[Floats]) -> list[Floats]:
    """What to divide by along each eigenvector; infinity where the curvature is flat."""
    floor = RCOND * max(float(each.max()) for each in values)
    return [np.where(each > floor, each, np.inf) for each in values]


def products(
    objective: Layered,
    query: Layered,
    w: Floats,
    bases: Sequence[Basis],
    values: Sequence[Floats],
) -> Floats:
    """Inner products of gradients through the inverse, (m, n); no training gradient is kept."""
    scores = np.empty((query.n, objective.n))
    for asked in row_blocks(all_rows(query), 8 * 4 * query.p):
        parts = query.grad_factors(w, asked)
        moved = [
            basis.solved(part, each) for basis, part, each in zip(bases, parts, values, strict=True)
        ]
        width = sum(basis.layer.width for basis in bases)
        for rows in row_blocks(all_rows(objective), 8 * 2 * width):
            parts = objective.grad_factors(w, rows)
            scores[np.ix_(asked, rows)] = sum(
                part.products(S) for part, S in zip(parts, moved, strict=True)
            )
    return scores
