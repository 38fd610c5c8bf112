"""Which runs are of boosted trees, for the methods that are for those only."""

from __future__ import annotations

from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.boosting.risk import BoostedRisk
from traceprop_nb.gradients.objective import Floats, Objective
from traceprop_nb.gradients.run import TrainingRun


def boosted(run: TrainingRun, query: Objective, method: str) -> tuple[BoostedRisk, BoostedRisk]:
    """The run's trees over its rows, and over the queries.

    Raises:
        UnsupportedModelError: The run's model is not boosted trees.
    """
    if not isinstance(run.objective, BoostedRisk) or not isinstance(query, BoostedRisk):
        raise UnsupportedModelError(
            f"{method!r} is for boosted trees, and {run.name!r} has none; use method='auto', "
            "'influence', 'cg', 'trak' or 'grad-dot'"
        )
    return run.objective, query


def slopes_at(query: BoostedRisk) -> Floats:
    """Slope of each query's loss in its raw outputs, (m, K)."""
    ensemble = query.ensemble
    return ensemble.loss.slope(ensemble.raw(ensemble.w, query.leaf), query.target)


FOR_TREES = frozenset("auto axil boostin leaf-influence grad-dot grad-cos tracin".split())
"""Methods that boosted trees have: the others need a curvature of the sum of losses."""


def require_for_trees(run: TrainingRun, method: str) -> None:
    """Raise for a method of ours that boosted trees do not have.

    Raises:
        UnsupportedModelError: Names those that they have.
    """
    if isinstance(run.objective, BoostedRisk) and method not in FOR_TREES:
        raise UnsupportedModelError(
            f"{method!r} needs the minimum of a sum of losses, and boosting {run.name!r} did not "
            "minimise one; use method='auto', 'leaf-influence', 'boostin' or 'grad-dot'"
        )
