"""Unlearning of linear models next to retraining them: Adult and Covertype, 5 % of the rows.

Retraining is what the user would do, fitting the estimator again on the retained rows, and Newton's
method from zero, which is the gold that the result is compared with. Each comparison is a ratio
within one process. Warm: the curvature of all rows is there from an earlier question; cold: not.
"""

from __future__ import annotations

import os
import pathlib
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.environment import ROOT
from benchmarks.measurement import Measurement, measured
from benchmarks.peers import arm, missing

REPEATS = 5


def measure() -> list[Measurement]:
    """Both data sets; those that are missing are named and left out."""
    rows: list[Measurement] = []
    for name, load in (("Adult", _adult), ("Covertype", _covertype)):
        data = load()
        if data is None:
            print(f"no {name} in {_folder()}: not measured (see the README of that folder)")
            continue
        what = f"{name}, n = {len(data[1]):,}"
        rows += _measured(what, *data)
        if not missing("traceprop"):
            rows += _traceprop(what, *data)
    return rows


def _measured(name: str, X: Any, y: Any) -> list[Measurement]:
    from sklearn.base import clone
    from sklearn.linear_model import LogisticRegression

    from traceprop_nb.adapters.sklearn.training import SklearnTap
    from traceprop_nb.gradients.capture import TrainOptions
    from traceprop_nb.unlearning import expansion
    from traceprop_nb.unlearning.forget import forget

    model = LogisticRegression(max_iter=1000)
    tap = SklearnTap(lambda _: None)
    tap.start(TrainOptions())
    model.fit(X, y)
    [captured] = tap.stop()
    run = captured.run("linear")
    got: dict[str, list[float]] = {}
    for seed in range(REPEATS):
        gone = np.random.default_rng(seed).choice(len(y), len(y) // 20, replace=False)
        keep = np.setdiff1d(np.arange(len(y)), gone)
        expansion._expansions.pop(run, None)
        cold = forget(run, gone, baselines=False, points=33)
        done = forget(run, gone, baselines=False, gold=1)
        refit, _ = _timed(lambda keep=keep: clone(model).fit(X[keep], y[keep]))
        at = int(np.argmin(np.abs(done.trajectory["strength"] - 1)))
        start, answer = done.trajectory["forget_loss"][0], done.trajectory["forget_loss"][at]
        gold = float(done.gold["forget_loss"])
        found = {
            "distance to gold left, %": 100 * float(done.left),
            "forget loss beside gold's, %": 100 * abs(answer / gold - 1),
            "gap closed, %": 100 * (answer - start) / (gold - start),
            "refitting / unlearning, warm": refit / done.seconds,
            "refitting / unlearning, cold": refit / cold.seconds,
            "Newton from zero / unlearning, warm": done.seconds_gold / done.seconds,
            "Newton from zero / unlearning, cold": done.seconds_gold / cold.seconds,
            "unlearning, warm, ms": 1e3 * done.seconds,
            "refitting, ms": 1e3 * refit,
        }
        for key, number in found.items():
            got.setdefault(key, []).append(number)
    goals = {"distance to gold left, %": "<= 0.1", "forget loss beside gold's, %": "<= 0.1",
             "gap closed, %": "100 +- 1", "refitting / unlearning, warm": ">= 10",
             "Newton from zero / unlearning, warm": ">= 10"}  # fmt: skip
    return [measured(f"{name}: {key}", v, "", goals.get(key, "")) for key, v in got.items()]


def _traceprop(name: str, X: Any, y: Any) -> list[Measurement]:
    got = []
    for seed in range(3):
        gone = np.random.default_rng(seed).choice(len(y), len(y) // 20, replace=False)
        got.append(arm("unlearning_arm.py", "traceprop", X=X, y=y, gone=gone))
    found = {
        "distance to gold left, %": [100 * one["left"] for one in got],
        "says verified": [float(one["verified"]) for one in got],
        "refitting / unlearning": [one["seconds_gold"] / one["seconds"] for one in got],
    }
    return [measured(f"{name}, Traceprop 0.7.0: {key}", v, "", "") for key, v in found.items()]


def _timed(work: Callable[[], object]) -> tuple[float, object]:
    began = time.perf_counter()
    got = work()
    return time.perf_counter() - began, got


def _folder() -> pathlib.Path:
    return pathlib.Path(os.environ.get("TRACEPROP_DATA", ROOT.parent / "shared/data"))


def _adult() -> tuple[Any, Any] | None:
    import pandas as pd
    from sklearn.preprocessing import StandardScaler

    files = [_folder() / "adult.data", _folder() / "adult.test"]
    if not all(file.exists() for file in files):
        return None
    read = {"header": None, "skipinitialspace": True, "comment": "|"}
    table = pd.concat([pd.read_csv(file, **read) for file in files], ignore_index=True)
    label = table.pop(14).str.startswith(">50K").to_numpy().astype(int)
    numbers = table.select_dtypes("number")
    words = pd.get_dummies(table.select_dtypes(exclude="number"), dtype=float)
    return np.hstack([StandardScaler().fit_transform(numbers), words.to_numpy()]), label


def _covertype() -> tuple[Any, Any] | None:
    import pandas as pd
    from sklearn.preprocessing import StandardScaler

    file = _folder() / "covtype_20k.csv.gz"
    if not file.exists():
        return None
    table = pd.read_csv(file)
    label = (table.pop("Cover_Type") == 2).to_numpy().astype(int)
    return StandardScaler().fit_transform(table.loc[:, table.std() > 0]), label


if __name__ == "__main__":
    from benchmarks.measurement import table

    print(table(measure()))
