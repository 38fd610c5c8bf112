"""AXIL: a prediction of trees boosted on squared loss is a weighted sum of training targets.

Geertsema and Lu 2023, arXiv:2301.01864. With the splits held the sum is exact, so what a query
would be predicted if a row's target were another number is known, and no first order.
"""

from __future__ import annotations

import numpy as np

from traceprop_nb.attribution.boosted import boosted
from traceprop_nb.attribution.boosted_sweep import sweep
from traceprop_nb.attribution.scores import InfluenceScores, joined
from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.objective import Floats, Objective
from traceprop_nb.gradients.run import TrainingRun


def axil_weights(run: TrainingRun, query: Objective) -> tuple[Floats, Floats]:
    """Weights (m, n) and offsets (m,): predictions are ``weights @ targets + offsets``.

    The offsets are 0 where boosting starts from the targets' mean.

    Raises:
        UnsupportedModelError: The run's model is not trees boosted on squared loss.
    """
    risk, asked = boosted(run, query, "axil")
    if run.classes is not None:
        raise UnsupportedModelError(
            f"'axil' is for squared loss, and {run.name!r} is a classifier; use method='auto', "
            "'leaf-influence' or 'boostin'"
        )
    weights = sweep(risk, asked, np.ones((asked.n, 1))).targets
    told = asked.ensemble.raw(asked.ensemble.w, asked.leaf)[:, 0]
    if risk.ensemble.started == "mean":
        return weights, np.zeros(asked.n)
    return weights, told - weights @ risk.target


def axil(run: TrainingRun, query: Objective) -> InfluenceScores:
    """Rise of each query's loss if a row's target were what the model predicts for the row.

    Raises:
        UnsupportedModelError: See ``axil_weights``.
    """
    weights, _ = axil_weights(run, query)
    risk, asked = boosted(run, query, "axil")
    own, told = (r.ensemble.raw(r.ensemble.w, r.leaf)[:, 0] for r in (risk, asked))
    moved = weights * (own - risk.target)
    off = (told - asked.target)[:, None]
    note = "ranks rows: its target is replaced, the row stays; exact with the splits held"
    return InfluenceScores(
        moved * off + 0.5 * moved**2, "axil", estimand="own_target", note=joined(note, risk.note)
    )
