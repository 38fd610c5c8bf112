"""Where an operation can be called: as a function, a tensor's method, an attribute, in place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch

from traceprop_nb.tracing.rules import Rule, RuleTable

SPACES = (torch, torch.special, torch.linalg, torch.fft, torch.nn.functional)
TENSORS = (torch.Tensor, torch.nn.Parameter)
Make = Callable[[str], Rule]
"""(name) -> its rule."""


def functions(name: str) -> Iterator[Any]:
    """Every function of that name, in whatever module of PyTorch, in place or not."""
    for space in SPACES:
        for spelled in (name, f"{name}_"):
            found = getattr(space, spelled, None)
            if callable(found) and not isinstance(found, type):
                yield found


def everywhere(table: RuleTable, make: Make, names: str) -> None:
    """A rule for each name as a function and as a method, in place or not."""
    for name in names.split():
        rule = make(name)
        table.function(rule, *functions(name))
        methods(table, rule, name)


def methods(table: RuleTable, rule: Rule, name: str) -> None:
    """A rule for a tensor's method or attribute of that name, and for its twin in place."""
    found = [spelled for spelled in (name, f"{name}_") if hasattr(torch.Tensor, spelled)]
    table.method(rule, torch.Tensor, found)
