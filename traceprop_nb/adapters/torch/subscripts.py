"""Indexing of tensors, and writes into them: ``t[key]``, ``t[key] = value`` and their methods."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from traceprop_nb.adapters.torch.carry import carried, copied, held
from traceprop_nb.adapters.torch.given import (
    argument,
    arguments,
    edge,
    emit,
    received,
    same,
    spread,
    tensor,
    view,
)
from traceprop_nb.adapters.torch.places import everywhere
from traceprop_nb.adapters.torch.turns import turned, viewed
from traceprop_nb.lineage.maps import Groups, OnDemand, Ragged, RowMap
from traceprop_nb.tracing import carriers, opaque, through, turned_writes
from traceprop_nb.tracing.keys import key_map
from traceprop_nb.tracing.operand import Operand
from traceprop_nb.tracing.rules import Call, RuleTable


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.method(_getitem, torch.Tensor, ("__getitem__",))
    table.method(_setitem, torch.Tensor, ("__setitem__",))
    table.method(_copied, torch.Tensor, ("copy_",))
    everywhere(table, lambda _: _constant, "index_fill fill_diagonal")
    everywhere(table, lambda _: _added, "index_add index_reduce")
    everywhere(table, lambda _: _scattered, "scatter_add scatter_reduce")


def plain(key: Any) -> Any:
    """A key with its tensors as arrays, or whole numbers."""
    if isinstance(key, tuple):
        return tuple(plain(k) for k in key)
    if not isinstance(key, torch.Tensor):
        return key
    array = key.detach().cpu().numpy()
    return array if key.dim() or array.dtype.kind not in "iu" else int(array)


def _getitem(call: Call) -> bool | None:
    if call.node is None or not call.args:
        return None
    key = call.args[0]
    rows = call.recorder.table.rows(call.out)
    row_map = key_map(plain(key), call.rows, call.ndim, rows)
    one = received(call)
    basic = carriers.of(one.ref) is not None and not _wide(key) and type(key) is not Operand
    if (
        (basic or row_map is None)
        and call.mark is not None
        and viewed(call, one, _taken, (key,), {})
    ):
        done: bool | None = True
    elif row_map is not None:
        done = emit(call, lambda _: edge(one, row_map))
    elif call.mark is None or type(key) is Operand:
        return None
    else:
        edges = carried(call, _taken, [one, held(key)], {}, [call.out])
        done = emit(call, lambda _: edges[0])
    if not _wide(key):
        view(call)
    return done


def _taken(base: torch.Tensor, key: Any) -> torch.Tensor:
    return base[key]


def _wide(key: Any) -> bool:
    keys = key if isinstance(key, tuple) else (key,)
    return any(isinstance(k, list | np.ndarray) or _is_array(k) for k in keys)


def _is_array(key: Any) -> bool:
    return isinstance(key, torch.Tensor) and key.dim() > 0


def _setitem(call: Call) -> bool | None:
    """The rows written come from the value's rows; plain numbers change values, not rows."""
    value, key = call.written(), call.args[0] if call.args else None
    if isinstance(value, int | float | bool | complex) and "among" not in call.kwargs:
        return True
    given = tensor(call, value)
    if given is None or "among" in call.kwargs or call.mark is None or type(key) is Operand:
        return None
    one, ref = received(call), call.ref
    gone = ref is None or (call.receiver is None and not hasattr(ref, "layout"))
    if ref is None or gone:  # a temporary; what it was a view of is not
        opaque.aliases_written(call.recorder, call.site, ref, *_nodes(given))
        return True
    if carriers.of(ref) is not None and turned_writes.record(call):
        return True
    base: Any = one
    target = torch.empty(call.mark, device="meta") if call.receiver is None else call.receiver
    whole = _aligned(key, given, target) or through.alike(call.recorder.graph, given.node or 0, 0)
    sure = (0, 1) if whole else (0,)
    found = carried(call, _put, [base, held(key), value], {}, [target], sure)[0]
    if "update" in call.kwargs:
        found = [*same(one), *(e for e in found if e[0] != call.node)]
    through.record(call.recorder, (call.site, call.name), ref, 0, found)
    opaque.aliases_written(call.recorder, call.site, ref, ref.node)
    return True


def _aligned(key: Any, given: Operand, target: torch.Tensor) -> bool:
    """Whether the first axis of what is written to is the target's, and of the value as well."""
    first = key[0] if isinstance(key, tuple) and key else key
    if isinstance(first, torch.Tensor | np.ndarray | list):
        first = plain(copied(torch.as_tensor(first)))
        wide = isinstance(first, np.ndarray) and first.ndim == 1
    else:
        wide = isinstance(first, slice) or first is Ellipsis
    if not wide:
        return False
    rest = key[1:] if isinstance(key, tuple) else ()
    if first is Ellipsis and rest:
        return False
    if any(not isinstance(k, int | slice) for k in rest):
        return False
    whole = target.dim() - sum(isinstance(k, int) for k in rest)
    return given.ndim == whole or given.rows == 1


def _nodes(operand: Operand) -> list[int]:
    return [] if operand.node is None else [operand.node]


def _put(base: torch.Tensor, key: Any, value: torch.Tensor) -> torch.Tensor:
    made = base.clone()
    made[key] = value
    return made


def _copied(call: Call) -> bool | None:
    """All rows are the other's now."""
    args, kwargs = arguments(call)
    other = tensor(call, argument(args, kwargs, 1, "other", kwargs.get("src")))
    if other is None:
        return None
    if carriers.of(call.ref) is not None and carriers.of(other.ref) is not None:
        done = turned(call, [other])
        if done and call.ref is not None:
            opaque.aliases_written(call.recorder, call.site, call.ref, call.ref.node)
            return True
    return emit(call, lambda out: spread(call, out, [other]))


def _constant(call: Call) -> bool | None:
    """A number is written over some of the values; the rows keep their place."""
    one = tensor(call, arguments(call)[0][0])
    return None if one is None else emit(call, lambda _: same(one))


def _added(call: Call) -> bool | None:
    """Rows of a source are added to those that an index names."""
    args, kwargs = arguments(call)
    dim, index = argument(args, kwargs, 1, "dim"), argument(args, kwargs, 2, "index")
    one = tensor(call, args[0])
    source = tensor(call, argument(args, kwargs, 3, "source"))
    if one is None or source is None or type(dim) is not int or not isinstance(index, torch.Tensor):
        return None
    if "include_self" in kwargs or len(args) > 5 or source.ndim != one.ndim:
        return None
    if dim % max(one.ndim, 1):
        return emit(call, lambda _: same(one) + same(source)) if one.rows == source.rows else None
    codes = Groups(plain(index).reshape(-1), one.rows)
    return emit(call, lambda _: same(one) + edge(source, codes))


def _scattered(call: Call) -> bool | None:
    """Values of a source are added where an index of the same shape says."""
    args, kwargs = arguments(call)
    dim, index = argument(args, kwargs, 1, "dim"), argument(args, kwargs, 2, "index")
    one = tensor(call, args[0])
    source = tensor(call, argument(args, kwargs, 3, "src"))
    if one is None or source is None or type(dim) is not int or not isinstance(index, torch.Tensor):
        return None
    if "include_self" in kwargs or not one.ndim or len(args) > 5:
        return None
    n, rows, where = source.rows, one.rows, copied(index)
    first = dim % one.ndim == 0

    def make() -> RowMap:
        own = np.arange(len(where)).reshape(-1, *(1 for _ in where.shape[1:]))
        own = np.broadcast_to(own, where.shape).ravel()
        target = where.numpy().ravel() if first else own
        keys = np.unique(target * max(n, 1) + own)
        return Ragged.of_pairs(keys // max(n, 1), keys % max(n, 1), rows, n)

    return emit(call, lambda _: same(one) + edge(source, OnDemand(make, n, rows)))
