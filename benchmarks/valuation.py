"""Nearest-neighbour values next to pyDVL and Traceprop: time a pair, and who finds the bad rows.

Each library runs in a process of its own, one thread, on the same numbers; the slow ones on fewer
of them, since their time a pair hardly depends on how many there are. The peers' environment is
made by ``scripts/peers.sh``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.measurement import Measurement, measured
from benchmarks.peers import arm, missing

SIZES = {"ours": (50_000, 100), "pydvl": (5_000, 20), "traceprop": (2_000, 10)}
GOALS = {"ours": "<= 40 ns"}
SEEDS = range(15)


def measure() -> list[Measurement]:
    """Time, flipped labels and the flipped source."""
    rows: list[Measurement] = []
    for name, (n, m) in SIZES.items():
        if missing(name):
            continue
        seconds = np.array(asked(name, *normal(n, m))["seconds"])
        pair = (1e9 * seconds / (n * m)).tolist()
        rows.append(
            measured(f"{name}: {m} x {n:,}, d = 100, a pair", pair, "ns", GOALS.get(name, ""))
        )
        if name == "ours":
            rows.append(measured(f"{name}: {m} x {n:,}", seconds.tolist(), "s", "<= 0.3 s"))
    for name in SIZES:
        if not missing(name):
            rows += flipped(name)
    return rows


def flipped(name: str) -> list[Measurement]:
    """Whether rows with a turned-over label, and the source that they are in, come last."""
    from sklearn.metrics import roc_auc_score

    auc, last, missed = [], [], []
    for seed in SEEDS:
        X, labels, Q, t, bad = breast_cancer(seed)
        values = np.array(asked(name, X, labels, Q, t)["values"])
        auc.append(float(roc_auc_score(bad, -values)))
        source = np.where(bad, 0, 1 + np.arange(len(X)) % 4)
        mean = [values[source == s].mean() for s in range(5)]
        last.append(float(np.argmin(mean) == 0))
        near = np.argsort(((Q[:, None] - X[None]) ** 2).sum(axis=2), axis=1, kind="stable")[:, :10]
        missed.append(float(abs(values.sum() - (labels[near] == t[:, None]).mean())))
    what = f"{name}: breast cancer, 40 of 400 labels turned over"
    return [
        measured(f"{what}: AUC of finding them", auc, "", ">= 0.98" if name == "ours" else ""),
        measured(f"{what}: their source comes last", last, "share", "1" if name == "ours" else ""),
        measured(f"{what}: sum of values less utility", missed, "", "0" if name == "ours" else ""),
    ]


def asked(name: str, X: Any, y: Any, Q: Any, t: Any) -> dict[str, Any]:
    """One library's seconds and values, ten neighbours."""
    return arm("valuation_arm.py", name, X=X, y=y, Q=Q, t=t, k=10)


def normal(n: int, m: int) -> tuple[Any, ...]:
    """Rows of 100 normal numbers with labels of two classes."""
    rng = np.random.default_rng(0)
    X, Q = rng.normal(size=(n, 100)), rng.normal(size=(m, 100))
    return X, (X[:, 0] > 0).astype(np.int64), Q, (Q[:, 0] > 0).astype(np.int64)


def breast_cancer(seed: int) -> tuple[Any, ...]:
    """400 training rows, 40 of them with a turned-over label, and 169 validation rows."""
    from sklearn.datasets import load_breast_cancer
    from sklearn.preprocessing import StandardScaler

    X, y = load_breast_cancer(return_X_y=True)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(X))
    X, y = StandardScaler().fit_transform(X)[order], y[order]
    bad = np.zeros(400, dtype=bool)
    bad[rng.choice(400, 40, replace=False)] = True
    return X[:400], np.where(bad, 1 - y[:400], y[:400]), X[400:], y[400:], bad


if __name__ == "__main__":
    from benchmarks.measurement import table

    print(table(measure()))
