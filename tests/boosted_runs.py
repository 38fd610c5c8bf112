"""Recorded fits of boosted trees of every library, and a slow way to compute their outputs."""

import numpy as np
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from xgboost import XGBClassifier, XGBRegressor

from traceprop_nb.adapters.lightgbm.training import LightgbmTap
from traceprop_nb.adapters.sklearn.training import SklearnTap
from traceprop_nb.adapters.xgboost.training import XgboostTap
from traceprop_nb.gradients.capture import TrainOptions

TAPS = {"sklearn": SklearnTap, "lightgbm": LightgbmTap, "xgboost": XgboostTap}

REGRESSORS = {
    "gb": lambda **k: GradientBoostingRegressor(
        **{"n_estimators": 12, "max_depth": 2, "random_state": 0} | k
    ),
    "hist": lambda **k: HistGradientBoostingRegressor(
        **{"max_iter": 12, "max_leaf_nodes": 5, "l2_regularization": 0.5} | k
    ),
    "lightgbm": lambda **k: LGBMRegressor(
        **{"n_estimators": 12, "num_leaves": 5, "reg_lambda": 0.5, "verbose": -1, "n_jobs": 1} | k
    ),
    "xgboost": lambda **k: XGBRegressor(**{"n_estimators": 12, "max_depth": 2, "n_jobs": 1} | k),
}
CLASSIFIERS = {
    "gb": lambda **k: GradientBoostingClassifier(
        **{"n_estimators": 8, "max_depth": 2, "random_state": 0} | k
    ),
    "hist": lambda **k: HistGradientBoostingClassifier(**{"max_iter": 8, "max_leaf_nodes": 5} | k),
    "lightgbm": lambda **k: LGBMClassifier(
        **{"n_estimators": 8, "num_leaves": 5, "verbose": -1, "n_jobs": 1} | k
    ),
    "xgboost": lambda **k: XGBClassifier(**{"n_estimators": 8, "max_depth": 2, "n_jobs": 1} | k),
}


def table(classes, n=160, seed=0):
    """Rows, and labels of that many classes; targets for None."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 4)).round(2)
    lean = X[:, 0] + np.sin(2 * X[:, 1]) * X[:, 2] + 0.3 * rng.normal(size=n)
    if classes is None:
        return X, 10.0 + 3.0 * lean
    edges = np.quantile(lean, np.linspace(0, 1, classes + 1)[1:-1])
    return X, np.searchsorted(edges, lean)


def watched(model, X, y, **more):
    """The captures of a fit, and the tap's advice."""
    tap = TAPS[type(model).__module__.partition(".")[0]](lambda _: None)
    tap.start(TrainOptions())
    try:
        model.fit(X, y, **more)
    finally:
        captured = tap.stop()
    return captured, tap.advice()


def recorded(model, X, y, **more):
    """The run of a fit."""
    captured, advice = watched(model, X, y, **more)
    assert captured, advice
    return captured[0].run("trees")


def held_outputs(risk, weights, leaf, target=None):
    """Raw outputs of rows with these leaves if all leaves were computed anew; splits are held.

    By the definition, row by row and leaf by leaf: the start from the labels, then each round.
    """
    ensemble, loss = risk.ensemble, risk.ensemble.loss
    t = risk.target if target is None else target
    share = np.array([weights[t == c].sum() for c in range(max(2, ensemble.K))]) / weights.sum()
    start = {
        "mean": lambda: np.array([np.average(t, weights=weights)]),
        "log odds": lambda: np.array([np.log(share[1] / share[0])]),
        "log shares": lambda: np.log(share),
        "constant": lambda: ensemble.start,
    }[ensemble.started]()
    own = np.tile(start, (risk.n, 1))
    asked = np.tile(start, (len(leaf), 1))
    for round_ in range(ensemble.T):
        g, h = loss.slope(own, t), loss.curvature(own) * ensemble.factor
        own, asked = own.copy(), asked.copy()
        for k in range(ensemble.K):
            for at in range(len(ensemble.values[round_ * ensemble.K + k])):
                here = risk.leaf[:, round_, k] == at
                below = (weights * h[:, k])[here].sum() + ensemble.l2
                value = -ensemble.rate * (weights * g[:, k])[here].sum() / below
                own[here, k] += value
                asked[leaf[:, round_, k] == at, k] += value
    return asked


def slow_influence(run, query, rows, step=1e-4):
    """Slope of each query's loss in the weight of each of these rows, negated, by differences."""
    risk, loss = run.objective, run.objective.ensemble.loss
    out = np.empty((query.n, len(rows)))
    for at, i in enumerate(rows):
        ends = []
        for sign in (1, -1):
            weights = risk.weights.copy()
            weights[i] += sign * step
            ends.append(loss.loss(held_outputs(risk, weights, query.leaf), query.target))
        out[:, at] = (ends[1] - ends[0]) / (2 * step)
    return out
