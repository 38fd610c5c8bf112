"""The row map of an operation that only moves values: the operation, repeated on row numbers.

Nothing is repeated during the call. What is kept are the shapes of what was moved and copies of
what said where it goes; the map is made when someone asks.

A row that is put together of several keeps their values apart, which a map of rows cannot say of
what is taken out of it later: such a map is a superset.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from traceprop_nb.adapters.torch.given import Shape, alone, leaves, shape, tensor
from traceprop_nb.lineage.maps import OnDemand, Ragged, RowMap, compress
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.operand import Operand
from traceprop_nb.tracing.rules import Call, Edge

Run = Callable[..., Any]


@dataclass(frozen=True)
class _Moved:
    """Stands for an argument whose values are moved."""

    place: int
    shape: Shape


@dataclass(frozen=True)
class Carrier:
    """An operation with its arguments, ready to be repeated on row numbers.

    Attributes:
        run: The operation; it changes none of its arguments.
        args: Its arguments; what is moved is named by its place and shape.
        kwargs: Named ones.
    """

    run: Run
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def row_map(self, place: int, n: int, k: int) -> RowMap:
        """The map of the k-th tensor of the result to the rows of one argument."""
        try:
            made = self._made(place, torch.int32)
        except RuntimeError:  # it asks for memory of its own, or for other numbers
            made = self._made(place, torch.float64)
        parts = [t for t in leaves((made,)) if isinstance(t, torch.Tensor)]
        return as_map(parts[k], n)

    def _made(self, place: int, kind: torch.dtype) -> Any:
        with torch.no_grad():
            args = [self._numbered(value, place, kind) for value in self.args]
            named = {k: self._numbered(value, place, kind) for k, value in self.kwargs.items()}
            return self.run(*args, **named)

    def _numbered(self, value: Any, place: int, kind: torch.dtype) -> Any:
        if isinstance(value, list | tuple) and not isinstance(value, torch.Size):
            return type(value)(self._numbered(part, place, kind) for part in value)
        if not isinstance(value, _Moved):
            return value
        n = value.shape[0] if value.shape else 1
        on = torch.arange(1, n + 1, dtype=kind)
        rows = on if value.place == place else torch.zeros_like(on)
        if not value.shape:
            return rows.reshape(())
        whole = rows.reshape(n, *(1 for _ in value.shape[1:])).expand(value.shape)
        return whole.contiguous() if kind == torch.float64 else whole


def as_map(carried: torch.Tensor, n: int) -> RowMap:
    """The map of a tensor whose values are row numbers from 1; 0 is no row."""
    rows = len(carried) if carried.dim() else 1
    numbers = carried.reshape(rows, -1).long().numpy() if carried.numel() else None
    if numbers is None:
        return compress(np.full(rows, -1), n)
    if (numbers == numbers[:, :1]).all():
        return compress(numbers[:, 0] - 1, n)
    owner = np.repeat(np.arange(rows), numbers.shape[1])
    keys = np.unique(owner[numbers.ravel() > 0] * n + numbers[numbers > 0] - 1)
    return Ragged.of_pairs(keys // n, keys % n, rows, n)


def carried(
    call: Call, run: Run, args: list[Any], kwargs: dict[str, Any], outs: list[Any],
    sure: bool | Collection[int] = False,
) -> list[list[Edge]]:  # fmt: skip
    """For each result its edges to every operand among the arguments that is moved.

    Args:
        call: The call.
        run: The operation, or its twin that changes nothing.
        args: The receiver as an operand first; what says where values go is wrapped by ``held``.
        kwargs: Named arguments.
        outs: The tensors of the result.
        sure: Whether no row of the result holds values of several rows of one operand; or the
            places of the operands of which that is so.
    """
    moved: list[Operand] = []

    def frozen(value: Any) -> Any:
        if isinstance(value, Held):
            return value.copy
        if isinstance(value, list | tuple) and not isinstance(value, torch.Size):
            return tuple(map(frozen, value)) if type(value) is tuple else list(map(frozen, value))
        operand = tensor(call, value)
        if operand is None:
            return value
        moved.append(operand)
        return _Moved(len(moved) - 1, shape(operand))

    carrier = Carrier(run, tuple(map(frozen, args)), {k: frozen(v) for k, v in kwargs.items()})
    if isinstance(sure, bool):
        sure = range(len(moved)) if sure else ()
    return [_edges(call, carrier, moved, (k, out), sure) for k, out in enumerate(outs)]


def _edges(
    call: Call, carrier: Carrier, moved: list[Operand], one: tuple[int, Any], sure: Collection[int]
) -> list[Edge]:
    k, out = one
    rows = call.recorder.table.rows(out)
    found: list[Edge] = []
    for place, operand in enumerate(moved):
        if operand.node is None:
            continue

        def make(place: int = place, n: int = operand.rows) -> RowMap:
            return carrier.row_map(place, n, k)

        row_map = OnDemand(make, operand.rows, rows)
        apart = place in sure or out.dim() <= 1 or alone(call.recorder, operand.node)
        found.append((operand.node, row_map, Kind.DIRECT, _STATUS[apart]))
    return found


_STATUS = (Status.INEXACT, Status.EXACT)


@dataclass(frozen=True)
class Held:
    """An argument that says where values go, copied."""

    copy: Any


def held(value: Any) -> Any:
    """A copy of a key: tensors on the CPU, lists and tuples of them; everything else as it is."""
    return Held(copied(value))


def copied(value: Any) -> Any:
    """A copy that nobody else can write into."""
    if isinstance(value, torch.Tensor):
        return value.detach().to("cpu", copy=True)
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, list | tuple):
        made = [copied(part) for part in value]
        return made if isinstance(value, list) else tuple(made)
    return value
