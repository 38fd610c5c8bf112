"""A recorded PyTorch training as a recipe: the same start, batches and steps, less some rows.

On all rows, with seed 0, a plain loop is repeated bit for bit: same start, batches, loss, dtype
and optimizer. What the recorder cannot see (clipped gradients, losses added by hand, augmented
rows) is not repeated; training on all rows and comparing tells.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from traceprop_nb.adapters.torch.losses import PLAIN, Loss
from traceprop_nb.adapters.torch.objective import TorchRisk
from traceprop_nb.adapters.torch.private import Private, drawn_anew
from traceprop_nb.adapters.torch.trail import Trail
from traceprop_nb.adapters.torch.view import cautions, in_double, parameters, view_of
from traceprop_nb.errors import ConvergenceError
from traceprop_nb.gradients.objective import Ints
from traceprop_nb.gradients.progress import Progress
from traceprop_nb.gradients.recipe import Trained

Batches = list[tuple[Ints, float]]
"""The batches of one step, each with its rows and the factor of its loss."""


@dataclass(frozen=True, eq=False)
class TorchRecipe:
    """How to train a module again.

    Attributes:
        start: The module before its first step; never trained.
        optimizer: The optimizer's class.
        names: Names of the parameters in each of its groups.
        inputs: What the module was called with, each (n, ...), in the dtype of the training.
        target: (n, ...), as the loss saw it.
        loss: The loss as it was called.
        order: Run rows in the order of use, one array an epoch.
        trail: Sizes of batches and steps, and the optimizer's options.
        shuffled: Whether another seed shuffles the rows: not where every batch held all of them.
        risk: The run's objective; a model's own is made from it.
        trained: Names of the parameters that it moves.
        modes: Whether each part of the user's module was left in training mode.
    """

    start: nn.Module
    optimizer: type[torch.optim.Optimizer]
    names: tuple[tuple[str, ...], ...]
    inputs: tuple[Tensor, ...]
    target: Tensor
    loss: Loss
    order: tuple[Ints, ...]
    trail: Trail
    shuffled: bool
    risk: TorchRisk
    trained: frozenset[str]
    modes: tuple[bool, ...] = ()

    @property
    def note(self) -> str:
        said = []
        if "dropout" in cautions(self.start):
            said.append("dropout masks are drawn anew")
        fixed = [
            type(part).__name__
            for part in self.start.modules()
            if next(part.parameters(recurse=False), None) is not None
            and not hasattr(part, "reset_parameters")
        ]
        if fixed:
            said.append(f"other seeds start {', '.join(sorted(set(fixed)))} as recorded")
        return "; ".join(said)

    @property
    def seeds(self) -> bool:
        return True

    def train(self, keep: Ints, seed: int, progress: Progress) -> Trained:
        module = copy.deepcopy(self.start)
        if seed:
            drawn_anew(module, seed)
        named = dict(module.named_parameters())
        options = dict(self.trail.groups)
        groups = [
            {**dict(group), "params": [named[name] for name in names]}
            for group, names in zip(options[0], self.names, strict=True)
        ]
        optimizer = self.optimizer(groups)
        total = len(self.trail.steps)
        with Private(seed), torch.enable_grad():
            for at, batches in enumerate(self._steps(keep, seed)):
                if at in options:
                    for group, now in zip(optimizer.param_groups, options[at], strict=True):
                        group.update(now)
                self._step(module, optimizer, batches)
                progress((at + 1) / total)
        return self._finished(module)

    def _step(self, module: nn.Module, optimizer: torch.optim.Optimizer, batches: Batches) -> None:
        optimizer.zero_grad(set_to_none=True)
        meets = any("BatchNorm" in type(part).__name__ for part in module.modules())
        for rows, scale in batches:
            if len(rows) < (2 if meets and module.training else 1):
                continue  # a statistic of one row is none
            at = torch.from_numpy(rows)
            loss = self._loss(module(*(x[at] for x in self.inputs)), self.target[at])
            (loss if scale == 1.0 else loss * scale).backward()
        optimizer.step()  # where no batch is left there is no gradient, and nothing moves

    def _loss(self, output: Tensor, target: Tensor) -> Tensor:
        loss = self.loss
        if loss.own is not None:
            return loss.own(output, target)
        z = output if loss.shape is None else output.reshape(len(output), *loss.shape)
        return PLAIN[loss.name](z, target, reduction=loss.reduction, **loss.options)

    def _steps(self, keep: Ints, seed: int) -> Iterator[Batches]:
        """The batches of each step: the recorded ones without the rows that are left out."""
        batches = self._batches(keep, np.random.default_rng(seed) if seed else None)
        for count in self.trail.steps:
            yield [next(batches) for _ in range(count)]

    def _batches(self, keep: Ints, rng: np.random.Generator | None) -> Iterator[tuple[Ints, float]]:
        kept = np.zeros(len(self.target), dtype=bool)
        kept[keep] = True
        place = 0
        for order, count in zip(self.order, self.trail.epochs, strict=True):
            left = kept[order]
            before = np.concatenate([[0], np.cumsum(left)])  # kept rows ahead of each place
            ends = before[np.cumsum(self.trail.sizes[place : place + count])]
            used = order[left]
            if rng is not None and self.shuffled:
                used = rng.permutation(used)
            for rows, at in zip(
                np.split(used, ends[:-1]), range(place, place + count), strict=True
            ):
                yield rows, self.trail.scales[at]
            place += count

    def _finished(self, module: nn.Module) -> Trained:
        w = parameters(module, self.trained)
        broken = int(np.count_nonzero(~np.isfinite(w)))
        if broken:
            raise ConvergenceError(
                f"the repeated training diverged: {broken} of {len(w)} parameters are not finite"
            )
        view = in_double(view_of(module, self.trained), self.inputs)
        for part, training in zip(module.modules(), self.modes, strict=False):
            part.training = training
        return Trained(module, w, replace(self.risk, view=view))


def names_of(
    optimizer: torch.optim.Optimizer, module: nn.Module
) -> tuple[tuple[str, ...], ...] | None:
    """Names of the module's parameters in each group; None if one is not the module's."""
    known = {id(p): name for name, p in module.named_parameters()}
    found = [[known.get(id(p), "") for p in group["params"]] for group in optimizer.param_groups]
    if any(not name for names in found for name in names):
        return None
    return tuple(tuple(names) for names in found)
