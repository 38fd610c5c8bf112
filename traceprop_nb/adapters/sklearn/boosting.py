"""scikit-learn's boosted trees, read: leaves by its own traversal, values as it holds them."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.utils.class_weight import compute_sample_weight

from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.boosting.ensemble import Ensemble, Leaves
from traceprop_nb.gradients.boosting.library import Library
from traceprop_nb.gradients.boosting.losses import Binary, BoostedLoss, Multinomial, Squared
from traceprop_nb.gradients.boosting.recipe import again_seed
from traceprop_nb.gradients.finite import require_finite
from traceprop_nb.gradients.objective import Floats

BOOSTED = (
    GradientBoostingClassifier, GradientBoostingRegressor,
    HistGradientBoostingClassifier, HistGradientBoostingRegressor,
)  # fmt: skip
_HIST = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)
_LOSSES = ("squared_error", "log_loss")


def ensemble(model: Any) -> Ensemble:
    """The trees of a fitted estimator, copied.

    Raises:
        UnsupportedModelError: It was trained in a way that is not covered; says which.
    """
    require_covered(model)
    read = _histograms if isinstance(model, _HIST) else _exact
    return read(copy.deepcopy(model))


def require_covered(model: Any) -> None:
    """Raise for settings under which a leaf is not a plain step of all its rows.

    Raises:
        UnsupportedModelError: Names the setting, its value and what to set.
    """
    kind = type(model).__name__
    if model.loss not in _LOSSES:
        raise UnsupportedModelError(
            f"{kind} with loss={model.loss!r} is not covered; use one of {_LOSSES}"
        )
    stops = getattr(model, "do_early_stopping_", getattr(model, "n_iter_no_change", None))
    if stops:
        raise UnsupportedModelError(
            f"{kind} kept rows aside to stop early, and which is not on record; pass "
            + ("early_stopping=False" if isinstance(model, _HIST) else "n_iter_no_change=None")
            + " and the number of trees that it found"
        )
    if model.warm_start:
        raise UnsupportedModelError(f"{kind} with warm_start=True: earlier fits are not on record")
    if getattr(model, "subsample", 1.0) < 1.0:
        raise UnsupportedModelError(
            f"{kind} with subsample={model.subsample}: which rows each tree saw is not on record; "
            "use subsample=1.0"
        )
    if getattr(model, "monotonic_cst", None) is not None:
        raise UnsupportedModelError(
            f"{kind} with monotonic_cst: bounds change the leaves, so rows act through them; "
            "train without it"
        )
    if not isinstance(model, _HIST) and type(model.init_) not in (DummyClassifier, DummyRegressor):
        raise UnsupportedModelError(
            f"{kind} with init={model.init!r}: that estimator learnt from the rows as well; use "
            "init=None"
        )


def loss_of(classes: int | None) -> BoostedLoss:
    """The loss by the number of classes; None for a regression."""
    if classes is None:
        return Squared()
    return Binary() if classes == 2 else Multinomial()


def _classes(model: Any) -> int | None:
    classes = getattr(model, "classes_", None)
    return None if classes is None else len(classes)


def _exact(model: Any) -> Ensemble:
    loss = loss_of(_classes(model))
    trees = model.estimators_.ravel().tolist()
    ends = [np.flatnonzero(tree.tree_.children_left == -1) for tree in trees]
    values = [tree.tree_.value[at, 0, 0] for tree, at in zip(trees, ends, strict=True)]
    T, K = model.estimators_.shape

    def leaves(X: Any) -> Leaves:
        require_finite(np.asarray(X, dtype=np.float64), "the query")
        own = model.estimators_[0, 0]._validate_X_predict(X, check_input=True)
        found = [np.searchsorted(e, t.tree_.apply(own)) for t, e in zip(trees, ends, strict=True)]
        return np.stack(found, axis=1).reshape(len(own), T, K).astype(np.int32)

    factor = K / (K - 1) if K > 1 else 1.0
    start = model._raw_predict_init(np.zeros((1, model.n_features_in_)))[0]
    return Ensemble(
        loss, np.asarray(start, np.float64), "constant",
        tuple(model.learning_rate * v for v in values), model.learning_rate, 0.0, factor, leaves,
    )  # fmt: skip


def _histograms(model: Any) -> Ensemble:
    loss = loss_of(_classes(model))
    trees = [tree for round_ in model._predictors for tree in round_]
    T, K = len(model._predictors), len(model._predictors[0])
    values: list[Floats] = []
    for tree in trees:  # each leaf gives its own number in place of its value
        at = np.flatnonzero(tree.nodes["is_leaf"])
        values.append(tree.nodes["value"][at].astype(np.float64))
        tree.nodes = tree.nodes.copy()
        tree.nodes["value"][at] = np.arange(len(at))
    bits, places = model._bin_mapper.make_known_categories_bitsets()

    def leaves(X: Any) -> Leaves:
        own = model._preprocess_X(X, reset=False)
        found = [tree.predict(own, bits, places, 1) for tree in trees]
        return np.stack(found, axis=1).reshape(len(own), T, K).astype(np.int32)

    return Ensemble(
        loss, np.asarray(model._baseline_prediction, np.float64).ravel(), "constant",
        tuple(values), model.learning_rate, model.l2_regularization, 1.0, leaves,
    )  # fmt: skip


def _weights(model: Any, y: Any) -> Floats:
    stated = getattr(model, "class_weight", None)
    return np.ones(len(y)) if stated is None else compute_sample_weight(stated, y)


def _grow(model: Any, X: Any, y: Any, weight: Floats | None, seed: int) -> Any:
    again = clone(model)
    again.set_params(random_state=again_seed(model.random_state, seed))
    return again.fit(X, y, sample_weight=weight)


def _random(model: Any) -> bool:
    """Features are drawn, or, where splits are searched exactly, ties between them."""
    share = model.max_features
    drawn = share is not None and share != 1.0 and share != model.n_features_in_
    ties = not isinstance(model, _HIST) and not isinstance(model.random_state, int)
    return drawn or ties


LIBRARY = Library("sklearn", ensemble, _weights, _grow, _random)
