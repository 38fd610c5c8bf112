"""LeafInfluence: boosted trees without one row, first order, with their splits held.

Sharchilev, Ustinovskiy, Serdyukov and de Rijke 2018, arXiv:1802.06640. All leaves follow, those of
later rounds through what the row's own leaves did to the other rows. It is computed backwards.
"""

from __future__ import annotations

from traceprop_nb.attribution.boosted import boosted, slopes_at
from traceprop_nb.attribution.boosted_sweep import sweep
from traceprop_nb.attribution.scores import InfluenceScores, joined
from traceprop_nb.gradients.objective import Objective
from traceprop_nb.gradients.run import TrainingRun


def leaf_influence(run: TrainingRun, query: Objective) -> InfluenceScores:
    """Rise of each query's loss as each row's weight goes to nothing.

    Raises:
        UnsupportedModelError: The run's model is not boosted trees.
    """
    risk, asked = boosted(run, query, "leaf-influence")
    scores = sweep(risk, asked, slopes_at(asked)).weights * risk.weights
    note = "first order, with the splits held: a tree that would split elsewhere is not seen"
    return InfluenceScores(scores, "leaf-influence", note=joined(note, risk.note))
