"""Several values into one: merge, join, concat, get_dummies, and building frames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from traceprop_nb.adapters.pandas.align import by_label
from traceprop_nb.lineage.maps import All, Deferred, Identity, Part, RowMap
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.rules import Call, Edge, RuleTable


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.method(_merged, pd.DataFrame, ("merge", "join"))
    table.function(_merged, pd.merge, pd.merge_asof, pd.merge_ordered)
    table.function(_concat, pd.concat)
    table.function(_same_rows, pd.get_dummies, pd.to_numeric, pd.to_datetime, pd.isna, pd.isnull)
    table.function(_same_rows, pd.notna, pd.notnull, pd.cut, pd.qcut, pd.to_timedelta)
    table.function(_same_rows, pd.from_dummies)
    table.function(_built, pd.DataFrame, pd.Series)
    table.method(_built, pd.DataFrame, ("from_dict", "from_records"))


def _merged(call: Call) -> bool | None:
    as_method = call.node is not None
    left = call.receiver if as_method else call.argument(0, "left")
    right = (
        call.argument(0, "right" if call.name == "merge" else "other")
        if as_method
        else call.argument(1, "right")
    )
    left_node = call.node if as_method else call.recorder.node_of(left)
    if not isinstance(right, pd.DataFrame | pd.Series) or left_node is None:
        return None
    right_node = call.recorder.node_of(right)
    n_left = call.rows if as_method else len(left)
    joins = [e for e in call.recorder.events if e[0] == "join"]
    if len(joins) != 1 or right_node is None:
        return None
    rows = len(call.out.index)
    sides = joins[0][1:3]
    if call.kwargs.get("fill_method") is not None:
        sides = tuple(_last(side) for side in sides)
    one, two = _side(sides[0], n_left, rows), _side(sides[1], len(right), rows)
    if one is None or two is None:
        return None
    return call.emit(
        (left_node, one, Kind.DIRECT, Status.EXACT), (right_node, two, Kind.DIRECT, Status.EXACT)
    )


def _last(index: Any) -> Any:
    """``merge_ordered(fill_method="ffill")``: where there is no row, the last one that was."""
    if index is None:
        return None
    rows = np.maximum.accumulate(np.where(np.asarray(index) >= 0, np.arange(len(index)), -1))
    return np.where(rows >= 0, np.asarray(index)[rows], -1)


def _side(index: Any, n: int, rows: int) -> RowMap | None:
    """One side's row map; None from pandas means that every row stayed where it was."""
    if index is None:
        return Identity(n) if n == rows else None
    return Deferred(index, n) if len(index) == rows else None


def _concat(call: Call) -> bool | None:
    parts = call.argument(0, "objs")
    if isinstance(parts, Mapping):
        parts = list(parts.values())
    if not isinstance(parts, list | tuple) or not isinstance(call.out, pd.DataFrame | pd.Series):
        return None
    parts = [p for p in parts if p is not None]
    if any(not isinstance(p, pd.DataFrame | pd.Series) for p in parts):
        return None
    if call.argument(1, "axis", 0) in (1, "columns"):
        return _beside(call, parts)
    rows, offset, edges = len(call.out.index), 0, list[Edge]()
    for part in parts:
        edges += call.recorder.edge(part, Part(offset, len(part), rows))
        offset += len(part)
    return call.emit(*edges) if offset == rows else False


def _beside(call: Call, parts: list[Any]) -> bool | None:
    if call.kwargs.get("ignore_index"):
        return None
    edges: list[Edge] = []
    for part in parts:
        row_map, status = by_label(part.index, call.out.index)
        edges += call.recorder.edge(part, row_map, Kind.DIRECT, status)
    return call.emit(*edges)


def _same_rows(call: Call) -> bool | None:
    value = call.args[0] if call.args else None
    node = call.recorder.node_of(value)
    rows = call.recorder.table.rows(call.out)
    if node is None or type(call.out) not in call.recorder.table.recorded:
        return None
    if call.recorder.table.rows(value) != rows or (
        isinstance(value, np.ndarray) and value.ndim == 0
    ):
        return None
    edges: list[Edge] = [(node, Identity(rows), Kind.DIRECT, Status.EXACT)]
    bins = call.argument(1, "bins" if call.name == "cut" else "q")
    if call.name == "qcut" or (call.name == "cut" and isinstance(bins, int)):
        edges.append((node, All(rows, rows), Kind.CONTEXT, Status.EXACT))
    return call.emit(*edges)


def _built(call: Call) -> bool | None:
    """``pd.DataFrame(...)`` and ``pd.Series(...)`` from arrays, frames, dicts and Python values."""
    data = call.argument(0, "data")
    recorded = call.recorder.table.recorded
    if isinstance(data, Mapping):
        return _from_columns(call, data)
    if type(data) not in recorded:
        inside = isinstance(data, list | tuple) and any(type(v) in recorded for v in data)
        if inside or not isinstance(data, list | tuple | range | str | int | float | type(None)):
            return None
        call.recorder.entered(call, "table")
        return True
    if call.recorder.table.rows(data) != len(call.out.index):
        return None
    if getattr(data, "index", None) is not None and not data.index.equals(call.out.index):
        return None
    if data is call.out:
        return True
    call.emit(*call.recorder.edge(data, Identity(len(call.out.index))))
    call.recorder.identity.share(data, call.out)
    return True


def _from_columns(call: Call, columns: Mapping[Any, Any]) -> bool | None:
    recorder, out = call.recorder, call.out
    known = [v for v in columns.values() if type(v) in recorder.table.recorded]
    if not known:
        if any(
            isinstance(v, list | tuple) and any(type(x) in recorder.table.recorded for x in v)
            for v in columns.values()
        ):
            return None
        recorder.entered(call, "table")
        return True
    edges: list[Edge] = []
    for value in known:
        ndim, n, index = recorder.table.snapshot(value)
        if ndim == 0:
            edges += recorder.edge(value, All(n, len(out.index)), Kind.CONTEXT)
        elif index is not None:
            row_map, status = by_label(index, out.index)
            edges += recorder.edge(value, row_map, Kind.DIRECT, status)
        elif n == len(out.index):
            edges += recorder.edge(value, Identity(n))
        else:
            return None
    return call.emit(*edges)
