"""The linear models that attribution is measured on: digits, Adult and Covertype, real data."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.unlearning_linear import _adult, _covertype
from traceprop_nb.gradients.run import TrainingRun

SIZES = {"digits": (1_400, 200), "Adult": (6_000, 100), "Covertype": (19_900, 100)}
"""Training rows and queries."""


def tables() -> dict[str, tuple[Any, Any, Any, Any]]:
    """X, y, Q, t of each task whose data are there; features with a column of ones."""
    from sklearn.datasets import load_digits

    pixels, digit = load_digits(return_X_y=True)
    found = {"digits": (pixels / 16.0, digit), "Adult": _adult(), "Covertype": _covertype()}
    out = {}
    for name, data in found.items():
        if data is None:
            print(f"no {name}: not measured (see ../shared/data/README.md)")
            continue
        n, m = SIZES[name]
        order = np.random.default_rng(0).permutation(len(data[1]))[: n + m]
        X = np.column_stack([data[0][order], np.ones(len(order))])
        y = data[1][order]
        out[name] = X[:n], y[:n], X[n:], y[n:]
    return out


def run_of(X: Any, y: Any) -> TrainingRun:
    """A recorded run of scikit-learn's logistic regression, C = 1, every weight penalised."""
    from sklearn.linear_model import LogisticRegression

    from traceprop_nb.adapters.sklearn.training import SklearnTap
    from traceprop_nb.gradients.capture import TrainOptions

    tap = SklearnTap(lambda _: None)
    tap.start(TrainOptions())
    LogisticRegression(fit_intercept=False, tol=1e-8, max_iter=5_000).fit(X, y)
    [captured] = tap.stop()
    return captured.run("linear")
