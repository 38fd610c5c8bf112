"""Inner products of gradients from layers' factors, the gradients never formed.

A layer's gradients sum delta a^T over positions, so two of them have the inner product
sum_ts (delta_t . delta_s)(a_t . a_s): a cost that does not depend on p where a row passes a layer
once. Goodfellow 2015, arXiv:1510.01799, for their norms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from traceprop_nb.gradients.blocks import BUDGET
from traceprop_nb.gradients.layers import Factors, Layered
from traceprop_nb.gradients.objective import Floats, Ints

BLOCK = 1024
"""Gradients on a side of what is multiplied at once: 8 MiB, near the caches' size."""


@dataclass(frozen=True, eq=False)
class Gradients:
    """C gradients of each of m rows, by layer, in factors; number (i, c) is i C + c.

    Attributes:
        parts: One a layer.
    """

    parts: tuple[Factors, ...]

    @property
    def m(self) -> int:
        """Number of rows."""
        return len(self.parts[0].inputs)

    @property
    def draws(self) -> int:
        """Gradients a row."""
        return int(self.parts[0].deltas.shape[1])

    def rows(self, at: slice) -> Gradients:
        """Those of some rows, as views."""
        return Gradients(tuple(Factors(x.inputs[at], x.deltas[at]) for x in self.parts))

    def taken(self, at: Ints) -> Gradients:
        """Those of some rows, by number, copied."""
        return Gradients(tuple(Factors(x.inputs[at], x.deltas[at]) for x in self.parts))

    def weighted(self, roots: Floats) -> Gradients:
        """Those of each row times a number of its own, (m,)."""
        scale = roots[:, None, None, None]
        return Gradients(tuple(Factors(x.inputs, x.deltas * scale) for x in self.parts))

    def scaled(self, columns: Sequence[Floats]) -> Gradients:
        """With the columns (d_in,) of each layer's gradients times a number each."""
        pairs = zip(self.parts, columns, strict=True)
        return Gradients(tuple(Factors(x.inputs * scale, x.deltas) for x, scale in pairs))

    def squares(self) -> Floats:
        """Squared length of each, (m, C)."""
        out = np.zeros((self.m, self.draws))
        for x in self.parts:
            if x.inputs.shape[1] == 1:
                a, d = x.inputs[:, 0], x.deltas[:, :, 0]
                out += np.einsum("mi,mi->m", a, a)[:, None] * np.einsum("mco,mco->mc", d, d)
            else:
                for at in _slices(self.m, x):
                    formed = Factors(x.inputs[at], x.deltas[at]).gradients()
                    out[at] += np.einsum("mcoi,mcoi->mc", formed, formed)
        return out


def gathered(blocks: Sequence[Sequence[Factors]]) -> Gradients:
    """The factors of blocks of rows, one after the other."""
    return Gradients(tuple(
        Factors(np.concatenate([x.inputs for x in same]), np.concatenate([x.deltas for x in same]))
        for same in zip(*blocks, strict=True)
    ))  # fmt: skip


def products(one: Gradients, other: Gradients) -> Floats:
    """Inner products of all gradients of the one with all of the other, (m C, m' C')."""
    out = np.zeros((one.m * one.draws, other.m * other.draws))
    for at in _sides(one):
        for to in _sides(other):
            out[_numbers(at, one), _numbers(to, other)] = _block(one.rows(at), other.rows(to))
    return out


def kernel(of: Gradients) -> Floats:
    """Inner products of all gradients with each other, (m C, m C): only the lower triangle."""
    size = of.m * of.draws
    out = np.zeros((size, size))
    sides = list(_sides(of))
    for number, at in enumerate(sides):
        for to in sides[: number + 1]:
            out[_numbers(at, of), _numbers(to, of)] = _block(of.rows(at), of.rows(to))
    return out


def of_losses(objective: Layered, w: Floats, rows: Ints) -> Gradients:
    """The gradient of each of these rows' loss, C = 1."""
    return Gradients(tuple(objective.grad_factors(w, rows)))


def of_curvature(objective: Layered, w: Floats, rows: Ints) -> Gradients:
    """Gradients of each of these rows whose squares sum to its Gauss-Newton matrix."""
    return Gradients(tuple(objective.fisher_factors(w, rows)))


def _sides(of: Gradients) -> list[slice]:
    step = max(1, BLOCK // of.draws)
    return [slice(start, min(start + step, of.m)) for start in range(0, of.m, step)]


def _numbers(rows: slice, of: Gradients) -> slice:
    return slice(rows.start * of.draws, rows.stop * of.draws)


def _slices(m: int, x: Factors) -> list[slice]:
    _, draws, _, d_out = x.deltas.shape
    step = max(1, BUDGET // (8 * draws * d_out * x.inputs.shape[2]))
    return [slice(start, start + step) for start in range(0, m, step)]


def _block(one: Gradients, other: Gradients) -> Floats:
    total = np.zeros((one.m * one.draws, other.m * other.draws))
    for x, y in zip(one.parts, other.parts, strict=True):
        if x.inputs.shape[1] == 1 and y.inputs.shape[1] == 1:
            total += _outer(x, y)
        else:
            total += _formed(x, y)
    return total


def _outer(x: Factors, y: Factors) -> Floats:
    """Of rows that pass a layer once: the product of two inner products."""
    met = x.inputs[:, 0] @ y.inputs[:, 0].T
    d_out = x.deltas.shape[3]
    out = x.deltas.reshape(-1, d_out) @ y.deltas.reshape(-1, d_out).T
    (m, one), (n, other) = x.deltas.shape[:2], y.deltas.shape[:2]
    if one == other == 1:
        return np.multiply(out, met, out=out)
    return (out.reshape(m, one, n, other) * met[:, None, :, None]).reshape(out.shape)


def _formed(x: Factors, y: Factors) -> Floats:
    """Of rows that pass a layer at several positions: a block's gradients of this layer, formed."""
    (m, one), (n, other) = x.deltas.shape[:2], y.deltas.shape[:2]
    out = np.zeros((m * one, n * other))
    for at in _slices(m, x):
        left = Factors(x.inputs[at], x.deltas[at]).gradients()
        left = left.reshape(len(left) * one, -1)
        for to in _slices(n, y):
            right = Factors(y.inputs[to], y.deltas[to]).gradients()
            right = right.reshape(len(right) * other, -1)
            here = slice(at.start * one, at.start * one + len(left))
            there = slice(to.start * other, to.start * other + len(right))
            out[here, there] = left @ right.T
    return out
