"""Small torch training loops, and a tap around them."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from tests.conformance.conftest import table
from traceprop_nb.adapters.torch.training import TorchTap
from traceprop_nb.gradients.capture import TrainOptions

X, y = (torch.from_numpy(a) for a in table(3))
X = X.float()


def network():
    return nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Dropout(0.2), nn.Linear(6, 3))


def sgd(module):
    return torch.optim.SGD(module.parameters(), lr=0.1, momentum=0.9, weight_decay=0.01)


def loop(module, loader, *, epochs=3, loss=None, optimizer=sgd, before=lambda x: x):
    loss = loss or nn.CrossEntropyLoss()
    stepper = optimizer(module)
    for _ in range(epochs):
        for xb, yb in loader:
            stepper.zero_grad()
            loss(module(before(xb)), yb).backward()
            stepper.step()
    return module


def watched(cell, node_of=lambda _: None, lookup=None, **options):
    tap = TorchTap(node_of, lookup)
    tap.start(TrainOptions(**options))
    try:
        cell()
    finally:
        captured = tap.stop()
    return captured, tap.advice()


def loader(dataset=None, **options):
    options = {"batch_size": 8, "shuffle": True} | options
    return DataLoader(TensorDataset(X, y) if dataset is None else dataset, **options)
