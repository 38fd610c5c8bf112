"""K-FAC and EK-FAC against retraining, next to kronfluence: a softmax and a network on digits.

Truth: models trained on random halves of the rows, 100 of the softmax, 100 times 4 seeds of the
network; they are kept in ``build/``. Each library attributes in a process of its own, one thread.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.attribution_task import run_of as linear_run, tables
from benchmarks.environment import ROOT
from benchmarks.measurement import Measurement, measured
from benchmarks.peers import arm, missing
from traceprop_nb.attribution import truth
from traceprop_nb.gradients.run import TrainingRun

GOALS = {"softmax": "0.866", "network": "0.636"}
"""LDS of EK-FAC."""

KEPT = ROOT / "build"
"""Where the trained halves are kept."""


def measure() -> list[Measurement]:
    """LDS, seconds, and how many times faster than the peer."""
    X, y, Q, t = (part[:, :-1] if part.ndim == 2 else part for part in tables()["digits"])
    rows: list[Measurement] = []
    for name, make, seeds in (("softmax", softmax_run, 1), ("network", network_run, 4)):
        run = make(X, y)
        problem = {"X": X, "y": y, "Q": Q, "t": t} | _weights(run)
        query = run.query(asked(run, Q), t)
        made = _made(run, query, seeds, name)
        problem |= {"kept": made.kept.astype(np.float64), "losses": made.mean}
        rows += _rows(f"digits, {name}, p = {run.objective.p}", GOALS[name], problem)
    return rows


def _made(run: TrainingRun, query: Any, seeds: int, name: str) -> truth.GroundTruth:
    """The trained halves, from an earlier measurement where they are there."""
    path = KEPT / f"kronecker_{name}.npz"
    made = truth.half_subsets(run, query, 100, seeds, 0)
    if path.exists() and (held := truth.GroundTruth.load(path)).of == made.of:
        return held
    truth.train(run, query, made)
    KEPT.mkdir(exist_ok=True)
    made.save(path)
    return made


def _rows(what: str, goal: str, problem: dict[str, Any]) -> list[Measurement]:
    libraries = [name for name in ("ours", "kronfluence") if not missing(name)]
    found = {name: arm("kronecker_arm.py", name, **problem) for name in libraries}
    rows = []
    for library, methods in found.items():
        for method, got in methods.items():
            wanted = f">= {goal}" if (library, method) == ("ours", "ekfac") else ""
            rows.append(measured(f"{what}: {library}, {method}: LDS", [got["lds"]], "", wanted))
            rows.append(measured(f"{what}: {library}, {method}: CPU", got["seconds"], "s"))
    for method in ("kfac", "ekfac") if len(found) == 2 else ():
        theirs, mine = (sorted(found[k][method]["seconds"]) for k in ("kronfluence", "ours"))
        ratios = [theirs[len(theirs) // 2] / one for one in mine]
        rows.append(
            measured(f"{what}: {method}, CPU of kronfluence over ours", ratios, "x", ">= 20")
        )
    return rows


def _weights(run: TrainingRun) -> dict[str, Any]:
    """Weights and biases by layer."""
    parts = {}
    if run.framework == "sklearn":
        W = run.w.reshape(10, -1)
        return {"W0": W[:, :-1], "b0": W[:, -1]}
    for number, layer in enumerate(run.objective.layers(run.w)):  # type: ignore[attr-defined]  # a torch run has layers
        W = run.w[layer.place]
        parts |= {f"W{number}": W[:, :-1], f"b{number}": W[:, -1]}
    return parts


def asked(run: TrainingRun, Q: Any) -> Any:
    """Queries as the run's model sees them: the softmax has a column of ones."""
    return np.column_stack([Q, np.ones(len(Q))]) if run.framework == "sklearn" else Q


def softmax_run(X: Any, y: Any) -> TrainingRun:
    """Every weight penalised, the intercept as well."""
    return linear_run(np.column_stack([X, np.ones(len(X))]), y)


def network_run(X: Any, y: Any) -> TrainingRun:
    """64-32-10 with ReLU, 400 full batches of Adam."""
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    from traceprop_nb.adapters.torch.training import TorchTap
    from traceprop_nb.gradients.capture import TrainOptions

    torch.manual_seed(100)
    module = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-2, weight_decay=1e-3)
    rows = TensorDataset(torch.from_numpy(X).float(), torch.from_numpy(y))
    tap = TorchTap(lambda _: None)
    tap.start(TrainOptions())
    for _ in range(400):
        for xb, yb in DataLoader(rows, batch_size=len(rows)):
            optimizer.zero_grad()
            nn.functional.cross_entropy(module(xb), yb).backward()
            optimizer.step()
    [captured] = tap.stop()
    return captured.run("network")


def run_of(problem: dict[str, Any]) -> TrainingRun:
    """The run of a problem that an arm has read, trained again to the same parameters."""
    return (network_run if "W1" in problem else softmax_run)(problem["X"], problem["y"])


if __name__ == "__main__":
    from benchmarks.measurement import table

    print(table(measure()))
