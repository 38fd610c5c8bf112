"""Shapley values of the rows of a linear model in closed form: the Owen integral.

A row's Shapley value is its mean effect on subsets of every size, which is the integral over q of
its effect on subsets that take each other row with probability q: Owen 1972,
doi:10.1287/mnsc.18.5.64. At q the model with all rows at weight q stands for the subsets'. So the
values of all rows sum to the fall of the loss from no row to all of them, up to the quadrature.
Freeing a row of its own leverage, as leaving one out does, was measured and makes it no better.
"""

from __future__ import annotations

import numpy as np

from traceprop_nb.attribution.centre import centre, linear, slopes
from traceprop_nb.attribution.scores import InfluenceScores, joined
from traceprop_nb.gradients.objective import Objective
from traceprop_nb.gradients.run import TrainingRun

NODES = 8
"""Of Gauss and Legendre. Against 60,000 retrainings of logistic regression on 100 rows the Pearson
correlation is 0.978 with one, 0.989 with two, 0.995 with four and 0.996 with eight."""


def owen(run: TrainingRun, query: Objective) -> InfluenceScores:
    """What each row's presence takes off each query's loss, shared as Shapley shares it.

    An intercept without a penalty has no optimum over rows of one class; here such subsets count
    as the smooth model between them does.

    Raises:
        UnsupportedModelError: The run's model is not linear.
        ConvergenceError: A part-weighted risk has no finite optimum, as without a penalty.
    """
    objective, asked = linear(run, query, "shapley")
    nodes, shares = np.polynomial.legendre.leggauss(NODES)
    scores, w = np.zeros((query.n, run.objective.n)), run.w
    for q, share in sorted(zip((1.0 + nodes) / 2.0, shares / 2.0, strict=True), reverse=True):
        at = centre(objective, w, float(q))
        w = at.w  # the next one starts from here
        scores += share * slopes(objective, asked, at)
    note = f"integral over {NODES} sizes of subset"
    return InfluenceScores(scores, "closed-form", "shapley", note=joined(note, objective.note))
