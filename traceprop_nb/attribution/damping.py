"""How much to damp a curvature that is not that of a convex model.

A network's Gauss-Newton matrix is nearly singular, and the estimate depends on what is added to
its diagonal. The rule is a fixed share of the mean eigenvalue (as in Grosse et al. 2023,
arXiv:2308.03296), so it follows the scale of the loss and the number of rows.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from traceprop_nb.errors import OptionError
from traceprop_nb.gradients.objective import Floats, GaussNewton

SHARE = 0.1
"""Share of the mean eigenvalue, as in the paper."""

PROBES = 8
"""Products by which the mean eigenvalue is estimated where the matrix is not formed."""


def require_damping(damping: float | None) -> None:
    """Refuse a damping that would not damp.

    Raises:
        OptionError: It is negative.
    """
    if damping is not None and damping < 0:
        raise OptionError(f"damping={damping} would not damp; pass 0 or more")


def damping_for(matrix: Floats) -> tuple[float, str]:
    """The damping for this (p, p) matrix, and a sentence that says where it comes from."""
    return _rule(float(np.trace(matrix)) / len(matrix))


def probed_damping(objective: GaussNewton, w: Floats, *, seed: int = 0) -> tuple[float, str]:
    """The same by Hutchinson's estimate of the trace, doi:10.1080/03610919008812866."""
    return probed(lambda v: objective.gauss_newton_product(w, v), len(w), seed=seed)


def probed(product: Callable[[Floats], Floats], p: int, *, seed: int = 0) -> tuple[float, str]:
    """The same for any (p, p) matrix that is known by its products."""
    rng = np.random.default_rng(seed)
    signs = rng.integers(0, 2, (PROBES, p)) * 2.0 - 1.0
    return _rule(float(np.mean([v @ product(v) for v in signs])) / p)


def _rule(mean: float) -> tuple[float, str]:
    damping = max(SHARE * mean, np.finfo(np.float64).tiny)
    return damping, f"damping {damping:.2g}, {SHARE:g} of the curvature's mean eigenvalue"
