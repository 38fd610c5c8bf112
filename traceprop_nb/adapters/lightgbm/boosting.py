"""LightGBM's trees, read: leaves by its own ``pred_leaf``, values as the booster holds them.

Its start is folded into the leaves of the first round. Multiclass curvatures are
multiplied by K / (K - 1).
"""

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy as np
from lightgbm import LGBMClassifier, LGBMRegressor
from lightgbm.compat import _LGBMComputeSampleWeight

from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.boosting.ensemble import Ensemble, Leaves
from traceprop_nb.gradients.boosting.library import Library
from traceprop_nb.gradients.boosting.losses import Binary, BoostedLoss, Multinomial, Squared
from traceprop_nb.gradients.boosting.recipe import again_seed
from traceprop_nb.gradients.objective import Floats

BOOSTED = (LGBMClassifier, LGBMRegressor)
_LOSSES: dict[str, type[BoostedLoss]] = {
    "regression": Squared, "binary": Binary, "multiclass": Multinomial,
}  # fmt: skip
_PLAIN = {
    "boosting": "gbdt", "data_sample_strategy": "bagging", "lambda_l1": 0.0, "max_delta_step": 0.0,
    "path_smooth": 0.0, "linear_tree": False, "monotone_constraints": "", "sigmoid": 1.0,
    "reg_sqrt": False, "boost_from_average": True, "objective": tuple(_LOSSES),
    "is_unbalance": False,"scale_pos_weight": 1.0, "use_quantized_grad": False,
}  # fmt: skip
"""Values of LightGBM's own parameters under which a leaf is a plain step of all its rows."""


def ensemble(model: Any) -> Ensemble:
    """The trees of a fitted estimator, copied.

    Raises:
        UnsupportedModelError: It was trained in a way that is not covered; says which.
    """
    settings = require_covered(model)
    held = copy.deepcopy(model)
    booster, loss = held.booster_, _LOSSES[settings["objective"]]()
    K = booster.num_model_per_iteration()
    T = booster.num_trees() // K
    values = [_values(tree) for tree in booster.dump_model()["tree_info"]]

    def leaves(X: Any) -> Leaves:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # it was trained on names, and X has none
            found = held.predict(X, pred_leaf=True)
        return np.asarray(found, dtype=np.int32).reshape(len(X), T, K)

    return Ensemble(
        loss, np.zeros(K), "folded", tuple(values), float(settings["learning_rate"]),
        float(settings["lambda_l2"]), K / (K - 1) if K > 1 else 1.0, leaves,
    )  # fmt: skip


def require_covered(model: Any) -> dict[str, Any]:
    """LightGBM's own parameters of a fitted estimator.

    Raises:
        UnsupportedModelError: A setting under which leaves are no plain steps of all their rows.
    """
    kind, settings = type(model).__name__, model.booster_.dump_model(num_iteration=1)
    objective = str(settings.get("objective", "")).split()[0]
    found = _parameters(model.booster_) | {"objective": objective}
    for name, fine in _PLAIN.items():
        value = found.get(name, fine if not isinstance(fine, tuple) else "")
        allowed = fine if isinstance(fine, tuple) else (fine,)
        if value not in allowed:
            fit = " or ".join(map(repr, allowed))
            raise UnsupportedModelError(f"{kind} with {name}={value!r} is not covered; use {fit}")
    if found["bagging_freq"] > 0 and found["bagging_fraction"] < 1.0:
        raise UnsupportedModelError(
            f"{kind} with subsample={found['bagging_fraction']}: which rows each tree saw is not "
            "on record; use subsample=1.0 or subsample_freq=0"
        )
    if model.booster_.best_iteration > 0:
        raise UnsupportedModelError(
            f"{kind} stopped early, by rows that are not on record; pass "
            f"n_estimators={model.booster_.best_iteration} and no early stopping"
        )
    return found


def _parameters(booster: Any) -> dict[str, Any]:
    """The parameters that the booster writes into its model, as numbers where they are."""
    text = booster.model_to_string(num_iteration=1).split("parameters:")[1]
    pairs = [line[1:-1].split(": ", 1) for line in text.splitlines() if line.startswith("[")]
    return {pair[0]: _number(pair[1] if len(pair) == 2 else "") for pair in pairs}


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def _values(tree: Any) -> Floats:
    """What each leaf adds, by its number."""
    out = np.zeros(tree["num_leaves"])
    below = [tree["tree_structure"]]
    while below:
        node = below.pop()
        if "leaf_value" in node:
            out[node.get("leaf_index", 0)] = node["leaf_value"]
        else:
            below += [node["left_child"], node["right_child"]]
    return out


def _weights(model: Any, y: Any) -> Floats:
    out = np.ones(len(y))
    if getattr(model, "class_weight", None) is not None:
        out = _LGBMComputeSampleWeight(model.class_weight, y)
    return out


def _grow(model: Any, X: Any, y: Any, weight: Floats | None, seed: int) -> Any:
    settings = model.get_params()
    more = {"random_state": again_seed(settings["random_state"], seed)} if seed else {}
    return type(model)(**settings | more).fit(X, y, sample_weight=weight)


def _random(model: Any) -> bool:
    found = _parameters(model.booster_)
    return bool(
        min(found["feature_fraction"], found["feature_fraction_bynode"]) < 1.0
        or found["extra_trees"]
    )


LIBRARY = Library("lightgbm", ensemble, _weights, _grow, _random)
