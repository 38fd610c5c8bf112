"""The operations inside a module's call, for one batch and on request.

A copy of the module is called twice under a dispatch mode, the second time with another first
row: an operation in whose result other rows change as well puts rows together. Nothing of the
user's moves: no parameter, no running statistic, no random stream.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from traceprop_nb.errors import ShapeError, UnsupportedModelError

Step = tuple[str, str, tuple[int, ...], bool | None]
"""Module in which it happens, operation, shape of its result, and whether it puts rows together:
None where its first axis does not count the batch's rows."""


def operations(module: Any, inputs: Sequence[Any]) -> list[Step]:
    """What a module does to a batch, operation by operation.

    Raises:
        UnsupportedModelError: It is no module of PyTorch, or cannot be copied.
        ShapeError: No tensor with two rows is among the inputs.
    """
    if not isinstance(module, nn.Module):
        raise UnsupportedModelError(f"{type(module).__name__} is no torch.nn.Module")
    batch = next((x for x in inputs if isinstance(x, Tensor) and x.dim() and len(x) > 1), None)
    if batch is None:
        raise ShapeError("no tensor with at least two rows is among the inputs; pass a batch")
    before = _watched(module, inputs)
    after = _watched(module, [_changed(x) if x is batch else x for x in inputs])
    same = len(before) == len(after)
    return [
        (where, name, tuple(out.shape), _mixed(out, after[k][2], len(batch)) if same else None)
        for k, (where, name, out) in enumerate(before)
    ]


def _mixed(out: Tensor, again: Tensor, n: int) -> bool | None:
    if not out.dim() or len(out) != n or out.shape != again.shape:
        return None
    rest, other = out[1:].reshape(-1), again[1:].reshape(-1)
    return not torch.equal(torch.nan_to_num(rest), torch.nan_to_num(other))


def _changed(batch: Tensor) -> Tensor:
    """The batch with another first row, of values that are valid."""
    made = batch.detach().clone()
    made[0] = made[1] if not made.is_floating_point() else made[0] + 1
    return made


def _watched(module: nn.Module, inputs: Sequence[Any]) -> list[tuple[str, str, Tensor]]:
    try:
        private = copy.deepcopy(module)
    except (RuntimeError, TypeError) as error:
        raise UnsupportedModelError(f"{type(module).__name__} cannot be copied: {error}") from error
    where = [""]
    with torch.random.fork_rng(devices=()), torch.no_grad(), _named(private, where):
        watch = _Watch(where)
        with watch:
            private(*inputs)
    return watch.steps


@contextmanager
def _named(module: nn.Module, where: list[str]) -> Iterator[None]:
    """While it lasts, ``where`` ends with the name of the part that runs."""
    hooks = []
    for name, part in module.named_modules():

        def enter(*_: Any, name: str = name) -> None:
            where.append(name)

        hooks.append(part.register_forward_pre_hook(enter))
        hooks.append(part.register_forward_hook(lambda *_: where.pop() and None))
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


class _Watch(TorchDispatchMode):
    """Notes every operation that runs while it is on, with a copy of its result."""

    def __init__(self, where: list[str]) -> None:
        super().__init__()
        self.steps: list[tuple[str, str, Tensor]] = []
        self._where = where

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # fmt: skip
        out = func(*args, **(kwargs or {}))
        first = out[0] if isinstance(out, list | tuple) and out else out
        if isinstance(first, Tensor):
            name = str(func).removeprefix("aten.").partition(".")[0]
            self.steps.append((self._where[-1], name, first.detach().clone()))
        return out
