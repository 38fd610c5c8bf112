"""Sees fits of LightGBM's estimators in a training cell."""

from __future__ import annotations

from traceprop_nb.adapters.lightgbm.boosting import BOOSTED, LIBRARY
from traceprop_nb.gradients.boosting.tap import BoostedTap


class LightgbmTap(BoostedTap):
    """A ``TrainingTap`` for LGBMClassifier and LGBMRegressor."""

    library = LIBRARY
    owners = kinds = BOOSTED
    harmless = frozenset({"eval_set", "eval_names", "eval_metric", "eval_X", "eval_y", "callbacks"})
