"""PyTorch's operations along an axis: statistics, scans, transforms, order.

Along any axis but the first, row i comes from row i. Along the first, a statistic comes from all
rows, a scan from the rows before.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch

from traceprop_nb.adapters.torch.carry import as_map, copied
from traceprop_nb.adapters.torch.elementwise import elementwise
from traceprop_nb.adapters.torch.given import (
    argument,
    arguments,
    edge,
    emit,
    every,
    operands,
    same,
    shape,
    tensor,
)
from traceprop_nb.adapters.torch.places import everywhere
from traceprop_nb.lineage.maps import OnDemand, Prefix, Ragged, Range, RowMap, Window, compose
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.operand import Operand
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

Axes = tuple[int, ...]
Along = Callable[[Operand, Any], list[Edge]]
"""(operand, tensor of the result) -> edges where the first axis is among those worked along."""

# name: place of the argument that names the axis, and what it is where it is not given
_STATISTICS = {
    "sum": (1, None), "nansum": (1, None), "mean": (1, None), "nanmean": (1, None),
    "prod": (1, None), "amax": (1, None), "amin": (1, None), "all": (1, None), "any": (1, None),
    "logsumexp": (1, None), "std": (1, None), "var": (1, None), "std_mean": (1, None),
    "var_mean": (1, None), "aminmax": (9, None), "count_nonzero": (1, None),
    "argmax": (1, None), "argmin": (1, None), "median": (1, None),
    "nanmedian": (1, None), "mode": (1, -1), "kthvalue": (2, -1), "norm": (2, None),
    "vector_norm": (2, None), "matrix_norm": (2, (-2, -1)), "frobenius_norm": (1, None),
    "nuclear_norm": (1, None), "hash_tensor": (1, None), "fft": (2, -1), "ifft": (2, -1),
    "rfft": (2, -1), "irfft": (2, -1), "hfft": (2, -1), "ihfft": (2, -1),
    "fft2": (2, (-2, -1)), "ifft2": (2, (-2, -1)), "rfft2": (2, (-2, -1)),
    "irfft2": (2, (-2, -1)), "hfft2": (2, (-2, -1)), "ihfft2": (2, (-2, -1)),
    "fftn": (2, None), "ifftn": (2, None), "rfftn": (2, None), "irfftn": (2, None),
    "hfftn": (2, None), "ihfftn": (2, None), "glu": (1, -1),
}  # fmt: skip
_BETWEEN = {
    "cosine_similarity": (2, 1), "cross": (2, "three"), "vecdot": (2, -1),
    "pairwise_distance": (9, -1), "trapezoid": (2, -1), "trapz": (2, -1), "dist": (9, None),
}  # fmt: skip
_SCALED = {
    "softmax": (1, -1), "log_softmax": (1, -1), "softmin": (1, -1), "normalize": (2, 1),
    "gumbel_softmax": (4, -1),
}  # fmt: skip
_SCANS = {
    "cumsum": (1, None), "cumprod": (1, None), "cummax": (1, None), "cummin": (1, None),
    "logcumsumexp": (1, None),
}  # fmt: skip


_EVERY = "tensorinv tensorsolve cov corrcoef bincount histc histogram histogramdd trace pdist"


def install(table: RuleTable) -> None:
    """Fill the table."""
    for names, along in ((_STATISTICS, _all), (_SCALED, _scaled), (_SCANS, _prefix)):
        everywhere(table, partial(_rule, names, along), " ".join(names))
    everywhere(table, lambda name: partial(_between, *_BETWEEN[name]), " ".join(_BETWEEN))
    for name in ("sort", "topk", "msort"):
        everywhere(table, lambda name: partial(_ordered, name), name)
    everywhere(table, lambda _: _either, "max min")
    everywhere(table, lambda _: _quantile, "quantile nanquantile")
    everywhere(table, lambda _: _argsort, "argsort")
    everywhere(table, lambda _: _diff, "diff")
    everywhere(table, lambda _: _renorm, "renorm")
    table.function(_accumulated, torch.cumulative_trapezoid)
    everywhere(table, lambda _: _mixed, _EVERY)


def _rule(names: dict[str, tuple[int, Any]], along: Along, name: str) -> Any:
    return partial(_along, *names[name], along)


def axes_of(operand: Operand, dim: Any) -> Axes | None:
    """Axes counted from the front; None where the argument is not one that is known."""
    ndim = max(operand.ndim, 1)
    if dim is None:
        return tuple(range(ndim))
    given = (dim,) if type(dim) is int else dim
    if not isinstance(given, tuple | list) or any(type(d) is not int for d in given):
        return None
    return tuple(d % ndim for d in given) or tuple(range(ndim))


def _along(at: int, default: Any, along: Along, call: Call) -> bool | None:
    args, kwargs = arguments(call)
    one = tensor(call, args[0]) if args else None
    dim = kwargs["axis"] if "axis" in kwargs else argument(args, kwargs, at, "dim", default)
    axes = axes_of(one, dim) if one is not None else None
    if one is None or axes is None:
        return None
    if 0 in axes:
        return emit(call, lambda out: along(one, out))
    return emit(call, lambda out: same(one) if _rows(out) == one.rows else None)


def _rows(out: Any) -> int:
    return len(out) if len(out.shape) else 1


def _all(one: Operand, out: Any) -> list[Edge]:
    return every(one, _rows(out))


def _scaled(one: Operand, _: Any) -> list[Edge]:
    return same(one) + every(one, one.rows, Kind.CONTEXT)


def _prefix(one: Operand, _: Any) -> list[Edge]:
    return edge(one, Prefix(one.rows))


def _between(at: int, default: Any, call: Call) -> bool | None:
    """Along an axis of two operands that are as long as each other."""
    args, kwargs = arguments(call)
    given = operands(call)
    dim = argument(args, kwargs, at, "dim", default)
    if not given or given[0].ndim < 1:
        return None
    if dim == "three":  # linalg.cross takes the last axis, torch.cross the first that is 3 long
        first = next((k for k, size in enumerate(shape(given[0])) if size == 3), -1)
        dim = -1 if call.function is torch.linalg.cross else first
    axes = axes_of(given[0], dim)
    if axes is None or any(o.ndim != given[0].ndim for o in given):
        return None
    if 0 in axes and _named(call, "cross"):  # row i of what the other two make
        others = Ragged(np.array([0, 2, 4, 6]), np.array([1, 2, 0, 2, 0, 1]), 3)
        return emit(call, lambda _: [e for o in given for e in edge(o, others)])
    if 0 in axes:
        return emit(call, lambda out: [e for o in given for e in every(o, _rows(out))])
    return emit(call, lambda out: spread(given, out))


def _named(call: Call, name: str) -> bool:
    return call.name == name or str(getattr(call.function, "__name__", "")).endswith(name)


def spread(given: list[Operand], out: Any) -> list[Edge] | None:
    """Row by row, where an operand has as many rows; else all of its rows."""
    rows = _rows(out)
    if all(o.rows not in (rows, 1) for o in given):
        return None
    return [e for o in given for e in (same(o) if o.rows == rows else every(o, rows))]


def _either(call: Call) -> bool | None:
    """``max`` and ``min``: of an axis, of all, or of two tensors."""
    args, kwargs = arguments(call)
    if "other" in kwargs or (len(args) > 1 and tensor(call, args[1]) is not None):
        return elementwise(call)
    return _along(1, None, _all, call)


def _ordered(name: str, call: Call) -> bool | None:
    """Values in order: the positions that come with them say from which rows; keys are context."""
    args, kwargs = arguments(call)
    one = tensor(call, args[0]) if args else None
    if one is None or "out" in kwargs:
        return None
    place = {"sort": 1, "topk": 2, "msort": 9}[name]
    axes = axes_of(one, argument(args, kwargs, place, "dim", 0 if name == "msort" else -1))
    if axes is None or len(axes) != 1:
        return None
    if 0 not in axes:
        return emit(call, lambda _: same(one))
    if isinstance(call.out, torch.Tensor):
        return emit(call, lambda out: every(one, _rows(out)))
    positions = copied(call.out[1]) if one.ndim else torch.zeros(1, dtype=torch.long)
    rows, n = _rows(call.out[0]), one.rows

    def make() -> RowMap:
        return as_map(positions + 1, n)

    def found(out: Any) -> list[Edge]:
        context = every(one, rows, Kind.CONTEXT)
        moved = edge(one, OnDemand(make, n, rows)) if out is call.out[0] else []
        if one.ndim > 1:  # columns are put in order one by one
            moved = [(node, row_map, kind, Status.INEXACT) for node, row_map, kind, _ in moved]
        return moved + context

    return emit(call, found)


def _argsort(call: Call) -> bool | None:
    args, kwargs = arguments(call)
    one = tensor(call, args[0]) if args else None
    axes = axes_of(one, argument(args, kwargs, 1, "dim", -1)) if one is not None else None
    if one is None or axes is None:
        return None
    if 0 in axes:
        return emit(call, lambda out: every(one, _rows(out), Kind.CONTEXT))
    return emit(call, lambda _: same(one))


def _quantile(call: Call) -> bool | None:
    """Of several levels the first axis of the result are the levels."""
    args, kwargs = arguments(call)
    one, level = tensor(call, args[0]), argument(args, kwargs, 1, "q")
    if one is None:
        return None
    if isinstance(level, torch.Tensor) and level.dim():
        return emit(call, lambda out: [e for o in operands(call) for e in every(o, _rows(out))])
    return _along(2, None, _all, call) if isinstance(level, float | int) else None


def _diff(call: Call) -> bool | None:
    args, kwargs = arguments(call)
    one = tensor(call, args[0])
    n, dim = argument(args, kwargs, 1, "n", 1), argument(args, kwargs, 2, "dim", -1)
    axes = axes_of(one, dim) if one is not None else None
    if one is None or axes is None or type(n) is not int or {"prepend", "append"} & set(kwargs):
        return None
    if len(args) > 3:
        return None
    if 0 not in axes:
        return emit(call, lambda _: same(one))
    return emit(call, lambda out: edge(one, Window(0, n, one.rows, _rows(out))))


def _renorm(call: Call) -> bool | None:
    """Each slice along the axis is scaled by its own norm."""
    args, kwargs = arguments(call)
    one = tensor(call, args[0])
    axes = axes_of(one, argument(args, kwargs, 2, "dim")) if one is not None else None
    if one is None or axes is None:
        return None
    return emit(call, lambda out: same(one) if 0 in axes else _scaled(one, out))


def _accumulated(call: Call) -> bool | None:
    """Row i is the area over rows 0 to i + 1."""
    args, kwargs = arguments(call)
    one, axes = tensor(call, args[0]), None
    if one is not None and len(args) == 1 and one.rows:
        axes = axes_of(one, kwargs.get("dim", -1))
    if one is None or axes is None or "x" in kwargs:
        return None
    if 0 not in axes:
        return emit(call, lambda _: same(one))
    n = one.rows
    return emit(call, lambda _: edge(one, compose(Range(1, 1, n - 1, n), Prefix(n))))


def _mixed(call: Call) -> bool | None:
    """Every row of the result from every row of everything."""
    given = operands(call)
    return emit(call, lambda out: [e for o in given for e in every(o, _rows(out))])


mixed = _mixed
