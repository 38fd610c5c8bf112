"""What a row does to boosted trees that were grown on a random half of the rows.

Which splits are found depends on the rows, and no derivative sees that; the mean over models of
random halves does, as TRAK's ensembles do (Park et al. 2023, arXiv:2303.14186). On Adult (6,000
rows) ten halves lift the LDS of histogram boosting from 0.47 to 0.56.
"""

from __future__ import annotations

from dataclasses import replace
from weakref import WeakKeyDictionary

import numpy as np

from traceprop_nb.attribution.boosted import boosted, slopes_at
from traceprop_nb.attribution.boosted_sweep import sweep
from traceprop_nb.attribution.scores import InfluenceScores, joined
from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.boosting.ensemble import Ensemble
from traceprop_nb.gradients.boosting.risk import BoostedRisk
from traceprop_nb.gradients.objective import Floats, Objective
from traceprop_nb.gradients.progress import silent
from traceprop_nb.gradients.run import TrainingRun

HALVES = 10
"""Models; with five the LDS of histogram boosting on Adult is 0.54, with ten 0.56."""

SEED = 20_230_303
"""Of the halves: not one that a ground truth is drawn with by default."""

_grown: WeakKeyDictionary[TrainingRun, list[tuple[Ensemble, Floats]]] = WeakKeyDictionary()


def boosted_halves(run: TrainingRun, query: Objective) -> InfluenceScores:
    """Mean over models of random halves of the rise of each query's loss without the row.

    Raises:
        UnsupportedModelError: Not boosted trees, or they cannot be grown again.
    """
    risk, asked = boosted(run, query, "half_subset")
    scores = np.zeros((asked.n, risk.n))
    for ensemble, kept in _models(run, risk):
        here = replace(
            risk, ensemble=ensemble, weights=risk.weights * kept, leaf=ensemble.leaves(risk.X)
        )
        over = here.over(asked)
        scores += sweep(here, over, slopes_at(over)).weights * (risk.weights / HALVES)
    note = f"mean of {HALVES} models of random halves, first order, with each one's splits held"
    return InfluenceScores(scores, "leaf-influence", "half_subset", note=joined(note, risk.note))


def _models(run: TrainingRun, risk: BoostedRisk) -> list[tuple[Ensemble, Floats]]:
    """The models of the halves; grown once a run."""
    if run.recipe is None:
        raise UnsupportedModelError(
            f"{run.name!r} cannot be trained again on halves: no recipe was recorded; leave "
            "estimand= out"
        )
    found = _grown.setdefault(run, [])
    rng = np.random.default_rng(SEED)
    halves = [rng.permutation(risk.n) < risk.n // 2 for _ in range(HALVES)]
    for kept in halves[len(found) :]:
        made = run.recipe.train(np.flatnonzero(kept), 0, silent).objective
        assert isinstance(made, BoostedRisk)
        found.append((made.ensemble, kept.astype(np.float64)))
    return found
