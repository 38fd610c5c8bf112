"""Random numbers of a repetition, drawn from a generator of its own.

A repetition may run in a thread while the user works: it must neither draw from PyTorch's global
stream nor set it. Inside ``Private`` the functions that draw are given a generator; dropout, which
takes none, is computed from a mask that one drew. A ``TorchFunctionMode`` belongs to one thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

DROPOUTS: dict[Any, int | None] = {
    functional.dropout: None, functional.dropout1d: 2, functional.dropout2d: 2,
    functional.dropout3d: 2, torch.dropout: None,
}  # fmt: skip
"""Functions that zero at random, and the leading axes that their mask has; None is all."""

DRAWING = (
    torch.rand, torch.randn, torch.randint, torch.randperm, torch.bernoulli, torch.multinomial,
    torch.normal, Tensor.bernoulli, Tensor.bernoulli_, Tensor.normal_, Tensor.uniform_,
    Tensor.random_, Tensor.exponential_, Tensor.multinomial,
)  # fmt: skip
"""Functions that take a generator."""

LIKE = {torch.rand_like: torch.rand, torch.randn_like: torch.randn}
"""Functions that draw what another, which takes a generator, draws of a shape."""


class Private(TorchFunctionMode):
    """While it is on, this thread draws from a generator of its own.

    Args:
        seed: Of the generator.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.drew = False
        self._generator = torch.Generator().manual_seed(seed)

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if func in DROPOUTS:
            self.drew = True
            return self._dropout(DROPOUTS[func], *args, **kwargs)
        if func in DRAWING and kwargs.get("generator") is None:
            self.drew = True
            return func(*args, **kwargs, generator=self._generator)
        if func in LIKE and kwargs.get("generator") is None:
            self.drew = True
            like = args[0]
            drawn = LIKE[func](like.shape, generator=self._generator, dtype=like.dtype)
            return drawn.requires_grad_(bool(kwargs.get("requires_grad")))
        return func(*args, **kwargs)

    def _dropout(
        self,
        axes: int | None,
        input: Tensor,
        p: float = 0.5,
        training: bool = True,
        inplace: bool = False,
    ) -> Tensor:
        if not training or p == 0.0:
            return input
        shape = input.shape if axes is None else input.shape[:axes] + (1,) * (input.ndim - axes)
        kept = torch.rand(shape, generator=self._generator, dtype=input.dtype) >= p
        mask = kept.to(input.dtype) / max(1.0 - p, 1e-12)
        return input.mul_(mask) if inplace else input * mask


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """The global stream set to a seed for a moment, then put back where it was.

    For what draws from it and takes no generator. Another thread that draws in this moment draws
    from the seed, and its draws are undone: keep the moment short.
    """
    before = torch.random.get_rng_state()
    torch.random.default_generator.manual_seed(seed)
    try:
        yield
    finally:
        torch.random.set_rng_state(before)


def drawn_anew(module: nn.Module, seed: int) -> list[str]:
    """Give every part of a module that can a new random start.

    Returns:
        The kinds of the parts that own parameters and cannot draw them: those stay.
    """
    stay: list[str] = []
    with seeded(seed):
        for part in module.modules():
            draw: Callable[[], None] | None = getattr(part, "reset_parameters", None)
            if callable(draw):
                draw()
            elif next(part.parameters(recurse=False), None) is not None:
                stay.append(type(part).__name__)
    return sorted(set(stay))
