"""A call of every public callable of imbalanced-learn that has a rule."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

import imblearn
import numpy as np

from tests.surface.library import Library
from tests.surface.witness import Setting, Witness

N = 24
BASES = {"X": 1000, "y": 2000, "Q": 3000}
SETUP = """
import numpy as np
from imblearn.combine import *
from imblearn.ensemble import *
from imblearn.over_sampling import *
from imblearn.under_sampling import *
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
"""
_MODULES = "combine datasets ensemble metrics over_sampling pipeline under_sampling".split()
_ASKED = "predict predict_proba predict_log_proba decision_function".split()
_SAMPLERS = {
    "RandomOverSampler": "random_state=0", "RandomUnderSampler": "random_state=0",
    "SMOTE": "random_state=0", "BorderlineSMOTE": "random_state=0", "SVMSMOTE": "random_state=0",
    "KMeansSMOTE": "random_state=0, k_neighbors=2, cluster_balance_threshold=.1,"
    " kmeans_estimator=KMeans(2, n_init=1, random_state=0)",
    "SMOTEENN": "random_state=0", "SMOTETomek": "random_state=0",
    "SMOTENC": "categorical_features=[2], random_state=0", "TomekLinks": "",
    "InstanceHardnessThreshold": "random_state=0, cv=2", "NearMiss": "",
    "EditedNearestNeighbours": "", "RepeatedEditedNearestNeighbours": "", "AllKNN": "",
    "OneSidedSelection": "random_state=0", "CondensedNearestNeighbour": "random_state=0",
    "NeighbourhoodCleaningRule": "", "ADASYN": "random_state=0", "SMOTEN": "random_state=0",
    "ClusterCentroids": "random_state=0",
}  # fmt: skip
INEXACT = ("ADASYN", "SMOTEN", "ClusterCentroids")
"""Samplers that make rows out of sight."""
_MODELS = {
    "BalancedBaggingClassifier": "LogisticRegression(), n_estimators=2, random_state=0",
    "BalancedRandomForestClassifier": "n_estimators=2, random_state=0",
    "EasyEnsembleClassifier": "n_estimators=2, random_state=0",
    "RUSBoostClassifier": "n_estimators=2, random_state=0",
}
_STABLE = ("RandomOverSampler", "RandomUnderSampler")


def _values() -> dict[str, Any]:
    made = np.random.default_rng(0)
    y = made.permutation(np.repeat([0, 1], [16, 8]))
    X = np.c_[made.normal(size=(N, 2)) + y[:, None], made.integers(0, 2, N)]
    return {"X": X, "y": y, "Q": made.normal(size=(4, 3))}


def _carried() -> dict[str, Any]:
    return {name: BASES[name] + np.zeros_like(value) for name, value in _values().items()}


def _changed(value: np.ndarray, row: int, _: int) -> np.ndarray:
    if value.ndim == 1:
        value[row] = 1 - value[row]
    else:
        value[row, :2] += 0.01
    return value


SETTING = Setting(SETUP, _values, _carried, BASES, _changed, variants=1)


def public() -> dict[str, Any]:
    """Every public function, sampler and question to a model."""
    found: dict[str, Any] = {
        "imblearn.FunctionSampler.fit_resample": (imblearn.FunctionSampler, "fit_resample")
    }
    for path in _MODULES:
        module = import_module(f"imblearn.{path}")
        for name in getattr(module, "__all__", ()):
            thing = getattr(module, name)
            if not inspect.isclass(thing):
                found[f"imblearn.{path}.{name}"] = thing
                continue
            asked = _ASKED if hasattr(thing, "predict") else ()
            for method in (*asked, "fit_resample"):
                if method in dir(thing):
                    found[f"imblearn.{path}.{name}.{method}"] = (thing, method)
    return found


def _witnesses() -> list[Witness]:
    made = []
    for full, (kind, method) in ((k, v) for k, v in public().items() if isinstance(v, tuple)):
        name = kind.__name__
        if method == "fit_resample" and name in _SAMPLERS:
            loose = "" if name in _STABLE else "which rows are taken or made moves too"
            call = f"out, z = {name}({_SAMPLERS[name]}).fit_resample(X, y)"
            made.append(Witness(full, call, loose=loose, sparing=bool(loose)))
        elif name in _MODELS:
            call = f"m = {name}({_MODELS[name]}).fit(X, y)\nout = m.{method}(Q)"
            made.append(Witness(full, call, loose="a vote counts", context=("X", "y")))
        elif method != "fit_resample":
            call = (
                "from imblearn.pipeline import Pipeline\n"
                "m = Pipeline([('s', SMOTE(random_state=0)), ('l', LogisticRegression())])\n"
                f"out = m.fit(X, y).{method}(Q)"
            )
            made.append(Witness(full, call, loose="a class is counted", context=("X", "y")))
    return made


WITNESSES = _witnesses()
LIBRARY = Library("imblearn", imblearn.__version__, public, SETTING, WITNESSES)
