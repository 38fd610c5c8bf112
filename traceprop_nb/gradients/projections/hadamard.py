"""A subsampled randomised Hadamard transform: fast, and only p signs and k places are kept.

Ailon and Chazelle 2006, doi:10.1145/1132516.1132597; Tropp 2011, arXiv:1011.1595. Signs and an
orthogonal transform spread a gradient evenly over its coordinates, of which k are then taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from traceprop_nb.gradients.blocks import row_blocks
from traceprop_nb.gradients.objective import Floats, Ints
from traceprop_nb.gradients.projections.projector import (
    require_dimension,
    require_width,
    signs,
    stream,
)

FACTOR = 64
"""Side of the matrices that the transform is a Kronecker product of."""


@dataclass(frozen=True)
class Hadamard:
    """The projection sqrt(P/k) S H D g: D signs, H the transform of P coordinates, S a sample.

    Attributes:
        p: Dimension before; P is the next power of two.
        k: Dimension after, at most P.
        seed: Same seed, same projection.

    Raises:
        OptionError: k is less than 1.
    """

    p: int
    k: int
    seed: int = 0

    def __post_init__(self) -> None:
        require_dimension(self.k)
        if self.k > self.padded:
            object.__setattr__(self, "k", self.padded)

    @property
    def padded(self) -> int:
        """P."""
        return 1 << max(0, int(self.p - 1).bit_length())

    @cached_property
    def turned(self) -> Floats:
        """D, (p,)."""
        return signs(stream(self.seed, 0), self.p)

    @cached_property
    def taken(self) -> Ints:
        """S, (k,)."""
        return stream(self.seed, 1).choice(self.padded, self.k, replace=False)

    def __call__(self, g: Floats) -> Floats:
        """Project each row of g (m, p): (m, k).

        Raises:
            ShapeError: g has another width.
        """
        require_width(g, self.p)
        out = np.empty((len(g), self.k))
        for rows in row_blocks(np.arange(len(g), dtype=np.int64), 8 * 3 * self.padded):
            wide = np.zeros((len(rows), self.padded))
            wide[:, : self.p] = g[rows] * self.turned
            out[rows] = transformed(wide)[:, self.taken]
        return out / np.sqrt(self.k)


def transformed(x: Floats) -> Floats:
    """Each row of x (m, P) times the Hadamard matrix of signs (P, P); P is a power of two."""
    from scipy.linalg import hadamard

    m, left = x.shape
    while left > 1:  # H of P is the Kronecker product of smaller ones, one for each part of a place
        side = min(FACTOR, left)
        x = np.moveaxis(x.reshape(m, side, -1), 1, 2) @ hadamard(side, dtype=np.float64)
        left //= side
    return np.ascontiguousarray(x).reshape(m, -1)
