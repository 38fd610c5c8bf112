"""PyTorch's operations that move, repeat or leave out values, and the rows that go with them.

Their maps are the operation itself, repeated on row numbers when someone asks (``carry``). Where
the first axis is left alone, or a plain rule is as good, nothing is repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from traceprop_nb.adapters.torch.carry import Held, carried, held
from traceprop_nb.adapters.torch.given import (
    alone,
    argument,
    arguments,
    edge,
    emit,
    leaves,
    results,
    same,
    seen,
    shape,
    tensor,
    view,
)
from traceprop_nb.adapters.torch.places import SPACES, everywhere
from traceprop_nb.adapters.torch.turns import viewed
from traceprop_nb.lineage.maps import Groups, Identity, Part, Range
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing import carriers
from traceprop_nb.tracing.operand import Operand
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

_PLAIN = """
flip fliplr flipud rot90 roll transpose swapaxes swapdims t permute movedim moveaxis
transpose_copy t_copy permute_copy adjoint expand broadcast_to expand_copy repeat tile narrow
narrow_copy select select_copy diagonal diagonal_copy diag diag_embed diagflat tril triu unfold
unfold_copy dstack atleast_1d atleast_2d atleast_3d block_diag broadcast_tensors meshgrid
cartesian_prod combinations select_scatter __reversed__ slice_scatter diagonal_scatter slice_copy
fftshift ifftshift
column_stack hstack row_stack vstack squeeze unsqueeze squeeze_copy unsqueeze_copy T H mT mH ravel
flatten unflatten reshape view_copy
"""
"""Moved by numbers alone."""
_KEYED: dict[str, tuple[int, ...]] = {
    "repeat_interleave": (1,), "gather": (2,), "take": (1,), "take_along_dim": (1,),
    "index_select": (2,), "masked_select": (1,), "scatter": (2,), "index_copy": (2,),
    "masked_scatter": (1,), "put": (1,), "index_put": (1,),
}  # fmt: skip
"""name: places of the arguments that say where values go."""
_RESHAPED = "view view_as reshape_as expand_as"
_CUT = (
    "chunk split tensor_split split_with_sizes unsafe_chunk unsafe_split unsafe_split_with_sizes "
    "hsplit vsplit dsplit split_copy split_with_sizes_copy"
)
_VIEWS = frozenset(
    "transpose swapaxes swapdims t permute movedim moveaxis adjoint expand broadcast_to narrow "
    "select diagonal unfold atleast_1d atleast_2d atleast_3d broadcast_tensors meshgrid squeeze "
    "unsqueeze T H mT mH ravel flatten unflatten reshape".split()
)
_TURNS = _VIEWS | frozenset(
    ("flip", "fliplr", "flipud", "repeat", "tile", "squeeze_copy", "unsqueeze_copy")
)
"""Where the axis that carries the rows goes, shows on numbers that take no memory."""
_BY_ROW = frozenset(
    "flip fliplr flipud tril triu narrow narrow_copy select select_copy index_select "
    "repeat_interleave diag_embed diagflat fftshift ifftshift slice_copy slice_scatter block_diag "
    "cartesian_prod diagonal_scatter roll diag".split()
)
_WRITES = {"scatter": 1, "index_copy": 1, "index_put": 9, "masked_scatter": 9, "put": 9,
           "select_scatter": 2, "gather": 1, "take_along_dim": 2}  # fmt: skip
"""What stays keeps its place; and the place of the axis along which others are written."""
_SPREAD = ("expand", "broadcast_to", "expand_copy", "repeat", "tile", "broadcast_tensors")
_STACKED = ("hstack", "vstack", "row_stack", "dstack", "column_stack")


def install(table: RuleTable) -> None:
    """Fill the table."""
    everywhere(table, lambda name: partial(_carried, name, _KEYED.get(name, ())), _PLAIN)
    everywhere(table, lambda name: partial(_carried, name, _KEYED.get(name, ())), " ".join(_KEYED))
    for name in _RESHAPED.split():
        everywhere(table, lambda name: partial(_reshaped, name), name)
    everywhere(table, lambda _: _cut, _CUT)
    everywhere(table, lambda _: _unbound, "unbind unbind_copy")
    table.function(_cat, torch.cat, torch.concat, torch.concatenate)
    table.function(_stack, torch.stack)
    table.function(_padded, functional.pad, torch.constant_pad_nd)


def twin(name: str, call: Call) -> Callable[..., Any] | None:
    """The operation as a function that changes nothing it is given."""
    if call.node is None and str(getattr(call.function, "__name__", "")).endswith(name):
        return call.function
    for space in (torch.Tensor, *SPACES):
        found = getattr(space, name, None)
        if callable(found):
            return found
        if found is not None:
            return lambda value: getattr(value, name)
    return None


def _carried(name: str, keys: tuple[int, ...], call: Call) -> bool | None:
    args, kwargs = arguments(call)
    kwargs.pop("out", None)
    one = tensor(call, args[0]) if args else None
    if _unfit(name, args, kwargs) or any(type(args[k]) is Operand for k in keys if k < len(args)):
        return None
    single = not any(seen(call, value) for value in (*args[1:], *kwargs.values()))
    run = twin(name, call) if one is not None and single and name in _TURNS else None
    known = one is not None and carriers.of(one.ref) is not None
    if one is not None and not known and _stays(name, one, args, kwargs, call.out):
        done = emit(call, lambda _: same(one))
    elif one is not None and run is not None and viewed(call, one, run, args[1:], kwargs):
        done = True
    else:
        done = _repeated(name, keys, call, args, kwargs)
    if name in _VIEWS and call.out is not call.receiver:
        view(call)
    return done


def _repeated(
    name: str, keys: tuple[int, ...], call: Call, args: list[Any], kwargs: dict[str, Any]
) -> bool | None:
    """The map is the operation, done again on row numbers."""
    run, outs = twin(name, call), results(call)
    if run is None or not outs:
        return None
    args = [held(v) if k in keys else v for k, v in enumerate(args)]
    kwargs = {k: held(v) if k in _KEYS else v for k, v in kwargs.items()}
    flat = name == "roll" and argument(args, kwargs, 2, "dims") in (None, ())
    moved = _moved(call, args)
    sure = [
        k for k, o in enumerate(moved) if not flat and all(_apart(name, o, out) for out in outs)
    ]
    if name in _WRITES:
        still = [] if name in ("gather", "take_along_dim") else [0]
        sure = list(range(len(moved))) if _by_row(name, moved, args, kwargs) else [*still, *sure]
    edges = carried(call, run, args, kwargs, outs, sure=sure)
    return emit(call, lambda out: next(e for o, e in zip(outs, edges, strict=True) if o is out))


def _by_row(name: str, moved: list[Operand], args: list[Any], kwargs: dict[str, Any]) -> bool:
    """Whether rows of what is written are written as rows."""
    dim = argument(args, kwargs, _WRITES[name], "dim")
    if name == "index_copy":
        return type(dim) is int
    if name == "index_put":
        keys: Any = args[1].copy if isinstance(args[1], Held) else ()
        return len(keys) == 1 and keys[0].dim() == 1 and moved[-1].ndim == moved[0].ndim
    return type(dim) is int and dim % moved[0].ndim != 0


def _moved(call: Call, args: list[Any]) -> list[Operand]:
    return [o for o in (tensor(call, v) for v in leaves(args)) if o is not None]


def _apart(name: str, one: Operand, out: Any) -> bool:
    """Whether no row of the result holds values of several rows of an operand, for sure."""
    if one.rows <= 1 or out.dim() <= 1:
        return True
    if name in _ORDERED:
        inside, whole = out.numel() // max(len(out), 1), np.prod(shape(one)) // one.rows
        return bool(inside and whole % inside == 0)
    if name in _SPREAD:
        return out.dim() == one.ndim
    if name in _STACKED:
        return one.ndim > 1 or name == "column_stack"
    return name in _BY_ROW


def _unfit(name: str, args: list[Any], kwargs: dict[str, Any]) -> bool:
    """Whether values are put together or made here, which no repetition on row numbers shows."""
    if {"sparse_grad", "reduce", "accumulate", "output_size"} & set(kwargs):
        return True
    given = len(args) + len(kwargs)
    if name == "repeat_interleave":
        return given < 2
    if name in ("put", "index_put", "scatter"):
        value = argument(args, kwargs, {"scatter": 3}.get(name, 2), "src", kwargs.get("values"))
        most = 4 if name == "scatter" else 3
        return len(args) > most or isinstance(value, int | float | bool | complex)
    return False


def _stays(name: str, one: Operand, args: list[Any], kwargs: dict[str, Any], out: Any) -> bool:
    """Whether the first axis is left as it is: nothing needs to be repeated then."""
    if not isinstance(out, torch.Tensor) or not out.dim() or len(out) != one.rows or not one.ndim:
        return False
    if name in _ORDERED:
        return out.numel() == np.prod(shape(one))
    if name in ("mT", "mH", "adjoint") and one.ndim > 2:
        return True
    if name == "permute":
        order = args[1:] if len(args) > 2 else argument(args, kwargs, 1, "dims")
        return isinstance(order, list | tuple) and bool(order) and order[0] == 0
    places = _AXES.get(name)
    if places is None:
        return False
    axes: list[Any] = []
    for at, keyword in places:
        given = argument(args, kwargs, at, keyword)
        axes += given if isinstance(given, list | tuple) else [given]
    return all(type(a) is int and a % one.ndim != 0 for a in axes)


_KEYS = ("index", "mask", "indices", "repeats")
_ORDERED = (
    "squeeze", "unsqueeze", "flatten", "unflatten", "reshape", "ravel", "view", "view_copy",
    "squeeze_copy", "unsqueeze_copy",
)  # fmt: skip
_TWO = ((1, "dim0"), (2, "dim1"))
_AXES: dict[str, tuple[tuple[int, str], ...]] = {
    "transpose": _TWO, "transpose_copy": _TWO, "swapdims": _TWO, "swapaxes": _TWO,
    "flip": ((1, "dims"),), "roll": ((2, "dims"),), "narrow": ((1, "dim"),),
    "select": ((1, "dim"),), "unfold": ((1, "dimension"),), "unfold_copy": ((1, "dimension"),),
    "movedim": ((1, "source"), (2, "destination")), "moveaxis": ((1, "source"), (2, "destination")),
    "gather": ((1, "dim"),), "index_select": ((1, "dim"),),
    "take_along_dim": ((2, "dim"),), "rot90": ((2, "dims"),),
    "repeat_interleave": ((2, "dim"),), "diagonal": ((2, "dim1"), (3, "dim2")),
}  # fmt: skip


def _reshaped(name: str, call: Call) -> bool | None:
    """Values keep their order: a row is as many of them as it was."""
    args, kwargs = arguments(call)
    one = tensor(call, args[0]) if args else None
    if one is None or kwargs or any(isinstance(v, torch.dtype) for v in args[1:]):
        return None
    size = tuple(call.out.shape)
    run = torch.Tensor.expand if name == "expand_as" else torch.Tensor.reshape
    if _stays("view", one, args, kwargs, call.out):
        done = emit(call, lambda _: same(one))
    else:
        sure = _apart("expand" if name == "expand_as" else "view", one, call.out)
        edges = carried(call, run, [args[0], size], {}, [call.out], sure=sure)
        done = emit(call, lambda _: edges[0])
    view(call)
    return done


def _cut(call: Call) -> bool | None:
    """Pieces of one tensor, in their order."""
    args, _ = arguments(call)
    one = tensor(call, args[0]) if args else None
    outs = results(call)
    if one is None or not outs:
        return None
    rows = [len(out) for out in outs]
    if all(out.shape[1:] == shape(one)[1:] for out in outs) and sum(rows) == one.rows:
        starts = np.cumsum([0, *rows])
        edges = [
            edge(one, Range(int(start), 1, n, one.rows))
            for start, n in zip(starts, rows, strict=False)
        ]
        if one.ndim > 1 and len(outs) == 1:
            edges = [same(one)]
    elif all(n == one.rows for n in rows):
        edges = [same(one) for _ in outs]
    else:
        return None
    done = emit(call, lambda out: next(e for o, e in zip(outs, edges, strict=True) if o is out))
    view(call)
    return done


def _unbound(call: Call) -> bool | None:
    args, kwargs = arguments(call)
    one = tensor(call, args[0]) if args else None
    dim, outs = argument(args, kwargs, 1, "dim", 0), results(call)
    if one is None or type(dim) is not int or not outs:
        return None
    if dim % one.ndim:
        edges = [same(one) for _ in outs]
    else:
        edges = [_row(one, k, out) for k, out in enumerate(outs)]
    done = emit(call, lambda out: next(e for o, e in zip(outs, edges, strict=True) if o is out))
    view(call)
    return done


def _row(one: Operand, row: int, out: Any) -> list[Edge]:
    """Every row of the result from one row."""
    n = len(out) if out.dim() else 1
    return edge(one, Range(row, 0, n, one.rows) if n != 1 else Range(row, 1, 1, one.rows))


def _parts(call: Call) -> list[Operand] | None:
    args, kwargs = arguments(call)
    parts = argument(args, kwargs, 0, "tensors")
    if not isinstance(parts, list | tuple):
        return None
    found = [tensor(call, part) for part in parts]
    known = [part for part in found if part is not None]
    return known if known and len(known) == len(found) else None


def _cat(call: Call) -> bool | None:
    args, kwargs = arguments(call)
    parts = _parts(call)
    dim = kwargs.get("axis", argument(args, kwargs, 1, "dim", 0))
    if parts is None or type(dim) is not int:
        return None
    rows = len(call.out)
    if dim % max(call.out.dim(), 1) != 0:
        kept = [o for o in parts if o.ndim == call.out.dim()]
        return emit(call, lambda _: [e for o in kept for e in same(o)])
    found, offset = list[Edge](), 0
    for part in parts:
        found += edge(part, Part(offset, part.rows, rows)) if part.rows else []
        offset += part.rows
    return emit(call, lambda _: found) if offset == rows else None


def _stack(call: Call) -> bool | None:
    args, kwargs = arguments(call)
    parts = _parts(call)
    dim = argument(args, kwargs, 1, "dim", 0)
    if parts is None or type(dim) is not int:
        return None
    whole, rows = dim % call.out.dim() == 0, len(call.out)
    found = list[Edge]()
    for k, part in enumerate(parts):
        row_map = Groups(np.full(part.rows, k, np.int32), rows) if whole else Identity(part.rows)
        known = edge(part, row_map)
        if whole and known and not alone(call.recorder, known[0][0]):
            known = [(known[0][0], row_map, Kind.DIRECT, Status.INEXACT)]
        found += known
    return emit(call, lambda _: found)


def _padded(call: Call) -> bool | None:
    """What is added is a number, a reflection or a repetition of the edge."""
    args, kwargs = arguments(call)
    one = tensor(call, args[0]) if args else None
    sizes = argument(args, kwargs, 1, "pad")
    if one is None or not isinstance(sizes, list | tuple):
        return None
    if len(sizes) < 2 * one.ndim:
        return emit(call, lambda _: same(one))
    mode = argument(args, kwargs, 2, "mode", "constant")
    if mode not in ("constant", "reflect", "replicate", "circular"):
        mode = "constant"  # constant_pad_nd: its third argument is the number
    run = partial(functional.pad, mode=mode)
    edges = carried(call, run, [args[0], list(sizes)], {}, [call.out], sure=True)
    return emit(call, lambda _: edges[0])
