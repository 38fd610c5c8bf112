"""Writes into frames and series: ``df[c] = v``, ``df.loc[m, c] = v``, ``insert``, ``update``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from traceprop_nb.adapters.pandas.align import by_label
from traceprop_nb.lineage.maps import All, Gather, Identity
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing import opaque
from traceprop_nb.tracing.rules import Call, Edge, RuleTable


def install(table: RuleTable) -> None:
    """Fill the table."""
    for kind in (pd.DataFrame, pd.Series):
        table.method(_setitem, kind, ("__setitem__",))
        table.method(_setattr, kind, ("__setattr__",))
        table.method(_update, kind, ("update",))
    table.method(_insert, pd.DataFrame, ("insert", "isetitem"))
    table.method(_pop, pd.DataFrame, ("pop",))


def column_edges(call: Call, value: Any, frame: Any, *, whole: bool) -> list[Edge] | None:
    """Edges from a value that becomes (part of) a column of a frame."""
    recorder, rows = call.recorder, len(frame.index)
    if type(value) not in recorder.table.recorded:
        inside = isinstance(value, list | tuple) and any(
            type(v) in recorder.table.recorded for v in value
        )
        return None if inside else []
    node = recorder.node_of(value)
    if node is None:
        return []
    ndim, n, index = recorder.table.snapshot(value)
    if ndim == 0:
        return [(node, All(n, rows), Kind.CONTEXT, Status.EXACT)]
    if not whole:
        return [(node, All(n, rows), Kind.DIRECT, Status.INEXACT)]
    if index is not None:
        row_map, status = by_label(index, frame.index)
        return [(node, row_map, Kind.DIRECT, status)]
    if n == rows:
        return [(node, Identity(n), Kind.DIRECT, Status.EXACT)]
    return [(node, All(n, rows), Kind.DIRECT, Status.INEXACT)]


def _own(call: Call) -> Edge | None:
    frame = call.receiver
    if frame is None or call.node is None or len(frame.index) != call.rows:
        return None
    return (call.node, Identity(call.rows), Kind.DIRECT, Status.EXACT)


def _setitem(call: Call) -> bool | None:
    if call.receiver is None:
        return True  # a temporary that is gone again
    own = _own(call)
    if own is None or "among" in call.kwargs:
        return None
    value = call.written()
    given = _one_cell(call, value)
    if given is None:
        given = column_edges(call, value, call.receiver, whole=_whole(call))
    if given is None:
        return None
    return _recorded(call, own, given, whole=_whole(call) and call.name != "loc")


def _one_cell(call: Call, value: Any) -> list[Edge] | None:
    """A scalar written into one row, as ``d.at[i, c] = x`` in a loop: it is that row's."""
    recorder, key = call.recorder, call.args[0]
    row = key[0] if isinstance(key, tuple) else key
    positional = call.name in ("iat", "iloc")
    if type(value) not in recorder.table.scalars or not pd.api.types.is_hashable(row):
        return None
    if not (positional or call.name in ("at", "loc")) or isinstance(row, slice):
        return None
    index = call.receiver.index
    try:
        at = row if positional else index.get_loc(row)
    except (KeyError, TypeError):
        return None
    if not isinstance(at, int) or isinstance(at, bool):
        return None
    placed = np.full(call.rows, -1)
    placed[at] = 0
    return recorder.edge(value, Gather(placed, 1))


def _whole(call: Call) -> bool:
    """Whether the key names whole columns of a frame."""
    key = call.args[0]
    if call.kind is not pd.DataFrame or call.name in ("iloc", "iat", "at"):
        return False
    if call.name == "loc":
        return isinstance(key, tuple) and isinstance(key[0], slice) and key[0] == slice(None)
    if isinstance(key, list):
        return all(isinstance(k, str) for k in key)
    return isinstance(key, str | int | float | bool)


def _recorded(call: Call, own: Edge, given: list[Edge], *, whole: bool) -> bool:
    """The frame after the write; a whole column is put in its place, never written into."""
    given = [e for e in given if e[0] != own[0] or not isinstance(e[1], Identity)]
    node = call.recorder.emit(call.site, call.name, call.receiver, (own, *given))
    if given and not whole:
        opaque.aliases_written(call.recorder, call.site, call.ref, node)
    return True


def _setattr(call: Call) -> bool | None:
    frame = call.receiver
    if frame is None or call.name in ("name", "attrs"):
        return True
    value = call.kwargs.get("value", call.kwargs.get("update"))
    own = _own(call)
    if call.name in ("index", "columns"):
        return True if own is None else _recorded(call, own, _labels(call, value), whole=True)
    if own is None:
        return None
    whole = call.kind is pd.DataFrame
    given = column_edges(call, value, frame, whole=whole)
    return None if given is None else _recorded(call, own, given, whole=whole)


def _labels(call: Call, value: Any) -> list[Edge]:
    """Rows stay where they are; what they are called now may come from another value."""
    if call.name == "columns" or type(value) not in call.recorder.table.recorded:
        return []
    n = call.recorder.table.rows(value)
    return call.recorder.edge(value, All(n, call.rows), Kind.CONTEXT)


def _insert(call: Call) -> bool | None:
    own = _own(call)
    if own is None:
        return True if call.receiver is None else None
    given = column_edges(call, call.argument(_PLACE[call.name], "value"), call.receiver, whole=True)
    return None if given is None else _recorded(call, own, given, whole=True)


_PLACE = {"insert": 2, "isetitem": 1}
"""Which argument of a method is the column."""


def _update(call: Call) -> bool | None:
    own = _own(call)
    if own is None:
        return True if call.receiver is None else None
    given = column_edges(call, call.argument(0, "other"), call.receiver, whole=True)
    return None if given is None else _recorded(call, own, given, whole=False)


def _pop(call: Call) -> bool | None:
    if call.node is None:
        return None
    return call.emit((call.node, Identity(call.rows), Kind.DIRECT, Status.EXACT))
