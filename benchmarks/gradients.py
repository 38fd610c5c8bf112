"""Projections of gradients and the engines for networks: samples a second, LDS and CPU seconds.

Each measurement has a process of its own and one thread. Truth for MNIST 4 against 9: 60 halves of
the rows, two models each, trained in stacks; for digits, that of ``benchmarks.kronecker``'s network
with 30 halves and one model each, kept in ``build/``.
"""

from __future__ import annotations

import hashlib
import os
import pathlib
from typing import Any

import numpy as np

from benchmarks import stacked
from benchmarks.environment import ROOT
from benchmarks.measurement import Measurement, measured
from benchmarks.peers import arm

QUERIES, HALVES, SEEDS, FEW, MODELS = 150, 60, 2, 30, 5

DIMENSIONS = {"118k": 512, "1.5M": 2048}
GOALS = {"118k": ">= 100,000", "1.5M": ">= 12,000"}


def measure() -> list[Measurement]:
    """All of it."""
    return _projectors() + _mnist() + _sketches() + _many()


def _projectors() -> list[Measurement]:
    rows = []
    for size, k in DIMENSIONS.items():
        for name, speeds in _measured("projectors", size=size, k=k).items():
            goal = GOALS[size] if name.startswith("TensorSketch") else ""
            rows.append(measured(f"p = {size}, k = {k}: {name}", speeds, "samples/s", goal))
    return rows


def _mnist() -> list[Measurement]:
    path = pathlib.Path(os.environ.get("TRACEPROP_DATA", ROOT.parent / "shared/data"))
    if not (path / "mnist_4v9.npz").exists():
        print("no MNIST: not measured (see ../shared/data/README.md)")
        return []
    with np.load(path / "mnist_4v9.npz") as file:
        X, Q = (file[key].reshape(-1, 784) / 255.0 for key in ("x_train", "x_test"))
        y, t = (file[key].astype(np.float64) for key in ("y_train", "y_test"))
    Q, t = Q[:QUERIES], t[:QUERIES]
    rng = np.random.default_rng(0)
    kept = np.array([rng.permutation(len(X)) < len(X) // 2 for _ in range(HALVES)])
    losses = _truth(X, y, Q, t, kept)
    got = _measured("mnist", X=X, y=y, Q=Q, t=t, kept=kept, losses=losses, models=MODELS)
    print(f"MNIST: {got['note']}")
    what = "MNIST 4 against 9, 784-256-1"
    return [
        measured(f"{what}: LDS, 1 model", got["lds"][:1], "", ">= 0.53"),
        measured(f"{what}: LDS, {MODELS} models", got["lds"][-1:], "", ">= 0.62"),
        measured(f"{what}: CPU a model, {QUERIES} queries", got["seconds"], "s", "<= 2"),
    ]


def _truth(X: Any, y: Any, Q: Any, t: Any, kept: Any) -> Any:
    """Losses (s, m) under the halves' models, from an earlier measurement where they are there."""
    settings = (stacked.HIDDEN, stacked.EPOCHS, stacked.BATCH, stacked.RATE, stacked.DECAY, SEEDS)
    digest = hashlib.sha256(repr(settings).encode())
    for part in (X, y, Q, t, kept):
        digest.update(np.ascontiguousarray(part).tobytes())
    path = ROOT / f"build/gradients_mnist_{digest.hexdigest()[:12]}.npy"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        np.save(path, [stacked.losses(X, y, Q, t, kept, seed) for seed in range(SEEDS)])
    return np.load(path).mean(axis=0)


def _sketches() -> list[Measurement]:
    from benchmarks.attribution_task import tables
    from benchmarks.kronecker import asked, network_run
    from traceprop_nb.attribution import truth

    X, y, Q, t = (part[:, :-1] if part.ndim == 2 else part for part in tables()["digits"])
    run = network_run(X, y)
    query = run.query(asked(run, Q), t)
    made, path = truth.half_subsets(run, query, FEW, 1, 0), ROOT / "build/gradients_digits.npz"
    if path.exists() and (held := truth.GroundTruth.load(path)).of == made.of:
        made = held
    else:
        truth.train(run, query, made)
        path.parent.mkdir(exist_ok=True)
        made.save(path)
    got = _measured("sketches", X=X, y=y, Q=Q, t=t, kept=made.kept, losses=made.mean, k=512)
    what = "digits, p = 2,410, TRAK"
    return [
        measured(
            f"{what}: LDS, {name}" + ("" if name == "not projected" else ", k = 512"), values, "",
            "within 0.01 of Rademacher" if name == "TensorSketch" else "",
        )
        for name, values in got.items()
    ]  # fmt: skip


def _many() -> list[Measurement]:
    got = _measured("many")
    print(f"50,000 rows: {got['note']}")
    what = "50,000 rows, p = 22k, k = 2,048, 100 queries: TRAK, CPU"
    return [measured(what, got["seconds"], "s", "<= 4")]


def _measured(name: str, **problem: Any) -> Any:
    return arm("gradients_arm.py", "ours", part=name, **problem)


def lds(scores: Any, kept: Any, losses: Any) -> float:
    """Mean over queries of the rank correlation of told and true losses."""
    from scipy.stats import spearmanr

    told = -(np.asarray(kept, dtype=float) @ scores.T)
    return float(np.mean([spearmanr(told[:, q], losses[:, q])[0] for q in range(told.shape[1])]))


def mnist_run(X: Any, y: Any, seed: int) -> Any:
    """The run of a user's own loop: SGD with momentum on a network of one hidden layer."""
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    from traceprop_nb.adapters.torch.training import TorchTap
    from traceprop_nb.gradients.capture import TrainOptions

    torch.manual_seed(seed)
    module = nn.Sequential(
        nn.Linear(784, stacked.HIDDEN), nn.ReLU(), nn.Linear(stacked.HIDDEN, 1), nn.Flatten(0)
    )
    optimizer = torch.optim.SGD(
        module.parameters(), lr=stacked.RATE, momentum=stacked.MOMENTUM, weight_decay=stacked.DECAY
    )
    rows = TensorDataset(torch.tensor(X).float(), torch.tensor(y).float())
    batches = DataLoader(rows, batch_size=stacked.BATCH, shuffle=True)
    tap = TorchTap(lambda _: None)
    tap.start(TrainOptions())
    for _ in range(stacked.EPOCHS):
        for xb, yb in batches:
            optimizer.zero_grad()
            nn.functional.binary_cross_entropy_with_logits(module(xb), yb).backward()
            optimizer.step()
    [captured] = tap.stop()
    return captured.run("mnist")
