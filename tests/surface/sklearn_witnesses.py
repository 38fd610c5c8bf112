"""A call of every public callable of scikit-learn that has a rule."""

from __future__ import annotations

from collections.abc import Iterator

import sklearn

from tests.surface.library import Library
from tests.surface.sklearn_estimators import Way, way
from tests.surface.sklearn_functions import FUNCTIONS
from tests.surface.sklearn_setting import SETTING, _is_method, home, kinds, public
from tests.surface.witness import Witness

_COUNTED = "labels and leaves change only when a row crosses a border"
_ASKED = (
    "transform predict predict_proba predict_log_proba predict_joint_log_proba decision_function "
    "score_samples apply decision_path mahalanobis gibbs latent_mean_and_variance sample_y"
).split()
_MOVING = "transform fit_transform decision_function score_samples mahalanobis".split()
"""Methods whose numbers move with every row."""
_BINARY = (
    "Binarizer MissingIndicator AdaBoostClassifier Birch GradientBoostingClassifier "
    "HistGradientBoostingClassifier IsolationForest IsotonicRegression RandomTreesEmbedding "
    "SelectFromModel VotingClassifier RFECV"
).split()
"""Estimators of which all numbers move only then."""
_NEAR = "kneighbors kneighbors_graph radius_neighbors radius_neighbors_graph".split()
_DISTANCE = {"kneighbors_graph": ", mode='distance'", "radius_neighbors_graph": ", mode='distance'"}
_TOLD = "get_feature_names_out get_support get_covariance get_precision".split()
_TUPLES = {"kneighbors", "radius_neighbors", "latent_mean_and_variance", "sample"}
_LISTS = {
    ("MultiOutputClassifier", "predict_proba"),
    ("CountVectorizer", "inverse_transform"),
    ("TfidfVectorizer", "inverse_transform"),
}


_LISTS_OF_ROWS = {("MultiLabelBinarizer", "inverse_transform"), ("DictVectorizer", "inverse_transform")}


def _estimators() -> Iterator[Witness]:
    for kind in kinds():
        if hasattr(kind, "get_params"):
            for name in dir(kind):
                if (kind.__name__, name) in _LISTS_OF_ROWS:
                    continue
                if not name.startswith("_") and _is_method(kind, name):
                    yield from _method(kind, name, way(kind, name))


def _method(kind: type, name: str, how: Way) -> Iterator[Witness]:
    full = f"sklearn.{home(kind)}.{kind.__name__}.{name}"
    make, fit = how.make, f"m = {how.make}\nm.fit({how.fit})\n"
    fitted = tuple(n for n in "FgtdW" if n not in how.ask) if how.ask != "s" else ()
    loose = "" if name in _MOVING and kind.__name__ not in _BINARY else _COUNTED
    first = "[0]" if name in _TUPLES or _in_tuple(kind, name) else ""
    if name == "fit":
        yield Witness(full, f"m = {make}\nout = m.fit({how.fit})", loose=_FITTED, sparing=True)
    elif name == "partial_fit":
        extra = ", classes=[0, 1]" if how.fit.endswith(", g") else ""
        extra = ", classes=[[0, 1], [0, 1]]" if kind.__name__ == "MultiOutputClassifier" else extra
        yield Witness(full, f"m = {make}\nm.partial_fit({how.fit}{extra})\nout = m", loose=_FITTED, sparing=True)
    elif name in ("fit_transform", "fit_predict"):
        yield Witness(full, f"m = {make}\nout = m.{name}({how.fit}){first}", loose=loose)
    elif name in _ASKED:
        yield Witness(full, f"{fit}out = m.{name}({how.ask}){first}", loose=loose, context=fitted)
    elif name in _NEAR:
        yield Witness(full, f"{fit}out = m.{name}({how.ask}{_DISTANCE.get(name, '')}){first}")
    elif name == "inverse_transform":
        asked = "m.transform(" + how.ask + ")"
        yield Witness(full, f"{fit}out = m.inverse_transform({asked}){first}", loose=loose, context=fitted)
    elif name == "sample":
        yield Witness(full, f"{fit}out = m.sample(3){first}")
    elif name in _TOLD:
        yield Witness(full, f"{fit}out = m.{name}()", loose=_COUNTED)
    elif name in ("path", "cost_complexity_pruning_path"):
        last = ".impurities" if name != "path" else "[1]"
        yield Witness(full, f"m = {make}\nout = m.{name}({how.fit}){last}", loose=_COUNTED)
    elif name == "dbscan_clustering":
        yield Witness(full, f"{fit}out = m.dbscan_clustering(1.0)", loose=_COUNTED)


_FITTED = "a row may leave a fit as it is"


def _in_tuple(kind: type, name: str) -> bool:
    if (kind.__name__, name) in _LISTS:
        return True
    if name == "decision_path":
        return hasattr(kind, "estimators_") or kind.__module__.startswith("sklearn.ensemble")
    pls = kind.__module__.startswith("sklearn.cross_decomposition")
    return (pls and name == "fit_transform")


WITNESSES = [*_estimators(), *FUNCTIONS]
LIBRARY = Library("sklearn", sklearn.__version__, public, SETTING, WITNESSES)
