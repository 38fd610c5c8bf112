"""Influence of the last layer alone: what is before it counts as given.

Barshan, Brunet and Dziugaite 2020, arXiv:2003.11630, section 5, and Pruthi et al. 2020,
arXiv:2002.08484, take this view for speed. It is the one that has a meaning where rows meet in
earlier layers (batch statistics) or where the backbone was trained elsewhere: the last layer's
risk is that of a linear model of fixed features.
"""

from __future__ import annotations

from dataclasses import replace

from traceprop_nb.attribution.influence import influence
from traceprop_nb.attribution.scores import InfluenceScores, joined
from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.objective import Headed, Linear, Objective
from traceprop_nb.gradients.run import TrainingRun


def last_layer(
    run: TrainingRun, query: Objective, *, damping: float | None = None
) -> InfluenceScores:
    """Influence of each training row on each query's loss, through the last layer.

    Args:
        run: A finished training run.
        query: The query rows, from ``run.query``.
        damping: As for ``influence``.

    Raises:
        UnsupportedModelError: The model's last layer is not known, or not linear.
        OptionError, ConvergenceError: See ``influence``.
    """
    objective = run.objective
    if isinstance(objective, Linear):
        return _named(influence(run, query, damping=damping), "a linear model is its last layer")
    if not isinstance(objective, Headed) or not isinstance(query, Headed):
        raise UnsupportedModelError(
            f"{run.name!r} ({run.framework}) does not show its last layer; use method='influence' "
            "or 'cg'"
        )
    head, w = objective.last_layer(run.w)
    asked, _ = query.last_layer(run.w)
    part = replace(run, objective=head, w=w, checkpoints=w[None, :], learning_rates=None)
    said = f"the last layer's {len(w)} of {objective.p} parameters; the rest counts as given"
    return _named(influence(part, asked, damping=damping), said)


def _named(got: InfluenceScores, said: str) -> InfluenceScores:
    return replace(got, method="last-layer", note=joined(said, got.note))
