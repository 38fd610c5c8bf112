"""Writes into arrays: ``a[k] = v``, ``a[k] += v``, and methods in place."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from traceprop_nb.adapters.numpy import placing
from traceprop_nb.lineage.maps import (
    All,
    Gather,
    Groups,
    Identity,
    OnDemand,
    RowMap,
    compose,
    compress,
)
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing import carriers, opaque, through, turned_writes
from traceprop_nb.tracing.keys import covers, key_map
from traceprop_nb.tracing.rules import Call, Edge, RuleTable


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.method(_setitem, np.ndarray, ("__setitem__",))
    table.method(_setattr, np.ndarray, ("__setattr__",))
    table.method(_moved_in_place, np.ndarray, ("sort", "partition", "resize", "itemset"))
    table.method(_filled, np.ndarray, ("fill",))
    table.method(_at, np.ufunc, ("at",))
    table.states[np.ndarray] = before_sort


def _setitem(call: Call) -> bool | None:
    """The rows written come from the value's rows; all others stay what they were."""
    if call.args and call.args[0] is Ellipsis:
        call.args = [slice(None), *call.args[1:]]
    if call.node is None or "among" in call.kwargs:
        return None
    if call.name == "flat":
        return placing.flat(call)
    turned = carriers.of(call.ref) is not None and turned_writes.record(call)
    return True if turned else _rows_written(call, call.node)


def _rows_written(call: Call, node: int) -> bool | None:
    """A write into an array whose rows lie along its first axis."""
    recorder, ref = call.recorder, call.ref
    value, rows = call.written(), call.rows
    given = _value_edges(call, value, rows)
    if given is None:
        return None
    if given and given[0][0] == node and isinstance(given[0][1], Identity):
        given = []
    own: Edge = (node, _kept(call, given, rows), Kind.DIRECT, Status.EXACT)
    if ref is not None and (call.receiver is not None or hasattr(ref, "layout")):
        through.record(recorder, (call.site, call.name), ref, 0, (own, *given))
        brought = [ref.node]
    else:
        brought = [parent for parent, *_ in given]
    if given:
        opaque.aliases_written(recorder, call.site, ref, *brought)
    return True


def _kept(call: Call, given: list[Edge], rows: int) -> RowMap:
    """Rows that stay: all but those replaced whole by rows of the value."""
    key = call.args[0]
    rest = key[1:] if isinstance(key, tuple) else ()
    place = None if call.ref is None else through.layout(call.recorder, call.ref)
    whole = all(k is Ellipsis or (isinstance(k, slice) and k == slice(None)) for k in rest) or (
        place is not None and Ellipsis not in rest and covers(rest, place.shape[1:])
    )
    replaced = [m for _, m, kind, status in given if kind == Kind.DIRECT and status == Status.EXACT]
    if not whole or not replaced or "update" in call.kwargs:
        return Identity(rows)
    kept = np.arange(rows)
    kept[replaced[0].forward(np.arange(replaced[0].n_in))] = -1
    return Gather(kept, rows)


def _value_edges(call: Call, value: Any, rows: int) -> list[Edge] | None:
    recorder = call.recorder
    if type(value) not in recorder.table.recorded:
        return (
            [] if not isinstance(value, list | tuple) or not _tracked_inside(call, value) else None
        )
    source = recorder.node_of(value)
    if source is None:
        return []
    n = recorder.table.rows(value)
    if np.ndim(value) == 0:
        return [_scalar_edge(source, _first(call.args[0]), rows)]
    row_map = _scatter(call, value, n, rows) or _spread(call, value, n, rows)
    if row_map is None:
        return [(source, All(n, rows), Kind.DIRECT, Status.INEXACT)]
    return [(source, row_map, Kind.DIRECT, Status.EXACT)]


def _first(key: Any) -> Any:
    return key[0] if isinstance(key, tuple) and key else key


def _scalar_edge(source: int, key: Any, rows: int) -> Edge:
    """A scalar written into one row is that row's; spread over several it is their context."""
    if not _is_row(key):
        return (source, All(1, rows), Kind.CONTEXT, Status.EXACT)
    placed = np.full(rows, -1)
    placed[key] = 0
    return (source, Gather(placed, 1), Kind.DIRECT, Status.EXACT)


def _is_row(key: Any) -> bool:
    return isinstance(key, int | np.integer) and not isinstance(key, bool)


def _tracked_inside(call: Call, values: Any) -> bool:
    return any(type(v) in call.recorder.table.recorded for v in values)


def _scatter(call: Call, value: Any, n: int, rows: int) -> RowMap | None:
    """Map from rows of the array to rows of the value that was written into it, -1 elsewhere."""
    key = call.args[0]
    if _is_row(_first(key)):  # a row
        return Groups(np.full(n, int(_first(key)) % rows, np.int32), rows)
    count = _selected(_first(key), rows)
    if count is None or count != n or np.ndim(value) != _ndim_written(key, call.ndim):
        return None
    placed = key_map(key, rows, call.ndim, count)
    if placed is None:
        return None
    if isinstance(placed, Identity):
        return placed
    inverse = np.full(rows, -1, np.int64)
    inverse[placed.at(np.arange(count))] = np.arange(count)
    return Gather(inverse, n)


def _spread(call: Call, value: Any, n: int, rows: int) -> RowMap | None:
    """One row, or a vector that is one, written into each of the rows that a key names."""
    key = call.args[0]
    missing = _ndim_written(key, call.ndim) - np.ndim(value)
    first = _first(key)
    if missing not in (0, 1) or (missing == 0 and n != 1) or (missing and call.ndim < 2):
        return None
    count = _selected(first, rows)
    placed = None if count is None else key_map(key, rows, call.ndim, count)
    if count is None or placed is None:
        return None
    index = np.full(rows, -1, np.int64)
    index[placed.at(np.arange(count))] = 0
    return compose(Gather(index, 1), All(n, 1))


def _selected(key: Any, rows: int) -> int | None:
    if isinstance(key, slice):
        return len(range(*key.indices(rows)))
    if isinstance(key, list | np.ndarray):
        array = np.asarray(key)
        if array.ndim != 1:
            return None
        return int(array.sum()) if array.dtype == bool else len(array)
    return None


def _ndim_written(key: Any, ndim: int) -> int:
    if not isinstance(key, tuple):
        return ndim
    return ndim - sum(isinstance(k, int | np.integer) for k in key[1:])


def _setattr(call: Call) -> bool | None:
    """``a.shape = ...`` and such: rows stay when their number does and nothing moves."""
    if call.receiver is None or call.name not in ("shape", "dtype", "flags"):
        return None
    rows = call.recorder.table.rows(call.receiver)
    if rows != call.rows or call.node is None:
        return None
    return True


def _inexact(call: Call, array: Any, *others: Any) -> bool:
    recorder = call.recorder
    rows = recorder.table.rows(array)
    found: list[Edge] = []
    for thing in (array, *others):
        if type(thing) in recorder.table.recorded:
            node = recorder.node_of(thing)
            if node is not None:
                n = recorder.graph.rows(node)
                found.append((node, All(n, rows), Kind.DIRECT, Status.INEXACT))
    node = recorder.emit(call.site, call.name, array, found)
    opaque.aliases_written(recorder, call.site, recorder.identity.find(array), node)
    return True


def _moved_in_place(call: Call) -> bool | None:
    if call.node is None:
        return None
    if call.receiver is None:  # a temporary that is gone again; what it was a view of is not
        opaque.aliases_written(call.recorder, call.site, call.ref)
        return True
    if _within_rows(call):
        rows = call.rows
        own: Edge = (call.node, Identity(rows), Kind.DIRECT, Status.EXACT)
        call.recorder.emit(call.site, call.name, call.receiver, (own,))
        return True
    if call.name == "sort" and call.ndim == 1 and call.mark is not None:
        return _sorted(call)
    return _inexact(call, call.receiver, *call.args)


def _sorted(call: Call) -> bool:
    """A vector was sorted: its copy from before tells the order."""
    link = OnDemand(partial(_order, call.mark), call.rows, call.rows)
    own: Edge = (call.node or 0, link, Kind.DIRECT, Status.EXACT)
    around: Edge = (call.node or 0, All(call.rows, call.rows), Kind.CONTEXT, Status.EXACT)
    node = call.recorder.emit(call.site, call.name, call.receiver, [own, around])
    opaque.aliases_written(call.recorder, call.site, call.ref, node)
    return True


def _order(before: np.ndarray) -> RowMap:
    return compress(np.argsort(before, kind="stable"), len(before))


def before_sort(array: np.ndarray) -> np.ndarray | None:
    """What is kept of an array that is about to be sorted."""
    return array.copy() if type(array) is np.ndarray and array.ndim == 1 else None


def _within_rows(call: Call) -> bool:
    """Whether a sort or partition moves elements within their rows only."""
    if call.name not in ("sort", "partition") or call.ndim < 2:
        return False
    axis = call.argument(0 if call.name == "sort" else 1, "axis", -1)
    return isinstance(axis, int) and axis % call.ndim != 0


def _filled(call: Call) -> bool | None:
    """Every element is new; the rows keep their place."""
    return True


def _at(call: Call) -> bool | None:
    """``np.add.at(a, i, b)``: rows of b where their index says; the rows of a stay."""
    target, key = (call.args[0], call.args[1]) if len(call.args) > 1 else (None, None)
    if not isinstance(target, np.ndarray):
        return None
    first = np.array(_first(key)) if isinstance(_first(key), list | np.ndarray) else None
    recorder, value = call.recorder, call.args[2] if len(call.args) > 2 else None
    node, rows = recorder.node_of(target), len(target) if target.ndim else 1
    found: list[Edge] = [] if node is None else [(node, Identity(rows), *_SURE)]
    if type(value) in recorder.table.recorded:
        plain = first is not None and first.ndim == 1 and first.dtype.kind in "iu"
        if first is None or not plain or len(first) != recorder.table.rows(value):
            return _inexact(call, target, *call.args[1:])
        if not recorder.table.snapshot(value)[0]:
            return _inexact(call, target, *call.args[1:])
        codes: np.ndarray = np.remainder(first, rows)
        found += recorder.edge(value, Groups(codes, rows))
    made = recorder.emit(call.site, call.name, target, found)
    opaque.aliases_written(recorder, call.site, recorder.identity.find(target), made)
    return True


_SURE = (Kind.DIRECT, Status.EXACT)
