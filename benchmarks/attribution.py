"""How well influence foretells retraining, and how long it takes, next to dattri.

Truth: 100 models trained on random halves (LDS), 50 without one row, and Shapley values by
retraining along random orders. Each library attributes in a process of its own, one thread.
"""

from __future__ import annotations

import time

import numpy as np
from scipy.stats import pearsonr, spearmanr

from benchmarks.attribution_task import run_of, tables
from benchmarks.measurement import Measurement, measured
from benchmarks.peers import arm, missing
from traceprop_nb.attribution import evaluate, truth
from traceprop_nb.attribution.methods import attribute
from traceprop_nb.gradients.optimum import newton

GOALS = {"digits": ("0.970", "0.1"), "Adult": ("0.985", "0.05"), "Covertype": ("0.995", "0.1")}
"""LDS and seconds."""

ORDERS = 300
"""Random orders behind the Shapley values; their two halves agree at 0.99 and better."""


def measure() -> list[Measurement]:
    """LDS and leave-one-out on real data, Shapley values on a small problem."""
    rows: list[Measurement] = []
    for name, table in tables().items():
        rows += _lds(name, *table)
        rows += _leave_one_out(name, *table)
    return rows + _shapley()


def _lds(name, X, y, Q, t) -> list[Measurement]:
    run = run_of(X, y)
    query = run.query(Q, t)
    made = truth.half_subsets(run, query, 100, 1, 0)
    truth.train(run, query, made)
    weights = run.w.reshape(-1, X.shape[1])
    rows = []
    for library in ("ours", "dattri"):
        if missing(library):
            continue
        found = arm(
            "attribution_arm.py", library, X=X, y=y, Q=Q, t=t, w=weights,
            kept=made.kept.astype(np.float64), losses=made.mean,
        )  # fmt: skip
        for estimator, got in found.items():
            what = f"{name}, n = {len(y):,}, p = {run.objective.p}: {library}, {estimator}"
            best = library == "ours" and estimator == "half_subset"
            goal = GOALS[name] if best else ("", "")
            rows.append(measured(f"{what}: LDS", [got["lds"]], "", goal[0] and f">= {goal[0]}"))
            rows.append(
                measured(f"{what}: CPU", [got["seconds"]], "s", goal[1] and f"<= {goal[1]} s")
            )
    return rows


def _leave_one_out(name, X, y, Q, t) -> list[Measurement]:
    run = run_of(X, y)
    query = run.query(Q[:50], t[:50])
    gone = np.sort(np.random.default_rng(1).choice(len(y), 50, replace=False))
    made = truth.each_left_out(run, query, gone, 1)
    truth.train(run, query, made)
    scores = attribute(run, query)
    told, true = scores.scores[:, gone].T, made.mean[1:] - made.mean[0]
    found = evaluate.leave_one_out(scores, made, gone)
    error = 100 * np.linalg.norm(told - true) / np.linalg.norm(true)
    rank = spearmanr(told.ravel(), true.ravel())[0]
    what = f"{name}, n = {len(y):,}: leaving one out against retraining"
    return [
        measured(f"{what}: error", [float(error)], "%", "<= 3 %"),
        measured(f"{what}: Spearman", [float(rank)], "", ">= 0.999"),
        measured(f"{what}: slope", [float(found.scale or 0.0)], "", "1 +- 0.01"),
    ]


def _shapley() -> list[Measurement]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 8))
    y = (rng.random(120) < 1 / (1 + np.exp(-X @ rng.normal(size=8)))).astype(int)
    run = run_of(X[:100], y[:100])
    query, every = run.query(X[100:], y[100:]), np.arange(20)
    parts = np.zeros((2, 100, 20))
    began = time.process_time()
    for order in range(ORDERS):
        w = np.zeros(8)
        before = query.loss(w, every)
        rows = rng.permutation(100)
        for k, row in enumerate(rows):
            w = newton(run.objective.restrict(np.sort(rows[: k + 1])), w, rtol=1e-3).w
            after = query.loss(w, every)
            parts[order % 2, row] += before - after
            before = after
    retraining = time.process_time() - began
    mean = parts.sum(axis=0) / ORDERS
    began = time.process_time()
    got = attribute(run, query, estimand="shapley").scores.T
    ratio = retraining / (time.process_time() - began)
    each = [float(pearsonr(got[:, q], mean[:, q])[0]) for q in range(20)]
    halves = [float(pearsonr(parts[0, :, q], parts[1, :, q])[0]) for q in range(20)]
    what = f"Shapley, logistic, n = 100, d = 8, against {ORDERS * 100:,} retrainings"
    return [
        measured(f"{what}: Pearson", each, "", ">= 0.99"),
        measured(f"{what}: Pearson of their two halves", halves, "", ""),
        measured(f"{what}: CPU of retraining over closed form", [ratio], "x", ">= 1000"),
    ]


if __name__ == "__main__":
    from benchmarks.measurement import table

    print(table(measure()))
