"""Sees fits of XGBoost's estimators in a training cell."""

from __future__ import annotations

from traceprop_nb.adapters.xgboost.boosting import BOOSTED, LIBRARY
from traceprop_nb.gradients.boosting.tap import BoostedTap


class XgboostTap(BoostedTap):
    """A ``TrainingTap`` for XGBClassifier and XGBRegressor."""

    library = LIBRARY
    kinds = BOOSTED
    owners = tuple(next(c for c in kind.__mro__ if "fit" in c.__dict__) for kind in BOOSTED)
    harmless = frozenset({"eval_set", "verbose"})
