"""What is kept of a training loop so that it can be repeated: the start, and what changed a step.

Read, never written: a deep copy of the module before its first training step, and a few numbers
a batch. Whatever cannot be repeated is named in ``missing``, once.
"""

from __future__ import annotations

import copy
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

Options = Mapping[str, Any]
"""One parameter group without its parameters."""


@dataclass
class Start:
    """A module as it was before it was trained."""

    module: nn.Module
    versions: tuple[int, ...]


class Starts:
    """The modules that were called, each as it was before its first step."""

    def __init__(self) -> None:
        self._of: dict[int, tuple[nn.Module, Start | None]] = {}
        self._stepped: set[int] = set()

    def see(self, module: nn.Module) -> None:
        """A module is about to be called with gradients on, and no optimizer has stepped on it."""
        if id(module) in self._stepped:
            return
        parameters = list(module.parameters())
        if not any(p.requires_grad for p in parameters):
            return
        versions = tuple(p._version for p in parameters)
        known = self._of.get(id(module))
        if known is not None and known[1] is not None and known[1].versions == versions:
            return  # between two steps only running statistics move, and they start with the first
        try:
            start: Start | None = Start(copy.deepcopy(module), versions)
        except Exception:  # noqa: BLE001  # a module that cannot be copied still trains
            start = None
        self._of[id(module)] = (module, start)

    def taken(self, module: nn.Module) -> nn.Module | str:
        """The copy of a module on which an optimizer steps for the first time, or why not."""
        if id(module) in self._stepped:
            return "another optimizer had trained the module in the same cell"
        self._stepped.add(id(module))
        known = self._of.get(id(module))
        if known is None or known[1] is None:
            return f"{type(module).__name__} could not be copied before its first step"
        return known[1].module


@dataclass
class Trail:
    """A training, step by step.

    Attributes:
        sizes: Rows of each batch, in order.
        scales: What each batch's loss was multiplied by before the backward pass.
        steps: Batches of each optimizer step.
        epochs: Batches of each epoch.
        groups: (step, options of each parameter group) from that step on.
        missing: Why it cannot be repeated; empty if it can.
    """

    sizes: array[int] = field(default_factory=lambda: array("q"))
    scales: array[float] = field(default_factory=lambda: array("d"))
    steps: array[int] = field(default_factory=lambda: array("q"))
    epochs: array[int] = field(default_factory=lambda: array("q"))
    groups: list[tuple[int, tuple[Options, ...]]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def batch(self, rows: int, scale: float) -> None:
        """One batch was used in the step that is being taken."""
        self.sizes.append(rows)
        self.scales.append(scale)

    def step(self, batches: int, optimizer: torch.optim.Optimizer) -> None:
        """An optimizer step was taken on the latest batches."""
        if not batches:
            self.lacks("an optimizer step followed no recorded batch")
        now = tuple(_options(group) for group in optimizer.param_groups)
        if not self.groups or self.groups[-1][1] != now:
            self.groups.append((len(self.steps), now))
        self.steps.append(batches)

    def epoch(self) -> None:
        """A pass over the data ended."""
        self.epochs.append(len(self.sizes) - sum(self.epochs))

    def lacks(self, reason: str) -> None:
        """Something happened that a repetition could not do."""
        if reason not in self.missing:
            self.missing.append(reason)


def _options(group: Mapping[str, Any]) -> Options:
    return {name: _plain(value) for name, value in group.items() if name != "params"}


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Tensor) and value.numel() == 1 else value
