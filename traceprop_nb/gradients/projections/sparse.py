"""A projection most of whose entries are zero.

Two thirds of them: Achlioptas 2001, doi:10.1145/375551.375608. More: Li, Hastie and Church 2006,
doi:10.1145/1150402.1150436. The matrix is drawn anew at every call.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from traceprop_nb.errors import OptionError
from traceprop_nb.gradients.objective import Floats, Ints
from traceprop_nb.gradients.projections.projector import (
    STRIPE,
    require_dimension,
    require_width,
    signs,
    stream,
)


@dataclass(frozen=True)
class Sparse:
    """The projection R^T g with entries +-sqrt(s/k), each with probability 1/(2s), and else 0.

    The variance bound of ``Projector`` holds up to s = 3. Beyond, it grows by
    (s - 3) sum_j g_j^2 h_j^2 / k.

    Attributes:
        p: Dimension before.
        k: Dimension after.
        seed: Same seed, same projection.
        s: One entry in s is not zero.

    Raises:
        OptionError: k or s is less than 1.
    """

    p: int
    k: int
    seed: int = 0
    s: float = 3.0

    def __post_init__(self) -> None:
        require_dimension(self.k)
        if not self.s >= 1.0:
            raise OptionError(f"s={self.s} is not at least 1; one entry in s is not zero")

    def __call__(self, g: Floats) -> Floats:
        """Project each row of g (m, p): (m, k).

        Raises:
            ShapeError: g has another width.
        """
        from scipy.sparse import coo_array

        require_width(g, self.p)
        out = np.zeros((self.k, len(g)))
        for stripe, start in enumerate(range(0, self.p, STRIPE)):
            part = g[:, start : start + STRIPE]
            cells, values = self._drawn(stripe, part.shape[1] * self.k)
            entries = (values, np.divmod(cells, self.k))
            matrix = coo_array(entries, shape=(part.shape[1], self.k))
            out += matrix.T.tocsr() @ np.ascontiguousarray(part.T)
        return np.ascontiguousarray(out.T) * np.sqrt(self.s / self.k)

    def _drawn(self, stripe: int, cells: int) -> tuple[Ints, Floats]:
        """The cells of a stripe that are not zero, each by a chance of 1 / s, and their signs."""
        rng, found, last = stream(self.seed, stripe), [np.empty(0, np.int64)], -1
        while last < cells:  # the gaps between them are geometric
            gaps = rng.geometric(1.0 / self.s, int(cells / self.s) + 64)
            found.append(last + np.cumsum(gaps))
            last = int(found[-1][-1])
        places = np.concatenate(found)
        places = places[places < cells]
        return places, signs(rng, len(places))
