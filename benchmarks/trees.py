"""Influence on boosted trees against trees grown again: Adult, 6,000 rows, 100 queries, 60 halves.

scikit-learn's two kinds, LightGBM and XGBoost, each with its own defaults. The models of the
halves are kept in ``build/``. No library that we know of has any such method to compare with.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from benchmarks.environment import ROOT
from benchmarks.measurement import Measurement, measured
from benchmarks.unlearning_linear import _adult
from traceprop_nb.attribution import evaluate, truth
from traceprop_nb.attribution.methods import attribute
from traceprop_nb.gradients.run import TrainingRun

ROWS, QUERIES, HALVES = 6_000, 100, 60
KEPT = ROOT / "build"
"""Where the trained halves are kept."""

ASKED = (
    ("leaf-influence", "leave_one_out"), ("leaf-influence", "half_subset"),
    ("boostin", "leave_one_out"), ("grad-dot", "leave_one_out"),
)  # fmt: skip


def measure() -> list[Measurement]:
    """LDS and CPU seconds of each method on each library's model."""
    data = _adult()
    if data is None:
        print("no Adult: not measured (see ../shared/data/README.md)")
        return []
    order = np.random.default_rng(0).permutation(len(data[1]))[: ROWS + QUERIES]
    X, y = data[0][order], data[1][order]
    rows: list[Measurement] = []
    for name, tap, model in models():
        run, seconds = recorded(tap, model, X[:ROWS], y[:ROWS])
        rows.append(measured(f"{name}: fit and recording, CPU", [seconds], "s"))
        query = run.query(X[ROWS:], y[ROWS:])
        made = grown(run, query, name)
        for method, estimand in ASKED:
            rows += _judged(name, run, (query, made), method, estimand)
    return rows


def models() -> list[tuple[str, Any, Any]]:
    """Name, tap and estimator; one thread each."""
    from lightgbm import LGBMClassifier
    from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier
    from xgboost import XGBClassifier

    from traceprop_nb.adapters.lightgbm.training import LightgbmTap
    from traceprop_nb.adapters.sklearn.training import SklearnTap
    from traceprop_nb.adapters.xgboost.training import XgboostTap

    return [
        ("LightGBM", LightgbmTap, LGBMClassifier(n_jobs=1, verbose=-1)),
        ("XGBoost", XgboostTap, XGBClassifier(n_jobs=1)),
        ("HistGradientBoosting", SklearnTap, HistGradientBoostingClassifier()),
        ("GradientBoosting", SklearnTap, GradientBoostingClassifier(random_state=0)),
    ]


def recorded(tap_of: Any, model: Any, X: Any, y: Any) -> tuple[TrainingRun, float]:
    """The run of a fit, and CPU seconds with recording."""
    from traceprop_nb.gradients.capture import TrainOptions

    tap = tap_of(lambda _: None)
    tap.start(TrainOptions())
    began = time.process_time()
    model.fit(X, y)
    seconds = time.process_time() - began
    [captured] = tap.stop()
    return captured.run("trees"), seconds


def grown(run: TrainingRun, query: Any, name: str) -> truth.GroundTruth:
    """The models of the halves, from an earlier measurement where they are there."""
    path = KEPT / f"trees_{name}.npz"
    made = truth.half_subsets(run, query, HALVES, 1, 0)
    if path.exists() and (held := truth.GroundTruth.load(path)).of == made.of:
        return held
    truth.train(run, query, made)
    KEPT.mkdir(exist_ok=True)
    made.save(path)
    return made


def _judged(
    name: str, run: TrainingRun, asked: tuple[Any, truth.GroundTruth], method: str, estimand: str
) -> list[Measurement]:
    query, made = asked
    began = time.process_time()
    scores = attribute(run, query, method=method, estimand=estimand)
    seconds = time.process_time() - began
    found = evaluate.lds(scores, made)
    what = f"{name}: {method}{', half_subset' if estimand == 'half_subset' else ''}"
    return [
        Measurement(f"{what}: LDS", found.value, "", found.low, found.high, found.models),
        measured(f"{what}: {QUERIES} queries, CPU", [seconds], "s"),
    ]


if __name__ == "__main__":
    from benchmarks.measurement import table

    print(table(measure()))
