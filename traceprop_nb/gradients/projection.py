"""A random projection that keeps inner products and never expands: the sparse sign sketch.

Each coordinate goes, with a random sign, into one of k buckets of (almost) equal size. Inner
products are kept in expectation, with a variance of at most 2 |g|^2 |h|^2 / k. One pass over the
gradient, nothing stored but one permutation. Charikar, Chen and Farach-Colton 2002,
doi:10.1007/3-540-45465-9_59; Weinberger et al. 2009, arXiv:0902.2206.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from traceprop_nb.errors import OptionError
from traceprop_nb.gradients.objective import Floats, Ints


@dataclass(frozen=True)
class Projection:
    """A linear map from p to k dimensions, k at most p.

    Attributes:
        order: int64 (p,), coordinates bucket by bucket; None for the identity.
        sign: float64 (p,), in that order.
        starts: int64 (k,), where each bucket begins.
    """

    order: Ints | None
    sign: Floats
    starts: Ints

    @property
    def k(self) -> int:
        """Dimension after the projection."""
        return len(self.starts)

    def __call__(self, g: Floats) -> Floats:
        """Project each row of g (m, p): (m, k)."""
        if self.order is None:
            return g
        return np.add.reduceat(g[:, self.order] * self.sign, self.starts, axis=1)


def sign_sketch(p: int, k: int, *, seed: int) -> Projection:
    """A projection from p to min(p, k) dimensions; the identity if k >= p.

    Args:
        p: Dimension before.
        k: Dimension after.
        seed: Same seed, same projection.

    Raises:
        OptionError: k is less than 1.
    """
    if k < 1:
        raise OptionError(f"cannot project to {k} dimensions; pass at least 1")
    if k >= p:
        return Projection(None, np.ones(p), np.arange(p, dtype=np.int64))
    rng = np.random.default_rng(seed)
    order = rng.permutation(p)
    sign = np.where(rng.integers(0, 2, p) == 1, np.float64(1), np.float64(-1))
    return Projection(order, sign, np.arange(k, dtype=np.int64) * p // k)
