"""Gradient dot product: TracIn at the last checkpoint with step size 1.

Pruthi, Liu, Kale and Sundararajan 2020, arXiv:2002.08484. It ranks; its scale is that of one
gradient step of size 1, not of retraining.
"""

from __future__ import annotations

from traceprop_nb.attribution.scores import InfluenceScores, joined
from traceprop_nb.gradients.blocks import gradient_products
from traceprop_nb.gradients.objective import Objective, all_rows
from traceprop_nb.gradients.run import TrainingRun


def grad_dot(run: TrainingRun, query: Objective) -> InfluenceScores:
    """Weighted inner products of query and training gradients."""
    at = query.per_example_grad(run.w, all_rows(query))
    scores = gradient_products(run.objective, run.w, at) * run.objective.weights
    note = "ranks rows; the scale is that of one gradient step of size 1"
    return InfluenceScores(
        scores, "grad-dot", estimand="one_step", note=joined(note, run.objective.note)
    )
