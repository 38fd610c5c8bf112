"""What scikit-learn's witnesses work on: rows to fit on and other rows to ask about."""

from __future__ import annotations

import functools
import hashlib
import inspect
import pickle
import types
import warnings
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.experimental import enable_halving_search_cv, enable_iterative_imputer  # noqa: F401
from sklearn.utils import all_estimators

from tests.surface.witness import Setting

N, M = 12, 4
BASES = {"F": 1000, "g": 2000, "t": 3000, "Q": 4000, "d": 5000, "e": 6000, "s": 7000, "S": 8000,
         "W": 9000, "h": 10000}  # fmt: skip
_STEP = 2.3
_WORDS = "red green blue".split()
SETUP = """
import numpy as np, pandas as pd
import sklearn
from sklearn.experimental import enable_halving_search_cv, enable_iterative_imputer
from sklearn import (
    base, calibration, cluster, compose, covariance, cross_decomposition, datasets, decomposition,
    discriminant_analysis, dummy, ensemble, feature_extraction, feature_selection, frozen,
    gaussian_process, impute, inspection, isotonic, kernel_approximation, kernel_ridge,
    linear_model, manifold, metrics, mixture, model_selection, multiclass, multioutput,
    naive_bayes, neighbors, neural_network, pipeline, preprocessing, random_projection,
    semi_supervised, svm, tree, utils,
)
from sklearn.feature_extraction import image, text
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import StandardScaler
from scipy import sparse
"""


def _values() -> dict[str, Any]:
    made = np.random.default_rng(0)
    F, Q = made.uniform(0.5, 5, (N, 3)), made.uniform(0.5, 5, (M, 3))
    d = pd.DataFrame({"c": (_WORDS * 4)[:N], "v": made.normal(size=N).round(3)})
    return {
        "F": F,
        "g": np.array([0, 1] * (N // 2)),
        "t": made.uniform(1, 4, N),
        "Q": Q,
        "d": d,
        "e": d.iloc[:M].reset_index(drop=True),
        "s": pd.Series([f"{_WORDS[i % 3]} {_WORDS[i % 2]} sky" for i in range(N)]),
        "S": sparse.csr_matrix(F.copy()),
        "W": made.uniform(0.5, 2, N),
        "h": np.array([0, 1, 1, 0]),
    }


def _carried() -> dict[str, Any]:
    rows = {name: base + np.arange(M if name in "Qeh" else N) for name, base in BASES.items()}
    wide = {name: np.repeat(rows[name][:, None].astype(float), 3, axis=1) for name in "FQS"}
    return {
        **{name: rows[name] for name in ("g", "h")},
        **{name: rows[name].astype(float) for name in ("t", "W")},
        "F": wide["F"],
        "Q": wide["Q"],
        "S": sparse.csr_matrix(wide["S"]),
        **{n: pd.DataFrame({"c": rows[n], "v": rows[n].astype(float)}) for n in "de"},
        "s": pd.Series(rows["s"]),
    }


def changed(value: Any, row: int, _: int) -> Any:
    """A copy with another row."""
    if isinstance(value, pd.DataFrame):
        value.loc[row, "v"] += 1.7
        value.loc[row, "c"] = _WORDS[(_WORDS.index(value.loc[row, "c"]) + 1) % 3]
        return value
    if isinstance(value, pd.Series):
        value.loc[row] = "red red red"
        return value
    if sparse.issparse(value):
        dense = value.toarray()
        dense[row] += _STEP
        return sparse.csr_matrix(dense)
    if value.dtype.kind in "iu":
        value[row] = 1 - value[row]
        return value
    value[row] += _STEP * (1 + np.arange(3) if value.ndim > 1 else 1)
    return value


def rows(out: Any) -> np.ndarray:
    """A result as an array with a first axis; a model is one row, of all that it learnt."""
    if sparse.issparse(out):
        return out.toarray() if len(out.shape) > 1 else out.toarray().reshape(-1)
    if isinstance(out, BaseEstimator | dict):
        return np.array([_digest(out)])
    array = np.asarray(out)
    if array.dtype == object and array.size and isinstance(array.flat[0], np.ndarray):
        return np.array([_digest(one) for one in array])
    return array.reshape(1) if array.ndim == 0 else array


def _digest(thing: Any) -> int:
    return int(hashlib.sha256(pickle.dumps(thing)).hexdigest()[:12], 16)


SETTING = Setting(SETUP, _values, _carried, BASES, changed, rows, variants=1)

MODULES = (
    "base calibration cluster compose covariance datasets decomposition feature_extraction "
    "feature_extraction.image feature_selection inspection isotonic linear_model manifold metrics "
    "metrics.pairwise model_selection neighbors pipeline preprocessing random_projection svm tree "
    "utils"
).split()


def public() -> dict[str, Any]:
    """Every public function, and every public method of an estimator or splitter."""
    import sklearn

    found: dict[str, Any] = {}
    for name in "clone get_config set_config config_context show_versions".split():
        found[f"sklearn.{name}"] = getattr(sklearn, name)
    for path in MODULES:
        for name, thing in _functions(import_module(f"sklearn.{path}")).items():
            if thing not in found.values():
                found[f"sklearn.{path}.{name}"] = thing
    for kind in kinds():
        for name in dir(kind):
            if not name.startswith("_") and is_method(kind, name):
                found[f"sklearn.{home(kind)}.{kind.__name__}.{name}"] = (kind, name)
    return found


def _functions(module: types.ModuleType) -> dict[str, Any]:
    names = getattr(module, "__all__", None)
    if names is None:
        names = [
            n
            for n in dir(module)
            if getattr(getattr(module, n), "__module__", "") == module.__name__
        ]
    found = {}
    for name in names:
        thing = getattr(module, name, None)
        if not name.startswith("_") and callable(thing) and not inspect.isclass(thing):
            found[name] = thing
    return found


def is_method(kind: type, name: str) -> bool:
    """Whether a class has a public method of that name, if only for some of its kind."""
    if name.startswith("_"):
        return False
    held = inspect.getattr_static(kind, name)
    return callable(held) or isinstance(held, staticmethod) or hasattr(held, "check")


@functools.cache
def kinds() -> tuple[type, ...]:
    """Every estimator and every splitter."""
    from sklearn import model_selection as ms

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {kind for _, kind in all_estimators()}
    found |= {
        kind
        for kind in vars(ms).values()
        if inspect.isclass(kind) and hasattr(kind, "get_n_splits")
    }
    found -= {ms.BaseCrossValidator, ms.BaseShuffleSplit}
    return tuple(sorted(found, key=lambda kind: kind.__name__))


def home(kind: type) -> str:
    """The public module of a class: the shortest that has it."""
    parts = kind.__module__.split(".")[1:]
    paths = (".".join(parts[:k]) for k in range(1, len(parts) + 1))
    return next(path for path in paths if hasattr(import_module(f"sklearn.{path}"), kind.__name__))
