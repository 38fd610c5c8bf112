"""Distinct values: each from the rows that hold it. Positions of what is not zero."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch

from traceprop_nb.adapters.torch.carry import copied
from traceprop_nb.adapters.torch.elementwise import positions
from traceprop_nb.adapters.torch.given import argument, arguments, edge, emit, every, tensor
from traceprop_nb.adapters.torch.places import everywhere
from traceprop_nb.lineage.maps import OnDemand, Ragged, RowMap
from traceprop_nb.lineage.nodes import Kind
from traceprop_nb.tracing.operand import Operand
from traceprop_nb.tracing.rules import Call, Edge, RuleTable


def install(table: RuleTable) -> None:
    """Fill the table."""
    everywhere(table, lambda _: positions, "nonzero argwhere nonzero_static")
    for name in ("unique", "unique_consecutive"):
        everywhere(table, lambda name: partial(_distinct, name), name)


def _distinct(name: str, call: Call) -> bool | None:
    """The values are copied: which row held which is worked out when someone asks."""
    args, kwargs = arguments(call)
    one = tensor(call, args[0]) if args else None
    values = call.receiver if args and type(args[0]) is Operand else (args or [None])[0]
    dim = kwargs.get("dim", argument(args, kwargs, 3 if name == "unique_consecutive" else 4, "dim"))
    if one is None or not isinstance(values, torch.Tensor) or not one.ndim:
        return None
    if dim is not None and (type(dim) is not int or dim % one.ndim):
        return None
    outs = call.out if isinstance(call.out, tuple) else (call.out,)
    rows, held, n = len(outs[0]), copied(values), one.rows

    def make() -> RowMap:
        return _groups(name, held, dim, rows)

    def find(out: Any) -> list[Edge]:
        context = every(one, len(out), Kind.CONTEXT)
        return (edge(one, OnDemand(make, n, rows)) if out is outs[0] else []) + context

    return emit(call, find)


def _groups(name: str, values: torch.Tensor, dim: int | None, rows: int) -> RowMap:
    inverse = getattr(torch, name)(values, return_inverse=True, dim=dim)[1]
    n, codes = len(values), inverse.numpy()
    own = np.broadcast_to(np.arange(n).reshape(-1, *(1 for _ in codes.shape[1:])), codes.shape)
    keys = np.unique(codes.ravel() * n + own.ravel())
    return Ragged.of_pairs(keys // max(n, 1), keys % max(n, 1), rows, n)
