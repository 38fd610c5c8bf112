"""Many small networks trained at once, as one stack of matrices: truth for a benchmark in minutes.

Each model is 784-256-1 with ReLU, trained by SGD with momentum on its own rows in an order of its
own, as ``benchmarks.gradients`` trains the model that is explained.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

STACK = 10
"""Models that are trained together."""

HIDDEN, EPOCHS, BATCH, RATE, MOMENTUM, DECAY = 256, 12, 128, 0.1, 0.9, 1e-3


def losses(X: Any, y: Any, Q: Any, t: Any, kept: Any, seed: int) -> Any:
    """Losses (s, m) of the queries under one model for each part of the rows, (s, n) bool."""
    import torch
    from torch.nn import functional

    rows, labels, asked, answers = (torch.tensor(v).float() for v in (X, y, Q, t))
    found = []
    for start in range(0, len(kept), STACK):
        some = kept[start : start + STACK]
        draw = torch.Generator().manual_seed(1000 * seed + start)
        own = torch.tensor(np.array([np.flatnonzero(k) for k in some]))
        w = _trained(rows, labels, own, draw)
        z = _outputs(asked.expand(len(some), *asked.shape), w)[1]
        told = answers.expand_as(z)
        found.append(functional.binary_cross_entropy_with_logits(z, told, reduction="none"))
    return torch.cat(found).double().numpy()


def _start(models: int, draw: Any) -> list[Any]:
    """Weights as PyTorch's linear layers draw them."""
    import torch

    def uniform(*shape: int, width: int) -> Any:
        return (2.0 * torch.rand(*shape, generator=draw) - 1.0) / math.sqrt(width)

    return [
        uniform(models, 784, HIDDEN, width=784), uniform(models, 1, HIDDEN, width=784),
        uniform(models, HIDDEN, 1, width=HIDDEN), uniform(models, 1, 1, width=HIDDEN),
    ]  # fmt: skip


def _trained(rows: Any, labels: Any, own: Any, draw: Any) -> list[Any]:
    """Parameters of one model for each row of ``own`` (models, half)."""
    import torch

    models, half = own.shape
    w = _start(models, draw)
    speed = [torch.zeros_like(part) for part in w]
    for _ in range(EPOCHS):
        shuffled = torch.stack([torch.randperm(half, generator=draw) for _ in range(models)])
        order = torch.gather(own, 1, shuffled)
        for at in order.split(BATCH, dim=1):
            for part, fast, slope in zip(w, speed, _slopes(rows[at], labels[at], w), strict=True):
                fast.mul_(MOMENTUM).add_(slope).add_(part, alpha=DECAY)
                part.sub_(fast, alpha=RATE)
    return w


def _outputs(x: Any, w: list[Any]) -> tuple[Any, Any]:
    """Hidden units (models, m, HIDDEN) and outputs (models, m)."""
    import torch

    hidden = torch.baddbmm(w[1], x, w[0]).relu()
    return hidden, torch.baddbmm(w[3], hidden, w[2])[..., 0]


def _slopes(x: Any, y: Any, w: list[Any]) -> list[Any]:
    """Of the mean loss of a batch in each part of the parameters."""
    hidden, z = _outputs(x, w)
    delta = ((z.sigmoid() - y) / x.shape[1])[..., None]
    back = (delta @ w[2].transpose(1, 2)) * (hidden > 0)
    return [
        x.transpose(1, 2) @ back, back.sum(1, keepdim=True),
        hidden.transpose(1, 2) @ delta, delta.sum(1, keepdim=True),
    ]  # fmt: skip
