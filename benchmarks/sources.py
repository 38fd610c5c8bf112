"""Which file drove a prediction: six files of the same columns, against training without each.

Adult (6,000 rows, 100 queries), logistic regression. Files are bands of age, as when each comes
from another office, or random sixths, whose effects differ by chance only: there everything hangs
on small differences. Truth: scikit-learn fitted again without each file, on the query's own label.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from benchmarks.attribution_task import run_of
from benchmarks.measurement import Measurement, measured
from benchmarks.peers import arm, missing
from benchmarks.unlearning_linear import _adult
from traceprop_nb.attribution.by_source import by_source
from traceprop_nb.attribution.group_left_out import group_left_out
from traceprop_nb.attribution.methods import attribute

FILES = 6
ROWS, QUERIES = 6_000, 100


def measure() -> list[Measurement]:
    """P@1, rank correlation and relative error of each estimator."""
    data = _adult()
    if data is None:
        print("no Adult: not measured (see ../shared/data/README.md)")
        return []
    order = np.random.default_rng(0).permutation(len(data[1]))[: ROWS + QUERIES]
    X = np.column_stack([data[0][order], np.ones(len(order))])
    y = data[1][order]
    rows: list[Measurement] = []
    age = X[:ROWS, 0].argsort(kind="stable").argsort()
    random = np.random.default_rng(1).permutation(ROWS)
    for name, place in (("by age", age), ("random", random)):
        rows += _measured(f"files {name}", (X, y), place * FILES // ROWS)
    return rows


def _measured(what: str, data: tuple[Any, Any], file: Any) -> list[Measurement]:
    X, y = data
    run = run_of(X[:ROWS], y[:ROWS])
    query = run.query(X[ROWS:], y[ROWS:])
    true = _truth(X, y, file)
    told = {}
    told["sum of first-order effects"] = by_source(
        attribute(run, query, method="influence").scores, np.arange(ROWS), file, n_sources=FILES
    )
    told["sum of leave-one-out effects"] = by_source(
        attribute(run, query).scores, np.arange(ROWS), file, n_sources=FILES
    )
    began = time.process_time()
    told["each file as a whole"] = group_left_out(run.objective, query, run.w, np.eye(FILES)[file])
    seconds = time.process_time() - began
    if not missing("traceprop"):
        got = arm("sources_arm.py", "traceprop", X=X[:ROWS], y=y[:ROWS], Q=X[ROWS:], t=y[ROWS:],
                  place=file, w=run.w)  # fmt: skip
        told |= {f"Traceprop, {k}": np.array(v) for k, v in got.items()}
    rows = [m for name, scores in told.items() for m in judged(f"{what}: {name}", scores, true)]
    return [*rows, measured(f"{what}: each file as a whole, CPU", [seconds], "s")]


def _truth(X: Any, y: Any, file: Any) -> Any:
    """Rise of each query's loss without each file, (m, files)."""
    from sklearn.linear_model import LogisticRegression

    def losses(keep: Any) -> Any:
        model = LogisticRegression(fit_intercept=False, tol=1e-8, max_iter=5_000)
        model.fit(X[:ROWS][keep], y[:ROWS][keep])
        return -model.predict_log_proba(X[ROWS:])[np.arange(QUERIES), y[ROWS:]]

    whole = losses(np.ones(ROWS, bool))
    return np.stack([losses(file != f) - whole for f in range(FILES)], axis=1)


def judged(what: str, told: Any, true: Any) -> list[Measurement]:
    """P@1, mean Spearman over queries, and the error as a share of the truth's length."""
    from scipy.stats import spearmanr

    hits = (told.argmax(axis=1) == true.argmax(axis=1)).astype(float)
    ranks = [float(spearmanr(a, b)[0]) for a, b in zip(told, true, strict=True)]
    error = float(np.linalg.norm(told - true) / np.linalg.norm(true))
    n = len(true)
    low, high = np.quantile(ranks, [0.25, 0.75])
    return [
        Measurement(f"{what}: P@1", hits.mean(), "", hits.mean(), hits.mean(), n),
        Measurement(f"{what}: rank correlation", float(np.mean(ranks)), "", low, high, n),
        Measurement(f"{what}: relative error", error, "", error, error, n),
    ]


if __name__ == "__main__":
    from benchmarks.measurement import table

    print(table(measure()))
