"""A call of every public callable of scikit-learn that has a rule."""

from __future__ import annotations

from collections.abc import Iterator

import sklearn

from tests.surface.library import Library
from tests.surface.sklearn_estimators import Way, way
from tests.surface.sklearn_functions import FUNCTIONS
from tests.surface.sklearn_setting import SETTING, home, is_method, kinds, public
from tests.surface.witness import Witness

_COUNTED = "labels and leaves change only when a row crosses a border"
_MOVING = "transform fit_transform decision_function score_samples mahalanobis".split()
"""Methods whose numbers move with every row."""
_BINARY = (
    "Binarizer MissingIndicator AdaBoostClassifier Birch GradientBoostingClassifier "
    "HistGradientBoostingClassifier IsolationForest IsotonicRegression RandomTreesEmbedding "
    "SelectFromModel VotingClassifier RFECV SelectFwe KBinsDiscretizer"
).split()
"""Estimators of which all numbers move only then."""
_FIRST = {
    "fit": "m = {make}\nout = m.fit({fit})",
    "partial_fit": "m = {make}\nm.partial_fit({fit}{classes})\nout = m",
    "fit_transform": "m = {make}\nout = m.fit_transform({fit}){first}",
    "fit_predict": "m = {make}\nout = m.fit_predict({fit})",
    "path": "m = {make}\nout = m.path({fit})[1]",
    "cost_complexity_pruning_path": "m = {make}\n"
    "out = m.cost_complexity_pruning_path({fit}).impurities",
}
"""Methods that take the rows to fit on."""
_ASKED = (
    "transform predict predict_proba predict_log_proba predict_joint_log_proba decision_function "
    "score_samples apply decision_path mahalanobis gibbs latent_mean_and_variance sample_y"
).split()
_THEN = {
    **{name: f"out = m.{name}({{ask}}){{first}}" for name in _ASKED},
    **{name: f"out = m.{name}({{ask}})[0]" for name in ("kneighbors", "radius_neighbors")},
    "kneighbors_graph": "out = m.kneighbors_graph({ask}, mode='distance')",
    "radius_neighbors_graph": "out = m.radius_neighbors_graph({ask}, mode='distance')",
    "inverse_transform": "out = m.inverse_transform(m.transform({ask})){first}",
    "sample": "out = m.sample(3)[0]",
    "dbscan_clustering": "out = m.dbscan_clustering(1.0)",
    **{name: f"out = m.{name}()" for name in ("get_feature_names_out", "get_support")},
    **{name: f"out = m.{name}()" for name in ("get_covariance", "get_precision")},
}
"""Methods of a fitted estimator."""
_LISTS = {
    ("MultiOutputClassifier", "predict_proba"),
    ("CountVectorizer", "inverse_transform"),
    ("TfidfVectorizer", "inverse_transform"),
}
_PLAIN_LISTS = {
    ("MultiLabelBinarizer", "inverse_transform"),
    ("DictVectorizer", "inverse_transform"),
}
"""Results that are lists of plain values."""


def _estimators() -> Iterator[Witness]:
    for kind in kinds():
        for name in dir(kind) if hasattr(kind, "get_params") else ():
            known = name in _FIRST or name in _THEN
            if known and is_method(kind, name) and (kind.__name__, name) not in _PLAIN_LISTS:
                yield _method(kind, name, way(kind, name))


def _method(kind: type, name: str, how: Way) -> Witness:
    full = f"sklearn.{home(kind)}.{kind.__name__}.{name}"
    before = "" if name in _FIRST else "m = {make}\nm.fit({fit})\n"
    source = before + (_FIRST.get(name) or _THEN[name])
    first = "[0]" if _in_tuple(kind, name) else ""
    cell = source.format(
        make=how.make, fit=how.fit, ask=how.ask, first=first, classes=_classes(kind, how)
    )
    if name in ("fit", "partial_fit"):
        return Witness(full, cell, loose="a row may leave a fit as it is", sparing=True)
    moving = name in _MOVING and kind.__name__ not in _BINARY
    loose = "" if moving or "neighbors" in name else _COUNTED
    asked = name in _ASKED or name == "inverse_transform"
    fitted = tuple(n for n in "FgtdW" if n not in how.ask) if asked and how.ask != "s" else ()
    return Witness(full, cell, loose=loose, context=fitted)


def _classes(kind: type, how: Way) -> str:
    if kind.__name__ == "MultiOutputClassifier":
        return ", classes=[[0, 1], [0, 1]]"
    return ", classes=[0, 1]" if how.fit.endswith(", g") else ""


def _in_tuple(kind: type, name: str) -> bool:
    if (kind.__name__, name) in _LISTS or name == "latent_mean_and_variance":
        return True
    if name == "decision_path":
        return kind.__module__.startswith("sklearn.ensemble")
    return kind.__module__.startswith("sklearn.cross_decomposition") and name == "fit_transform"


WITNESSES = [*_estimators(), *FUNCTIONS]
LIBRARY = Library("sklearn", sklearn.__version__, public, SETTING, WITNESSES)
