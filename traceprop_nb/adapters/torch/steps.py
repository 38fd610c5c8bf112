"""What one optimizer trained: which module, on which rows, with which loss, step by step."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from traceprop_nb.adapters.torch.batches import Batch
from traceprop_nb.adapters.torch.data import Stored, stored, unchanged
from traceprop_nb.adapters.torch.trail import Starts, Trail
from traceprop_nb.adapters.torch.view import parameters
from traceprop_nb.gradients.capture import NodeOf, TrainOptions
from traceprop_nb.gradients.objective import Floats, Ints

ORDER_LIMIT = 1 << 26
"""Bytes of row order kept of one training, 64 MiB; beyond it only the digest goes on."""


@dataclass
class Forward:
    """One call of a module that was followed by a loss."""

    module: nn.Module
    inputs: tuple[Tensor, ...]
    output: Tensor
    batch: Batch | None
    loss: str | None = None
    reduction: str = "mean"
    options: dict[str, Any] = field(default_factory=dict)
    loss_input: Tensor | None = None
    target: Tensor | None = None
    losses: int = 0
    pushed: bool = False
    scale: float = 1.0
    obstacle: str = ""

    def mark(self, _gradient: Tensor) -> None:
        """Called by the backward pass through the output."""
        self.pushed = True

    def scaled(self, gradient: Tensor) -> None:
        """Called by the backward pass through the loss: what the loss was multiplied by."""
        self.scale = float(gradient)


@dataclass
class SeenRows:
    """Inputs and targets as they passed, by dataset row, first pass only."""

    inputs: list[Tensor]
    target: Tensor
    known: Tensor

    @staticmethod
    def like(inputs: tuple[Tensor, ...], target: Tensor, n: int) -> SeenRows:
        """Room for n rows shaped like these batches."""

        def room(batch: Tensor) -> Tensor:
            return torch.empty((n, *batch.shape[1:]), dtype=batch.dtype)

        rooms = [room(x) for x in inputs]
        return SeenRows(rooms, room(target), torch.zeros(n, dtype=torch.bool))

    def add(self, rows: Ints, forward: Forward) -> None:
        """Keep the rows that are new."""
        index = torch.from_numpy(rows)
        new = ~self.known[index]
        if not bool(new.any()) or forward.target is None:
            return
        for room, batch in zip(self.inputs, forward.inputs, strict=True):
            room[index[new]] = batch.detach().cpu()[new]
        self.target[index[new]] = forward.target.detach().cpu()[new]
        self.known[index[new]] = True


class Training:
    """Everything seen of one optimizer; grows with each step.

    Args:
        optimizer: The user's optimizer.
        options: How many checkpoints to keep, and the loss's name where none can be seen.
        node_of: The lineage node of a live object, or None.
    """

    def __init__(
        self, optimizer: torch.optim.Optimizer, options: TrainOptions, node_of: NodeOf
    ) -> None:
        self.optimizer, self.options = optimizer, options
        self.origin: tuple[int | None, Ints | None] = (None, None)
        self.y_node: int | None = None
        self._node_of = node_of
        self.modules: list[nn.Module] = []
        self.first: Forward | None = None
        self.dataset: Any = None
        self.visits: Ints = np.zeros(0, dtype=np.int64)
        self.stored: Stored | None = None
        self.seen: SeenRows | None = None
        self.problems: list[str] = []
        self.steps = self.batches = self.rows_used = 0
        self.epochs: list[Ints] = []
        self.kept: list[tuple[int, Floats, float]] = []
        self.trail = Trail()
        self.start: nn.Module | None = None
        self.began, self.ended = time.perf_counter(), 0.0
        self.cpu_began, self.cpu_ended = time.process_time(), 0.0
        self._epoch: list[Ints] = []
        self._order = hashlib.sha256()
        self._order_bytes = 0
        self._owned = {id(p) for g in optimizer.param_groups for p in g["params"]}

    @property
    def order_digest(self) -> str:
        """sha256 over all batches' rows in the order of training."""
        return "sha256:" + self._order.hexdigest()

    @property
    def names(self) -> set[str]:
        """Names of the module's parameters that this optimizer trains."""
        return {n for n, p in self.modules[0].named_parameters() if id(p) in self._owned}

    def owns(self, module: nn.Module) -> bool:
        """Whether this optimizer trains any of the module's parameters."""
        return any(id(p) in self._owned for p in module.parameters())

    def step(self, forwards: list[Forward], starts: Starts) -> None:
        """One optimizer step taken on these calls."""
        self.steps += 1
        before = self.batches
        self.ended, self.cpu_ended = time.perf_counter(), time.process_time()
        for forward in forwards:
            if all(forward.module is not m for m in self.modules):
                self.modules.append(forward.module)
                self._begins(starts.taken(forward.module))
            if forward.loss is None and self.options.loss is None:
                self._problem("no loss of torch.nn.functional was seen on the model's output")
            elif forward.losses > 1:
                self._problem(f"{forward.losses} losses were computed on one output")
            else:
                self._use(forward)
        self.trail.step(self.batches - before, self.optimizer)

    def _begins(self, start: nn.Module | str) -> None:
        if isinstance(start, str):
            self.trail.lacks(start)
        else:
            self.start = start

    def epoch_ended(self, dataset: Any) -> None:
        """A pass over a dataset ended."""
        if dataset is not self.dataset or not self._epoch:
            return
        self._close_epoch()
        if self.options.checkpoints > 1 and len(self.modules) == 1:
            rate = float(self.optimizer.param_groups[0]["lr"])
            self.kept.append((len(self.epochs), parameters(self.modules[0], self.names), rate))
            if len(self.kept) > 2 * self.options.checkpoints:
                self.kept = self.kept[1::2]

    def finish(self) -> None:
        """Close an epoch that was left early."""
        if self._epoch:
            self._close_epoch()

    def _close_epoch(self) -> None:
        order = np.concatenate(self._epoch)
        self._epoch = []
        self._order_bytes += order.nbytes
        self.trail.epoch()
        if self._order_bytes > ORDER_LIMIT:
            order = order[:0]
            self.trail.lacks(f"the order of rows takes more than {ORDER_LIMIT >> 20} MiB")
        self.epochs.append(order)

    def _problem(self, text: str) -> None:
        if text not in self.problems:
            self.problems.append(text)

    def _use(self, forward: Forward) -> None:
        rows = self._rows(forward)
        if rows is None:
            return
        if self.first is None:
            self._begin(forward, rows)
        if self.seen is not None:
            self.seen.add(rows, forward)
        np.add.at(self.visits, rows, 1)
        self.rows_used += len(rows)
        self.batches += 1
        self.trail.batch(len(rows), forward.scale)
        if forward.obstacle:
            self.trail.lacks(forward.obstacle)
        self._epoch.append(rows)
        self._order.update(np.int64(len(rows)).tobytes() + rows.tobytes())

    def _rows(self, forward: Forward) -> Ints | None:
        m = len(forward.inputs[0]) if forward.inputs else 0
        if forward.batch is None:
            return self._whole(forward, m)
        dataset, rows = forward.batch.dataset, forward.batch.rows
        if rows is None:
            self._problem("the DataLoader's batches have no row numbers in order")
        elif len(rows) != m:
            self._problem(f"a batch of {len(rows)} rows entered the model as {m}")
            return None
        elif self.dataset is not None and dataset is not self.dataset:
            self._problem("one optimizer was trained on two datasets")
            return None
        if self.dataset is None:
            self.dataset = dataset
        return rows

    def _whole(self, forward: Forward, m: int) -> Ints | None:
        """Training on one tensor as a whole needs no DataLoader."""
        source = forward.inputs[0] if forward.inputs else None
        if source is None or (self.dataset is not None and not _same(self.dataset, source)):
            self._problem("batches came from no DataLoader, so their rows are not known")
            return None
        if self.dataset is None:
            self.dataset = source
        return np.arange(m, dtype=np.int64)

    def _begin(self, forward: Forward, rows: Ints) -> None:
        self.visits = np.zeros(len(self.dataset), dtype=np.int64)
        self.first = forward
        self.stored = stored(self.dataset)
        self.origin = self.stored.origin(self._node_of)
        if self.stored.tensors:
            self.y_node = self._node_of(self.stored.tensors[-1])
        if forward.target is None and self.stored.tensors:
            forward.target = self.stored.rows(rows)[-1]  # the loss was named, not seen
        forward.inputs = tuple(_copied(x) for x in forward.inputs)
        forward.output = _copied(forward.output)
        if forward.loss_input is not None:
            forward.loss_input = _copied(forward.loss_input)
        if forward.target is None:
            self._problem("the loss was not seen, and the dataset holds no tensor of targets")
            return
        forward.target = _copied(forward.target)
        if not unchanged(self.stored, rows, forward.inputs, forward.target):
            self.seen = SeenRows.like(forward.inputs, forward.target, len(self.dataset))


def _copied(tensor: Tensor) -> Tensor:
    return tensor.detach().cpu().clone()


def _same(a: Any, b: Tensor) -> bool:
    return isinstance(a, Tensor) and a.data_ptr() == b.data_ptr() and a.shape == b.shape
