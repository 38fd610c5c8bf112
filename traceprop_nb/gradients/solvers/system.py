"""What is solved: (H + damping I) x = b, H being known by its products."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from traceprop_nb.gradients.objective import Floats


@dataclass(frozen=True)
class System:
    """A symmetric system; a solver sees nothing else of a model.

    Attributes:
        p: Number of unknowns.
        product: Maps v (p,) to H v (p,), without damping.
        damping: Added to the diagonal of H, at least 0.
        formed: Makes H (p, p); None where only p products do.
        flat: Orthonormal (q, p) with H flat = 0, where such are known.
    """

    p: int
    product: Callable[[Floats], Floats]
    damping: float = 0.0
    formed: Callable[[], Floats] | None = None
    flat: Floats | None = None

    def apply(self, v: Floats) -> Floats:
        """(H + damping I) v, (p,)."""
        return self.product(v) + self.damping * v

    def matrix(self) -> Floats:
        """H + damping I, (p, p)."""
        rows = [self.product(e) for e in np.eye(self.p)] if self.formed is None else self.formed()
        h = np.array(rows).reshape(self.p, self.p)
        out = 0.5 * (h + h.T)
        out[np.diag_indices(self.p)] += self.damping
        return out


@dataclass(frozen=True)
class Limits:
    """When a solver stops.

    Attributes:
        rtol: Relative residual |H x + damping x - b| / |b| that counts as solved.
        max_steps: Products that one right-hand side may take.
        rank: Dimensions of the space of solvers that work in one, such as Arnoldi's.
        seed: Of what is drawn.
    """

    rtol: float = 1e-4
    max_steps: int = 1000
    rank: int = 100
    seed: int = 0
