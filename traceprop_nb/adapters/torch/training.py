"""Watches the user's own training loop, unchanged, while a training cell runs.

Seen are: which module was called (forward hooks), which loss was computed on its output
(replaced functions of torch.nn.functional), which optimizer stepped (step hooks), and which rows
were in each batch (``BatchTap``). Nothing is computed, drawn or kept in the loop that could change
it: the parameters after training are bit for bit the same with and without.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules import module as hooks
from torch.optim import optimizer as optimizers

from traceprop_nb.adapters.torch.batches import BatchTap
from traceprop_nb.adapters.torch.losses import NAMES
from traceprop_nb.adapters.torch.runs import captured
from traceprop_nb.adapters.torch.steps import Forward, Training
from traceprop_nb.adapters.torch.trail import Starts
from traceprop_nb.gradients.capture import Captured, Lookup, NodeOf, TrainOptions


class TorchTap:
    """A ``TrainingTap`` for PyTorch.

    Args:
        node_of: The lineage node of a live object, or None.
        lookup: The user's object of a name, for ``--model`` and ``--loss``.
    """

    def __init__(self, node_of: NodeOf, lookup: Lookup | None = None) -> None:
        self._node_of, self._lookup = node_of, lookup
        self._options = TrainOptions()
        self._batches = BatchTap(self._epoch_ended)
        self._trainings: list[Training] = []
        self._pending: list[Forward] = []
        self._starts = Starts()
        self._depth = 0
        self._handles: list[Any] = []
        self._losses: list[tuple[str, Any, Any]] = []
        self._active = False
        self._calls = 0
        self._internal = ""

    def start(self, options: TrainOptions) -> None:
        # With shards the model's name is that of what holds them all.
        self._options = replace(options, model=None) if options.shards else options
        self._trainings, self._pending, self._starts = [], [], Starts()
        self._depth, self._calls, self._internal = 0, 0, ""
        self._active = True
        self._batches.start()
        for name in NAMES:
            self._watch_loss(name)
        self._handles = [
            hooks.register_module_forward_pre_hook(self._entered),
            hooks.register_module_forward_hook(self._left, always_call=True),
            optimizers.register_optimizer_step_post_hook(self._stepped),
        ]

    def stop(self) -> list[Captured]:
        self._active = False
        for handle in self._handles:
            handle.remove()
        self._handles = []
        for name, plain, ours in self._losses:
            if getattr(functional, name) is ours:
                setattr(functional, name, plain)
        self._losses = []
        self._batches.stop()
        trainings, self._trainings, self._pending = self._trainings, [], []
        for training in trainings:
            training.finish()
        found = [captured(t, self._options, self._lookup) for t in trainings]
        self._starts = Starts()
        return found

    def advice(self) -> str:
        if self._internal:
            return f"recording stopped: {self._internal}"
        if not self._calls:
            return "no torch module with trainable parameters was called in the cell"
        return "a torch model was called, and no optimizer stepped in the cell"

    def _watch_loss(self, name: str) -> None:
        plain = getattr(functional, name)
        signature = inspect.signature(plain)

        @functools.wraps(plain)
        def ours(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            value = plain(*args, **kwargs)
            if self._active:
                self._guarded(lambda: self._lost(name, signature, args, kwargs, value))
            return value

        setattr(functional, name, ours)
        self._losses.append((name, plain, ours))

    def _guarded(self, note: Callable[[], None]) -> None:
        try:
            note()
        except Exception as error:  # noqa: BLE001  # the user's loop goes on; advice() tells
            self._internal = f"{type(error).__name__}: {error}"
            self._active = False

    def _entered(self, module: nn.Module, _inputs: Any) -> None:
        if self._active and self._depth == 0 and torch.is_grad_enabled():
            self._guarded(lambda: self._starts.see(module))
        self._depth += 1

    def _left(self, module: nn.Module, inputs: Any, output: Any) -> None:
        self._depth = max(0, self._depth - 1)
        if self._active and self._depth == 0 and torch.is_grad_enabled():
            self._guarded(lambda: self._called(module, inputs, output))

    def _called(self, module: nn.Module, inputs: Any, output: Any) -> None:
        if not isinstance(output, Tensor) or not output.requires_grad:
            return
        if next(module.parameters(), None) is None:
            return  # a loss module, or an activation called by hand
        self._calls += 1
        latest = self._batches.latest
        # A call that no backward pass followed was no training (validation without no_grad).
        self._pending = [f for f in self._pending if f.pushed or f.batch is latest]
        tensors = tuple(x for x in inputs if isinstance(x, Tensor))
        forward = Forward(module, tensors, output.detach(), latest)
        forward.obstacle = _obstacle(output)
        output.register_hook(forward.mark)
        self._pending.append(forward)

    def _lost(
        self, name: str, signature: inspect.Signature, args: Any, kwargs: Any, value: Tensor
    ) -> None:
        if not self._pending or not isinstance(value, Tensor) or not value.requires_grad:
            return
        if self._options.loss in NAMES and name != self._options.loss:
            return
        given = dict(signature.bind(*args, **kwargs).arguments)
        loss_input, target = given.pop("input").detach(), given.pop("target").detach()
        forward = next((f for f in reversed(self._pending) if len(f.output) == len(target)), None)
        if forward is None:
            return
        forward.losses += 1
        forward.loss, forward.loss_input, forward.target = name, loss_input, target
        forward.reduction = given.pop("reduction", "mean")
        forward.options = {k: v for k, v in given.items() if v is not None}
        if value.numel() == 1:
            value.register_hook(forward.scaled)
        else:
            forward.obstacle = "the loss of each row was weighted in the loop"

    def _stepped(self, optimizer: torch.optim.Optimizer, _args: Any, _kwargs: Any) -> None:
        if self._active:
            self._guarded(lambda: self._step(optimizer))

    def _step(self, optimizer: torch.optim.Optimizer) -> None:
        training = next((t for t in self._trainings if t.optimizer is optimizer), None)
        if training is None:
            training = Training(optimizer, self._options, self._node_of)
            self._trainings.append(training)
        mine = [f for f in self._pending if training.owns(f.module)]
        self._pending = [f for f in self._pending if not training.owns(f.module)]
        training.step([f for f in mine if f.pushed], self._starts)

    def _epoch_ended(self, dataset: Any) -> None:
        for training in self._trainings:
            self._guarded(functools.partial(training.epoch_ended, dataset))


def _obstacle(output: Tensor) -> str:
    """What keeps a forward pass from being repeated as it was; empty if nothing."""
    if output.device.type != "cpu":
        return f"the model was trained on {output.device.type}, and a repetition runs on the CPU"
    if torch.is_autocast_enabled("cpu"):
        return "the forward pass ran under autocast"
    return ""
