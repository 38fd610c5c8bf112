"""Rows of several arrays in one: concatenate, stack and their kin."""

from __future__ import annotations

from typing import Any

import numpy as np

from traceprop_nb.lineage.maps import Groups, Identity, Part, RowMap
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.rules import Call, Edge, RuleTable


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.function(_concatenate, np.concatenate, np.vstack, np.hstack, np.append)
    table.function(_beside, np.column_stack)
    table.function(_stack, np.stack)
    table.method(_written_beside, type(np.c_), ("__getitem__",))
    table.method(_written_on_top, type(np.r_), ("__getitem__",))


_FIRST = {"vstack": "tup", "hstack": "tup", "column_stack": "tup", "stack": "arrays",
          "concatenate": "arrays"}  # fmt: skip


def _parts(call: Call) -> list[Any] | None:
    parts = call.args[:2] if call.name == "append" else call.argument(0, _FIRST[call.name])
    if not isinstance(parts, list | tuple) or {"out", "dtype"} & set(call.kwargs):
        return None
    return [p if type(p) in call.recorder.table.recorded else np.asarray(p) for p in parts]


def _concatenate(call: Call) -> bool | None:
    parts = _parts(call)
    if parts is None or type(call.out) is not np.ndarray:
        return None
    axis = _axis(call, parts)
    if axis is None:
        return None
    return _on_top(call, parts) if axis == 0 else _beside(call)


def _axis(call: Call, parts: list[Any]) -> int | None:
    ndim = np.ndim(parts[0]) if parts else 0
    if call.name == "vstack":
        return 0
    if call.name == "hstack":
        return 0 if ndim <= 1 else 1
    axis = call.argument(2 if call.name == "append" else 1, "axis", None)
    if axis is None and call.name == "concatenate":
        axis = 0 if len(call.args) < 2 and "axis" not in call.kwargs else None
    if axis is None:  # flattened first
        return 0 if all(np.ndim(p) == 1 for p in parts) else None
    return int(axis) % max(ndim, 1) if isinstance(axis, int | np.integer) else None


def _on_top(call: Call, parts: list[Any]) -> bool:
    rows, offset, edges = call.recorder.table.rows(call.out), 0, list[Edge]()
    for part in parts:
        n = call.recorder.table.rows(part)
        single = call.name == "vstack" and np.ndim(part) <= 1
        row_map: RowMap = _as_one_row(n, offset, rows) if single else Part(offset, n, rows)
        edges += _edge(call, part, row_map)
        offset += 1 if single else n
    return call.emit(*edges) if offset == rows else False


def _as_one_row(n: int, row: int, rows: int) -> RowMap:
    """All n elements of a vector become one row of the result."""
    return Groups(np.full(n, row, np.int32), rows)


def _beside(call: Call) -> bool | None:
    parts = _parts(call)
    rows = call.recorder.table.rows(call.out)
    if parts is None or any(call.recorder.table.rows(p) != rows for p in parts):
        return None
    return call.emit(*(e for part in parts for e in _edge(call, part, Identity(rows))))


def _stack(call: Call) -> bool | None:
    parts = _parts(call)
    if parts is None or any(np.ndim(p) == 0 for p in parts):
        return None
    axis = call.argument(1, "axis", 0)
    if not isinstance(axis, int | np.integer):
        return None
    if int(axis) % (np.ndim(parts[0]) + 1) != 0:
        return _beside(call)
    rows = call.recorder.table.rows(call.out)
    edges = [e for k, p in enumerate(parts) for e in _edge(call, p, _as_one_row(len(p), k, rows))]
    return call.emit(*edges)


def _edge(call: Call, part: Any, row_map: RowMap) -> list[Edge]:
    if type(part) not in call.recorder.table.recorded:
        return []
    known = call.recorder.identity.node(part)
    if known is None and not any(part is p for p in _given(call)):
        return []  # an array made here out of plain Python values
    return call.recorder.edge(part, row_map, Kind.DIRECT, Status.EXACT)


def _given(call: Call) -> list[Any]:
    given = [*call.args, *call.kwargs.values()]
    return [*given, *(p for some in given if isinstance(some, list | tuple) for p in some)]


def _bracketed(call: Call) -> list[Any] | None:
    """The arrays between the brackets of ``np.c_`` and ``np.r_``."""
    parts = call.args[0] if isinstance(call.args[0], tuple) else (call.args[0],)
    return list(parts) if all(type(p) is np.ndarray and p.ndim for p in parts) else None


def _written_beside(call: Call) -> bool | None:
    parts, rows = _bracketed(call), len(call.out)
    if parts is None or any(len(p) != rows or p.ndim > 2 for p in parts):
        return None
    call.name = "c_"
    return call.emit(*(e for p in parts for e in _edge(call, p, Identity(rows))))


def _written_on_top(call: Call) -> bool | None:
    parts = _bracketed(call)
    if parts is None or any(p.ndim != call.out.ndim for p in parts):
        return None
    call.name = "r_"
    return _on_top(call, parts)
