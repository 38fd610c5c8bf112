"""PyTorch's products: which operand's rows the result's rows are."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import torch

from traceprop_nb.adapters.torch.along import mixed
from traceprop_nb.adapters.torch.given import (
    argument,
    arguments,
    edge,
    emit,
    every,
    operands,
    same,
    tensor,
)
from traceprop_nb.adapters.torch.places import everywhere
from traceprop_nb.lineage.maps import All, Repeat, Tile
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.operand import Operand
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

_ADDED = "addmm addmv addbmm baddbmm addr"
"""A first operand of the result's shape, or spread over it, is added to the product."""


def install(table: RuleTable) -> None:
    """Fill the table."""
    everywhere(table, lambda _: _product, "matmul mm bmm mv dot vdot chain_matmul multi_dot spmm "
               "hspmm smm")  # fmt: skip
    everywhere(table, lambda _: _outer, "outer ger inner")
    everywhere(table, lambda name: partial(_added, name), _ADDED)
    everywhere(table, lambda _: _kron, "kron")
    everywhere(table, lambda _: _distances, "cdist")
    table.function(_einsum, torch.einsum)
    table.function(_tensordot, torch.tensordot)
    table.method(_product, torch.Tensor, ("__matmul__",))
    table.method(_reversed, torch.Tensor, ("__rmatmul__",))


def _rows(out: Any) -> int:
    return len(out) if len(out.shape) else 1


def _product(call: Call) -> bool | None:
    given = operands(call) if call.name != "@" else [o for o in call.args if o is not None]
    return emit(call, lambda out: multiplied(given, out))


def _reversed(call: Call) -> bool | None:
    given = operands(call)[::-1]
    return emit(call, lambda out: multiplied(given, out))


def multiplied(given: list[Operand], out: Any) -> list[Edge] | None:
    """The first operand's rows are the result's, the others' are context; stacks go by axis 0."""
    rows = _rows(out)
    if len(given) < 2:
        return [e for o in given for e in every(o, rows)] if given else None
    if max(o.ndim for o in given) > 2:
        return _stacked(given, rows)
    first, *others = given
    if first.ndim < 2:
        return [e for o in given for e in every(o, rows)]
    return same(first) + [e for o in others for e in every(o, rows, Kind.CONTEXT)]


def _stacked(given: list[Operand], rows: int) -> list[Edge]:
    """A batch of products: an operand with a batch of its own goes with it, the rest is context."""
    deepest = max(o.ndim for o in given)
    aligned = [o for o in given if o.ndim == deepest and o.rows == rows]
    kind = Kind.CONTEXT if aligned else Kind.DIRECT
    found = [e for o in aligned for e in same(o)]
    return found + [e for o in given if o not in aligned for e in every(o, rows, kind)]


def _outer(call: Call) -> bool | None:
    """Rows of the first with all of the second."""
    given = operands(call)
    if len(given) != 2:
        return None
    one, other = given
    if one.ndim == 1 and call.out.dim() == 0:
        return mixed(call)
    rows = one.rows
    return emit(call, lambda _: same(one) + every(other, rows, Kind.CONTEXT))


def _added(name: str, call: Call) -> bool | None:
    args, _ = arguments(call)
    given = [o for o in map(partial(tensor, call), args) if o is not None]
    if len(given) != 3:
        return None
    added, left, right = given

    def find(out: Any) -> list[Edge] | None:
        rows = _rows(out)
        plus = added.ndim == len(out.shape) and added.rows == rows
        found = same(added) if plus else every(added, rows, Kind.CONTEXT)
        if name == "addbmm":
            return found + every(left, rows) + every(right, rows)
        if name == "addr":
            return found + same(left) + every(right, rows, Kind.CONTEXT)
        return found + (multiplied([left, right], out) or [])

    return emit(call, find)


def _kron(call: Call) -> bool | None:
    given = operands(call)
    if len(given) != 2 or given[0].ndim != given[1].ndim or given[0].ndim < 1:
        return None
    one, other = given
    return emit(
        call,
        lambda _: edge(one, Repeat(other.rows, one.rows)) + edge(other, Tile(one.rows, other.rows)),
    )


def _distances(call: Call) -> bool | None:
    given = operands(call)
    if len(given) != 2:
        return None
    return emit(call, lambda out: multiplied(given, out))


def _einsum(call: Call) -> bool | None:
    """Rows are the first index of the result: operands that begin with it keep theirs."""
    text, *args = call.args
    parts = args[0] if len(args) == 1 and isinstance(args[0], list | tuple) else args
    given = [tensor(call, part) for part in parts]
    terms = _terms(text) if isinstance(text, str) else None
    if terms is None or len(terms[0]) != len(given) or any(o is None for o in given):
        return None
    inputs, kept = terms
    first = kept[:1]

    def find(out: Any) -> list[Edge]:
        rows, found = _rows(out), list[Edge]()
        aligned = [o for term, o in zip(inputs, given, strict=True) if first and term[0] == first]
        for term, one in zip(inputs, given, strict=True):
            if one is None:
                continue
            if first and term[0] == first:
                again = first in term[1:]
                found += every(one, rows) if again else same(one)
            elif aligned or term[0] not in kept:
                found += every(one, rows, Kind.CONTEXT if aligned else Kind.DIRECT)
            elif one.node is not None:  # its rows stay apart, on another axis
                found.append((one.node, All(one.rows, rows), Kind.DIRECT, Status.INEXACT))
        return found

    return emit(call, find)


def _terms(text: str) -> tuple[list[str], str] | None:
    """The indices of each operand, and of the result; None where dots are among them."""
    text = text.replace(" ", "")
    if not re.fullmatch(r"[a-zA-Z]+(,[a-zA-Z]+)*(->[a-zA-Z]*)?", text):
        return None
    left, arrow, right = text.partition("->")
    if not arrow:
        letters = left.replace(",", "")
        right = "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    return left.split(","), right


def _tensordot(call: Call) -> bool | None:
    args, kwargs = arguments(call)
    dims = argument(args, kwargs, 2, "dims", 2)
    one, other = (tensor(call, v) for v in args[:2]) if len(args) > 1 else (None, None)
    if one is None or other is None:
        return None
    if isinstance(dims, int):
        summed = list(range(one.ndim - dims, one.ndim))
    elif isinstance(dims, list | tuple) and isinstance(dims[0], list | tuple):
        summed = [d % one.ndim for d in dims[0]]
    else:
        return None
    if one.ndim == len(summed):
        return None
    kept = 0 not in summed
    return emit(
        call,
        lambda out: (
            (same(one) if kept else every(one, _rows(out))) + every(other, _rows(out), Kind.CONTEXT)
        ),
    )
