"""Unlearning of a network next to retraining it: MNIST 4 against 9, an MLP 784-256-1.

Two requests of 5 % of the rows each: random rows, which retraining hardly misses, and rows whose
label was turned over before the training, which it does. Gold is the recorded recipe, trained from
several seeds on the retained rows.
"""

from __future__ import annotations

import os
import pathlib
from typing import Any

import numpy as np

from benchmarks.environment import ROOT
from benchmarks.measurement import Measurement, measured

GOLDS = 5
NETWORKS = ("fine-tune", "neg-grad", "gradient-ascent", "scrub", "influence-steps")


def measure(trainings: int = 3) -> list[Measurement]:
    """Every method on both requests, over several trainings; empty where the data is missing."""
    data = _data()
    if data is None:
        print(f"no {_path()}: unlearning of networks is not measured (see its README)")
        return []
    rows: list[Measurement] = []
    for request in ("random rows", "mislabelled rows"):
        found: dict[str, list[dict[str, float]]] = {}
        for seed in range(trainings):
            for name, got in _one(data, request, seed).items():
                found.setdefault(name, []).append(got)
        for name, runs in found.items():
            rows += _rows(f"{request}, {name}", runs)
    return rows


def _rows(what: str, runs: list[dict[str, float]]) -> list[Measurement]:
    goals = {"disagreement beyond gold's band": "<= 0", "membership AUC": "0.5 +- 0.03",
             "test accuracy beside gold's": "0 +- 0.3"}  # fmt: skip
    units = {"test accuracy beside gold's": "pp", "time beside one retraining": "x"}
    return [
        measured(
            f"{what}: {key}", [run[key] for run in runs], units.get(key, ""), goals.get(key, "")
        )
        for key in runs[0]
    ]


def _one(data: dict[str, Any], request: str, seed: int) -> dict[str, dict[str, float]]:
    from traceprop_nb.gradients.progress import silent
    from traceprop_nb.unlearning.compare import beside
    from traceprop_nb.unlearning.forget import forget
    from traceprop_nb.unlearning.gold import retrained
    from traceprop_nb.unlearning.held_out import held_out

    rng = np.random.default_rng(seed)
    gone = np.sort(rng.choice(len(data["y"]), len(data["y"]) // 20, replace=False))
    labels = data["y"].copy()
    if request == "mislabelled rows":
        labels[gone] = 1 - labels[gone]
    run = trained(data["X"], labels, seed)
    evaluate = {"test": held_out(run, data["X_test"], data["y_test"])}
    found: dict[str, dict[str, float]] = {}
    gold = retrained(run, np.setdiff1d(np.arange(len(labels)), gone), GOLDS, silent)
    for method in NETWORKS:
        done = forget(run, gone, method=method, evaluate=evaluate, baselines=False, seed=seed)
        done = beside(run, done, gold, evaluate)
        at = int(np.argmin(np.abs(done.trajectory["strength"] - 1)))
        found[method] = _said(done, done.trajectory[at]) | {
            "time beside one retraining": done.seconds / (done.seconds_gold / GOLDS)
        }
        if method == NETWORKS[0]:
            found = {"nothing": _said(done, done.trajectory[0]), **found}
    return found


def _said(done: Any, point: Any) -> dict[str, float]:
    gold = done.golds
    differ = float(point["disagreement_with_gold"])
    return {
        "disagreement with gold, %": 100 * differ,
        "gold's own disagreement, %": 100 * float(gold["disagreement_with_gold"].mean()),
        "disagreement beyond gold's band": 100 * (differ - done.band["disagreement_with_gold"][1]),
        "membership AUC": float(point["membership_auc"]),
        "gold's membership AUC": float(gold["membership_auc"].mean()),
        "test accuracy beside gold's": 100 * float(
            point["test_accuracy"] - gold["test_accuracy"].mean()
        ),
        "forget loss beside gold's": float(point["forget_loss"] / gold["forget_loss"].mean()),
    }  # fmt: skip


def trained(X: Any, y: Any, seed: int, epochs: int = 8) -> Any:
    """The run of a user's own loop, recorded."""
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    from traceprop_nb.adapters.torch.training import TorchTap
    from traceprop_nb.gradients.capture import TrainOptions

    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 1), nn.Flatten(0))
    rows = TensorDataset(torch.from_numpy(X), torch.from_numpy(y.astype(np.float32)))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    batches = DataLoader(rows, batch_size=64, shuffle=True)
    tap = TorchTap(lambda _: None)
    tap.start(TrainOptions())
    try:
        for _ in range(epochs):
            for xb, yb in batches:
                optimizer.zero_grad()
                nn.functional.binary_cross_entropy_with_logits(model(xb), yb).backward()
                optimizer.step()
    finally:
        [captured] = tap.stop()
    return captured.run("mnist")


def _path() -> pathlib.Path:
    return (
        pathlib.Path(os.environ.get("TRACEPROP_DATA", ROOT.parent / "shared/data"))
        / "mnist_4v9.npz"
    )


def _data() -> dict[str, Any] | None:
    if not _path().exists():
        return None
    with np.load(_path()) as file:
        return {
            "X": (file["x_train"].reshape(-1, 784) / 255).astype(np.float32),
            "y": file["y_train"].astype(np.int64),
            "X_test": (file["x_test"].reshape(-1, 784) / 255).astype(np.float32),
            "y_test": file["y_test"].astype(np.int64),
        }


if __name__ == "__main__":
    from benchmarks.measurement import table

    print(table(measure(1)))
