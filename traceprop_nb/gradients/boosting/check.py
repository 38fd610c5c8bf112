"""Whether leaves hold what the formula says: the guard against options that we do not know.

Row weights, start and l2 are taken from the library's settings, and each leaf's value is computed
again from the rows in it. A setting that changes leaves otherwise (monotone constraints, a step
limit, an l1 penalty, rows left out of a tree) shows here, whatever it is called.
"""

from __future__ import annotations

import numpy as np

from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.boosting.risk import BoostedRisk
from traceprop_nb.gradients.objective import Floats

CLOSE = 2e-3
"""Error of a leaf as a share of the largest leaf: libraries sum float32 slopes over histograms."""


def require_formula(risk: BoostedRisk, kind: str) -> float:
    """The largest error of a leaf, as a share of the largest leaf of its round.

    Args:
        risk: The trees over the very rows that they were grown on.
        kind: What to call the model in the message.

    Raises:
        UnsupportedModelError: A leaf's value is not what the formula gives.
    """
    ensemble, worst = risk.ensemble, 0.0
    for t, z in ensemble.forwards(risk.leaf):
        expected = leaf_values(risk, t, z)
        largest = max(float(np.abs(v).max()) for v in expected)
        for k, want in enumerate(expected):
            own = ensemble.values[t * ensemble.K + k]
            error = float(np.abs(own - want).max()) / max(largest, 1e-12)
            worst = max(worst, error)
            if error > CLOSE and largest > 1e-9:
                at = int(np.argmax(np.abs(own - want)))
                raise UnsupportedModelError(
                    f"{kind}: leaf {at} of tree {t} adds {own[at]:.4g}, and the rows in it give "
                    f"{want[at]:.4g}: rows were sampled, or a constraint or penalty changes "
                    "leaves; only plain boosting is covered (all rows in every tree, l2)"
                )
    return worst


def leaf_values(risk: BoostedRisk, t: int, z: Floats) -> list[Floats]:
    """What the leaves of round t add, computed from the rows and their outputs z (n, K) before."""
    ensemble, weights = risk.ensemble, risk.weights
    g = ensemble.loss.slope(z, risk.target) * weights[:, None]
    h = ensemble.loss.curvature(z) * weights[:, None] * ensemble.factor
    out = []
    for k in range(ensemble.K):
        leaf, size = risk.leaf[:, t, k], len(ensemble.values[t * ensemble.K + k])
        below = np.bincount(leaf, h[:, k], size) + ensemble.l2
        above = np.bincount(leaf, g[:, k], size)
        out.append(-ensemble.rate * above / np.where(below > 1e-150, below, np.inf))
    return out
