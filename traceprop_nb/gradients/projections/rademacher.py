"""A dense projection with signs as entries.

Achlioptas 2001, doi:10.1145/375551.375608. The matrix is drawn anew at every call, a stripe
of coordinates at a time, so that nothing of its size p k is kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from traceprop_nb.gradients.objective import Floats
from traceprop_nb.gradients.projections.projector import (
    STRIPE,
    require_dimension,
    require_width,
    stream,
)


@dataclass(frozen=True)
class Rademacher:
    """The projection R^T g with entries +-1/sqrt(k).

    Attributes:
        p: Dimension before.
        k: Dimension after.
        seed: Same seed, same projection.

    Raises:
        OptionError: k is less than 1.
    """

    p: int
    k: int
    seed: int = 0

    def __post_init__(self) -> None:
        require_dimension(self.k)

    def __call__(self, g: Floats) -> Floats:
        """Project each row of g (m, p): (m, k).

        Raises:
            ShapeError: g has another width.
        """
        require_width(g, self.p)
        out = np.zeros((len(g), self.k))
        for stripe, start in enumerate(range(0, self.p, STRIPE)):
            part = g[:, start : start + STRIPE]
            cells = part.shape[1] * self.k
            bits = stream(self.seed, stripe).bytes(cells // 8 + 1)
            signs = np.unpackbits(np.frombuffer(bits, np.uint8), count=cells)
            out += part @ (2.0 * signs - 1.0).reshape(part.shape[1], self.k)
        return out / np.sqrt(self.k)
