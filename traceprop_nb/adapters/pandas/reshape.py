"""Another shape for the same cells: melt, stack, unstack, pivot, value counts, both ways to align.

A row of the result comes from the rows that its label names. Labels are looked up where pandas
keeps them unique; a receiver that is gone again left its own labels behind (see ``keys``).
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pandas as pd

from traceprop_nb.adapters.pandas import keys
from traceprop_nb.adapters.pandas.align import by_label
from traceprop_nb.adapters.pandas.keys import Keyed
from traceprop_nb.lineage.maps import All, Deferred, Groups, Identity, Repeat, RowMap, Tile
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

_FRAMES = (pd.DataFrame, pd.Series)


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.method(_melted, pd.DataFrame, ("melt",))
    table.function(_melted, pd.melt, pd.wide_to_long)
    table.method(_pivoted, pd.DataFrame, ("pivot", "pivot_table"))
    table.function(_pivoted, pd.pivot, pd.pivot_table, pd.crosstab)
    table.method(_stacked, pd.DataFrame, ("stack",))
    for kind in _FRAMES:
        table.method(_unstacked, kind, ("unstack",))
        table.method(_counted, kind, ("value_counts",))
        table.method(_aligned, kind, ("align",))
        table.method(_compared, kind, ("compare", "combine_first"))
    table.method(_combined, pd.Series, ("combine",))
    table.method(_repeated, pd.Series, ("repeat",))
    table.function(_factors, pd.factorize)
    table.method(_factors, pd.Series, ("factorize",))


def _given(call: Call) -> tuple[Any, int | None, int]:
    """The frame that a function was given, or the receiver: itself, its node, its rows."""
    if call.node is not None:
        return call.receiver, call.node, call.rows
    frame = call.argument(0, "frame", call.kwargs.get("data", call.kwargs.get("df")))
    if type(frame) not in call.recorder.table.recorded:
        return None, None, -1
    return frame, call.recorder.node_of(frame), call.recorder.table.rows(frame)


def emitted(call: Call, node: int | None, row_map: RowMap | None) -> bool | None:
    """Record one direct, exact edge, unless there is none."""
    if node is None or row_map is None or row_map.n_out != call.recorder.table.rows(call.out):
        return None
    return call.emit((node, row_map, Kind.DIRECT, Status.EXACT))


def _melted(call: Call) -> bool | None:
    """Block after block, one for each column that was melted."""
    _, node, n = _given(call)
    rows = len(call.out.index)
    whole = n > 0 and rows % n == 0
    return emitted(call, node, Tile(rows // n, n)) if whole else None


def _pivoted(call: Call) -> bool | None:
    """The rows of the keys that pandas gave the result's rows (see ``keys``)."""
    if not isinstance(call.out, pd.DataFrame):
        return None
    told = _keyed(call)
    if told is None and call.node is None and call.function in (pd.pivot, pd.pivot_table):
        given = inspect.signature(call.function).bind(*call.args, **call.kwargs)
        given.apply_defaults()
        told = keys.of_pivot(call.out, given.arguments["data"], given.arguments)
    if told is None:
        return None
    _, codes, number = told
    if number != len(call.out.index):
        return None
    found: list[Edge] = []
    nodes = [call.node] if call.node is not None else _nodes(call)
    for node in nodes:
        if node is not None and call.recorder.graph.rows(node) == len(codes):
            groups = Groups(codes, number)
            found.append((node, groups, Kind.DIRECT, Status.EXACT))
    return call.emit(*found) if found and len(found) == len(nodes) else None


def _keyed(call: Call) -> Keyed | None:
    """What was seen of the call's keys; nothing if it was seen more than once."""
    seen = [e for e in call.recorder.events if e[0] == "keyed"]
    return seen[0] if len(seen) == 1 else None


def _nodes(call: Call) -> list[int | None]:
    recorded, found = call.recorder.table.recorded, list[Any]()
    for value in (*call.args, *call.kwargs.values()):
        found += value if isinstance(value, list) else [value]
    indexes = [v.index for v in found if isinstance(v, pd.Series)]
    if any(not one.equals(indexes[0]) for one in indexes[1:]):
        return []  # crosstab keeps the labels that all have
    nodes = [call.recorder.node_of(v) for v in found if type(v) in recorded]
    return list(dict.fromkeys(nodes))


def _stacked(call: Call) -> bool | None:
    """Each row as several: under its own label, and one more."""
    index, n, rows = call.index, call.rows, len(call.out.index)
    if call.node is None or index is None or call.out.index.nlevels <= index.nlevels:
        return None
    added = call.out.index.nlevels - index.nlevels
    labels = call.out.index.droplevel(list(range(-added, 0)))
    if index.is_unique and index.nlevels == 1:
        return emitted(call, call.node, Deferred(index.get_indexer(labels), n))
    whole = n > 0 and rows % n == 0 and index.repeat(rows // n).equals(labels)
    return emitted(call, call.node, Repeat(rows // n, n)) if whole else None


def _unstacked(call: Call) -> bool | None:
    """The rows whose label, but for the level that became columns, is the result's."""
    index, out = call.index, call.out
    if call.node is None or index is None or not isinstance(out, pd.DataFrame | pd.Series):
        return None
    if index.nlevels == 1:
        whole = call.rows > 0 and len(out.index) % call.rows == 0
        return (
            emitted(call, call.node, Tile(len(out.index) // call.rows, call.rows))
            if whole
            else None
        )
    level = call.argument(0, "level", -1)
    left = index.droplevel(level)
    if not out.index.is_unique:
        return None
    return emitted(call, call.node, Groups(out.index.get_indexer(left), len(out.index)))


def _counted(call: Call) -> bool | None:
    """The rows that have the value."""
    told = _keyed(call)
    if call.kind is pd.DataFrame:
        told = keys.of_frame_counts(call.out, call.receiver, call.argument(0, "subset"))
    if told is None or call.node is None:
        return None
    _, codes, number = told
    fits = len(codes) == call.rows
    return emitted(call, call.node, Groups(codes, number)) if fits else None


def _aligned(call: Call) -> bool | None:
    other = call.argument(0, "other")
    if call.node is None or call.index is None or not isinstance(call.out, tuple):
        return None
    if not isinstance(other, pd.DataFrame | pd.Series):
        return None
    mine = by_label(call.index, call.out[0].index)
    theirs = by_label(other.index, call.out[1].index)
    call.emit((call.node, mine[0], Kind.DIRECT, mine[1]), out=call.out[0])
    edges = call.recorder.edge(other, theirs[0], Kind.DIRECT, theirs[1])
    return call.emit(*edges, out=call.out[1])


def _compared(call: Call) -> bool | None:
    """Two values that meet by label, row with row."""
    other = call.argument(0, "other")
    if call.node is None or call.index is None or not isinstance(other, pd.DataFrame | pd.Series):
        return None
    if call.argument(1, "align_axis", 1) in (0, "index") and call.name == "compare":
        return None
    mine = by_label(call.index, call.out.index)
    theirs = by_label(other.index, call.out.index)
    edges: list[Edge] = [(call.node, mine[0], Kind.DIRECT, mine[1])]
    edges += call.recorder.edge(other, theirs[0], Kind.DIRECT, theirs[1])
    return call.emit(*edges)


def _combined(call: Call) -> bool | None:
    """``s.combine(other, f)``: f is given one cell of each."""
    function = call.argument(1, "func")
    plain = not getattr(function, "__closure__", None) or isinstance(function, np.ufunc)
    named = getattr(getattr(function, "__code__", None), "co_names", ())
    return _compared(call) if plain and not set(named) - _BUILTIN else None


_BUILTIN = frozenset("max min abs round float int str bool".split())


def _repeated(call: Call) -> bool | None:
    """``s.repeat(2)``, or a number of times for each row."""
    times, n = call.argument(0, "repeats"), call.rows
    if type(times) is int:
        return emitted(call, call.node, Repeat(times, n))
    if not isinstance(times, list | np.ndarray) or len(times) != n:
        return None
    rows = np.repeat(np.arange(n), np.asarray(times))
    return emitted(call, call.node, Deferred(rows, n))


def _factors(call: Call) -> bool | None:
    """Codes row by row: which number a value gets depends on the rows before it."""
    _, node, n = _given(call)
    values = call.argument(0, "values") if node is None else None
    node = call.recorder.node_of(values) if node is None and values is not None else node
    codes = call.out[0]
    if node is None or not isinstance(codes, np.ndarray) or len(codes) != n:
        return None
    context: Edge = (node, All(n, n), Kind.CONTEXT, Status.EXACT)
    return call.emit((node, Identity(n), Kind.DIRECT, Status.EXACT), context, out=codes)
