"""Rows of several arrays in one, and of one in several: concatenate, stack, split and their kin."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from traceprop_nb.adapters.numpy.rowwise import converted, named
from traceprop_nb.adapters.numpy.subject import (
    DIRECT,
    EXACT,
    along,
    axis_of,
    edge,
    finish,
    recorded,
    share,
)
from traceprop_nb.lineage.graph import LineageGraph
from traceprop_nb.lineage.maps import Chain, Groups, Identity, Part, Range, Repeat, RowMap
from traceprop_nb.lineage.nodes import Kind
from traceprop_nb.tracing import through
from traceprop_nb.tracing.rules import Call, Edge, RuleTable


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.function(_concatenate, *named(np, "concatenate concat"))
    table.function(_on_top, *named(np, "vstack row_stack"))
    table.function(_beside, np.hstack)
    table.function(_columns, np.column_stack)
    table.function(_deep, np.dstack)
    table.function(_appended, np.append)
    table.function(_stack, np.stack)
    table.function(_listed, *named(np, "array asarray asanyarray"))
    table.function(_block, np.block)
    table.method(_written_beside, type(np.c_), ("__getitem__",))
    table.method(_written_on_top, type(np.r_), ("__getitem__",))
    for name, axis in (("split", None), ("array_split", None), ("vsplit", 0), ("hsplit", 1),
                       ("dsplit", 2)):  # fmt: skip
        table.function(partial(_split, fixed=axis), *named(np, name))
    table.function(_unstacked, *named(np, "unstack"))


def _parts(call: Call, values: Any) -> list[Any] | None:
    """The arrays that are put together; lists in the place of arrays as arrays."""
    if isinstance(values, np.ndarray):
        return None
    if not isinstance(values, list | tuple) or type(call.out) is not np.ndarray:
        return None
    known = call.recorder.table.recorded
    inside = any(type(v) in known for p in values if isinstance(p, list | tuple) for v in p)
    if inside or not values:
        return None
    return [p if type(p) in known else np.asarray(p) for p in values]


def _edge(call: Call, part: Any, row_map: RowMap, given: Any) -> list[Edge]:
    """An edge to a part that was given as it is, not made here of Python values."""
    if not any(part is p for p in given):
        return []
    one = recorded(call, part)
    return [] if one is None else [edge(one, row_map)]


def _joined(call: Call, values: Any, axis: int) -> bool | None:
    parts = _parts(call, values)
    if parts is None:
        return None
    rows, offset, edges = len(call.out), 0, list[Edge]()
    for part in parts:
        n = call.recorder.table.rows(part)
        if axis:
            if n != rows or np.ndim(part) != call.out.ndim:
                return None
            edges += _edge(call, part, Identity(rows), values)
            continue
        if np.ndim(part) != call.out.ndim:
            return None
        edges += _edge(call, part, Part(offset, n, rows), values)
        offset += n
    return finish(call, *edges) if axis or offset == rows else None


def _concatenate(call: Call) -> bool | None:
    values = call.argument(0, "arrays")
    axis = call.argument(1, "axis", 0)
    if axis is None:
        return _flattened(call, values)
    place = axis_of(axis, np.ndim(call.out))
    return None if place is None else _joined(call, values, place)


def _flattened(call: Call, values: Any) -> bool | None:
    """All elements, one array after the other."""
    parts = _parts(call, values)
    if parts is None:
        return None
    rows, offset, edges = len(call.out), 0, list[Edge]()
    for part in parts:
        n, size = call.recorder.table.rows(part), int(np.size(part))
        if n and size:
            link: RowMap = Part(offset, size, rows)
            if size != n:
                link = Chain(link, Repeat(size // n, n))
            edges += _edge(call, part, link, values)
        offset += size
    return finish(call, *edges) if offset == rows else None


def _on_top(call: Call) -> bool | None:
    """``vstack``: arrays on top of each other, vectors as one row each."""
    values = call.argument(0, "tup")
    parts = _parts(call, values)
    if parts is None:
        return None
    if all(np.ndim(p) <= 1 for p in parts):
        return _lying(call, parts, values)
    rows, offset, edges = len(call.out), 0, list[Edge]()
    for part in parts:
        n = call.recorder.table.rows(part)
        single = np.ndim(part) <= 1
        edges += _edge(call, part, _as_one_row(n, offset, rows) if single
                       else Part(offset, n, rows), values)  # fmt: skip
        offset += 1 if single else n
    return finish(call, *edges) if offset == rows else None


def of_one_row(graph: LineageGraph, node: int, steps: int = 16) -> bool:
    """Whether every element of a vector came from one and the same row: ``X[3] * 2``."""
    edges = [(p, m) for p, m, kind, _ in graph.edges(node) if kind == Kind.DIRECT]
    return bool(edges and steps) and all(
        (type(m) is Range and m.step == 0)
        or (m.n_in == 1 and through.same_row(m))
        or (type(m) is Identity and of_one_row(graph, p, steps - 1))
        for p, m in edges
    )


def _as_one_row(n: int, row: int, rows: int) -> RowMap:
    """All n elements of a vector become one row of the result."""
    return Groups(np.full(n, row, np.int32), rows)


def _lying(call: Call, parts: list[Any], values: Any) -> bool | None:
    """Arrays, each a row of the result: their rows lie along the next axis."""
    n = call.out.shape[1]
    if any(call.recorder.table.rows(p) != n for p in parts):
        return None
    found = [(k, e) for k, p in enumerate(parts) for e in _edge(call, p, Identity(n), values)]
    if all(of_one_row(call.recorder.graph, parent) for _, (parent, *_) in found):
        rows = len(parts)  # a part of such a vector comes from the same row as all of it
        return finish(call, *((p, _as_one_row(n, k, rows), d, s) for k, (p, _, d, s) in found))
    return along(call, 1, *(e for _, e in found), lines=[k for k, _ in found])


def _beside(call: Call) -> bool | None:
    values = call.argument(0, "tup")
    parts = _parts(call, values)
    if parts is None:
        return None
    if max(np.ndim(p) for p in parts) <= 1:
        return _flattened(call, values)
    return _joined(call, values, 1)


def _columns(call: Call) -> bool | None:
    values = call.argument(0, "tup")
    parts, rows = _parts(call, values), len(call.out)
    if parts is None or any(call.recorder.table.rows(p) != rows for p in parts):
        return None
    return finish(call, *(e for p in parts for e in _edge(call, p, Identity(rows), values)))


def _deep(call: Call) -> bool | None:
    """Along the third axis; vectors are one row."""
    values = call.argument(0, "tup")
    parts = _parts(call, values)
    if parts is None:
        return None
    if np.ndim(parts[0]) >= 2:
        return _joined(call, values, 2) if np.ndim(parts[0]) > 2 else _columns(call)
    edges = [e for p in parts for e in _edge(call, p, Identity(len(p)), values)]
    return along(call, 1, *edges)


def _appended(call: Call) -> bool | None:
    values = [call.argument(0, "arr"), call.argument(1, "values")]
    axis = call.argument(2, "axis")
    if axis is None:
        return _flattened(call, values)
    place = axis_of(axis, np.ndim(call.out))
    return None if place is None else _joined(call, values, place)


def _stack(call: Call) -> bool | None:
    values = call.argument(0, "arrays")
    parts, axis = _parts(call, values), axis_of(call.argument(1, "axis", 0), np.ndim(call.out))
    if parts is None or axis is None or any(np.ndim(p) == 0 for p in parts):
        return _numbers(call, values) if parts is not None else None
    if axis:
        return _columns_of(call, parts, values)
    return _lying(call, parts, values)


def _listed(call: Call) -> bool | None:
    """``np.array([row, row])``: a list of arrays is stacked; anything else is converted."""
    values, known = call.args[0] if call.args else None, call.recorder.table.recorded
    plain = isinstance(values, list | tuple) and all(type(v) in known for v in values)
    if not plain or not values or type(call.out) is not np.ndarray or call.out.dtype == object:
        return converted(call)
    shape = np.shape(values[0])
    if any(np.shape(v) != shape for v in values) or call.out.shape != (len(values), *shape):
        return None
    return _lying(call, list(values), values) if shape else _numbers(call, values)


def _numbers(call: Call, values: Any) -> bool | None:
    """Numbers in a row."""
    rows = len(call.out)
    if any(np.ndim(v) for v in values):
        return None
    edges = [e for k, v in enumerate(values) for e in _edge(call, v, Part(k, 1, rows), values)]
    return finish(call, *edges)


def _columns_of(call: Call, parts: list[Any], values: Any) -> bool | None:
    rows = len(call.out)
    if any(call.recorder.table.rows(p) != rows for p in parts):
        return None
    return finish(call, *(e for p in parts for e in _edge(call, p, Identity(rows), values)))


def _block(call: Call) -> bool | None:
    """Nested lists of matrices: the outer list from top to bottom."""
    values = call.argument(0, "arrays")
    if not isinstance(values, list) or type(call.out) is not np.ndarray:
        return None
    if not all(isinstance(row, list) for row in values):
        flat_ones = not any(isinstance(row, list) for row in values)
        if not flat_ones:
            return None
        ndim = call.out.ndim
        return _flattened(call, values) if ndim == 1 else _joined(call, values, ndim - 1)
    rows, offset, edges = len(call.out), 0, list[Edge]()
    for row in values:
        if any(np.ndim(p) != 2 for p in row):
            return None
        n = len(row[0])
        for part in row:
            edges += _edge(call, part, Part(offset, n, rows), row)
        offset += n
    return finish(call, *edges) if offset == rows else None


def _bracketed(call: Call) -> list[Any] | None:
    """The arrays between the brackets of ``np.c_`` and ``np.r_``."""
    parts = call.args[0] if isinstance(call.args[0], tuple) else (call.args[0],)
    found = [np.r_[p] if isinstance(p, slice | int | float) else p for p in parts]
    return found if all(type(p) is np.ndarray and p.ndim for p in found) else None


def _written_beside(call: Call) -> bool | None:
    parts, rows = _bracketed(call), len(call.out)
    if parts is None or any(len(p) != rows or p.ndim > 2 for p in parts):
        return None
    call.name = "c_"
    return finish(call, *(e for p in parts for e in _edge(call, p, Identity(rows), parts)))


def _written_on_top(call: Call) -> bool | None:
    parts = _bracketed(call)
    if parts is None or any(p.ndim != call.out.ndim for p in parts):
        return None
    call.name = "r_"
    return _joined(call, parts, 0)


# -- one array in several --------------------------------------------------------------------------


def _split(call: Call, fixed: int | None) -> bool | None:
    """Neighbouring rows, or every row's part."""
    one = recorded(call, call.argument(0, "ary"), 1)
    if one is None or not isinstance(call.out, list):
        return None
    axis: Any = call.argument(2, "axis", 0) if fixed is None else fixed
    place = axis_of(0 if fixed == 1 and one.ndim == 1 else axis, one.ndim)
    start, n = 0, one.rows
    if place is None:
        return None
    for out in call.out:
        link: RowMap = Identity(n)
        if place == 0:
            link = Range(start, 1, len(out), n) if start < n else Range(0, 1, 0, n)
            start += len(out)
        finish(call, edge(one, link), out=out)
        share(call, one.array, out)
    return True


def _unstacked(call: Call) -> bool | None:
    """Each position along an axis by itself."""
    one = recorded(call, call.argument(0, "x"), 1)
    axis = None if one is None else axis_of(call.kwargs.get("axis", 0), one.ndim)
    if one is None or axis is None or one.ndim < 2:
        return None
    for k, out in enumerate(call.out):
        rows = call.recorder.table.rows(out)
        link = Identity(rows) if axis else Range(k, 0, rows, one.rows)
        finish(call, edge(one, link, DIRECT, EXACT), out=out)
        share(call, one.array, out)
    return True
