"""XGBoost's trees, read: leaves by its own ``pred_leaf``, values as its model file holds them.

Multiclass curvatures are 2 p (1 - p). The start is what is left of a raw output without its leaves.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from xgboost import DMatrix, XGBClassifier, XGBRegressor

from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.boosting.ensemble import Ensemble, Leaves
from traceprop_nb.gradients.boosting.library import Library
from traceprop_nb.gradients.boosting.losses import Binary, BoostedLoss, Multinomial, Squared
from traceprop_nb.gradients.boosting.recipe import again_seed
from traceprop_nb.gradients.objective import Floats

BOOSTED = (XGBClassifier, XGBRegressor)
_LOSSES: dict[str, type[BoostedLoss]] = {
    "reg:squarederror": Squared, "binary:logistic": Binary, "multi:softprob": Multinomial,
    "multi:softmax": Multinomial,
}  # fmt: skip
_PLAIN = {
    "alpha": 0.0, "max_delta_step": 0.0, "subsample": 1.0, "monotone_constraints": "()",
    "num_parallel_tree": 1.0, "multi_strategy": "one_output_per_tree", "booster": "gbtree",
    "process_type": "default", "objective": tuple(_LOSSES),
}  # fmt: skip
"""Values of XGBoost's own parameters under which a leaf is a plain step of all its rows."""


def ensemble(model: Any) -> Ensemble:
    """The trees of a fitted estimator, copied.

    Raises:
        UnsupportedModelError: It was trained in a way that is not covered; says which.
    """
    settings = require_covered(model)
    booster = model.get_booster().copy()
    how = {"missing": model.missing, "enable_categorical": bool(model.enable_categorical)}
    held = json.loads(bytes(booster.save_raw("json")))["learner"]["gradient_booster"]["model"]
    K = max(1, int(model.n_classes_) if settings["objective"].startswith("multi") else 1)
    T = len(held["trees"]) // K
    ends = [np.flatnonzero(np.array(tree["left_children"]) == -1) for tree in held["trees"]]
    values = [
        np.array(tree["split_conditions"], dtype=np.float32)[at].astype(np.float64)
        for tree, at in zip(held["trees"], ends, strict=True)
    ]

    def leaves(X: Any) -> Leaves:
        found = booster.predict(DMatrix(X, **how), pred_leaf=True, validate_features=False)
        at = found.reshape(len(X), T * K).astype(np.int64)
        each = [np.searchsorted(e, at[:, j]) for j, e in enumerate(ends)]
        return np.stack(each, axis=1).reshape(len(X), T, K).astype(np.int32)

    return Ensemble(
        _LOSSES[settings["objective"]](), _start(settings), "constant", tuple(values),
        settings["eta"], settings["lambda"], 2.0 if K > 1 else 1.0, leaves,
    )  # fmt: skip


def require_covered(model: Any) -> dict[str, Any]:
    """XGBoost's own parameters of a fitted estimator, flat.

    Raises:
        UnsupportedModelError: A setting under which leaves are no plain steps of all their rows.
    """
    kind = type(model).__name__
    if model.early_stopping_rounds is not None:
        raise UnsupportedModelError(
            f"{kind} with early_stopping_rounds={model.early_stopping_rounds}: the rows that "
            "stopped it are not on record; pass the number of trees that it found as n_estimators"
        )
    found = _parameters(model)
    for name, fine in _PLAIN.items():
        allowed = fine if isinstance(fine, tuple) else (fine,)
        value = found.get(name, allowed[0])
        if value not in allowed:
            fit = " or ".join(map(repr, allowed))
            raise UnsupportedModelError(f"{kind} with {name}={value!r} is not covered; use {fit}")
    return found


def _parameters(model: Any) -> dict[str, Any]:
    learner = json.loads(model.get_booster().save_config())["learner"]
    found: dict[str, Any] = {}
    booster = learner["gradient_booster"]
    for part in (
        learner["learner_model_param"], learner["learner_train_param"],
        booster.get("tree_train_param", {}), booster.get("gbtree_train_param", {}),
        booster.get("gbtree_model_param", {}),
    ):  # fmt: skip
        found |= {name: _number(text) for name, text in part.items()}
    return found | {"booster": booster["name"]}


def _start(settings: dict[str, Any]) -> Floats:
    """The raw output before the first tree; a binary model holds it as a probability."""
    start = np.atleast_1d(np.asarray(json.loads(str(settings["base_score"])), dtype=np.float64))
    if settings["objective"] == "binary:logistic":
        return np.log(start / (1.0 - start))
    return start


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def _weights(model: Any, y: Any) -> Floats:
    out = np.ones(len(y))
    positive = getattr(model, "scale_pos_weight", None)
    if positive is not None and positive != 1.0 and len(model.classes_) == 2:
        out[np.asarray(y) == model.classes_[1]] = positive
    return out


def _grow(model: Any, X: Any, y: Any, weight: Floats | None, seed: int) -> Any:
    settings = model.get_params()
    more = {"random_state": again_seed(settings["random_state"], seed)} if seed else {}
    return type(model)(**settings | more).fit(X, y, sample_weight=weight)


def _random(model: Any) -> bool:
    found = _parameters(model)
    drawn = ("colsample_bytree", "colsample_bylevel", "colsample_bynode")
    return any(found.get(name, 1.0) < 1.0 for name in drawn)


LIBRARY = Library("xgboost", ensemble, _weights, _grow, _random)
