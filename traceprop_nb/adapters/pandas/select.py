"""Selections: filters, sorts, samples, drops, ``loc``, ``iloc`` and plain ``[...]``.

The row map is the one pandas itself used (see ``taps``). Where no tap saw it, labels may stand
in, but only for operations that keep labels and only while they are unique: after
``ignore_index=True`` they are new and mean nothing.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from traceprop_nb.adapters.pandas.align import mark
from traceprop_nb.lineage.maps import Deferred, Identity, Mask, Range, RowMap
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.keys import key_map
from traceprop_nb.tracing.rules import Call, RuleTable

_SELECTING = (
    "dropna drop_duplicates query sort_values sort_index sample drop reindex nlargest nsmallest "
    "take truncate explode filter at_time between_time"
)
_ORDERED = frozenset(
    "dropna drop_duplicates query filter drop truncate at_time between_time [] loc".split()
)
"""Never reorder and never repeat: as many rows out as in means the same rows."""
_LABELLED = frozenset((*_SELECTING.split(), "[]", "loc"))
"""Documented to keep the labels of the rows they keep."""


def install(table: RuleTable) -> None:
    """Fill the table."""
    for kind in (pd.DataFrame, pd.Series):
        table.method(selection, kind, _SELECTING.split())
        table.method(_ends, kind, ("head", "tail"))
        table.method(_iloc, kind, ("iloc", "iat"))
        table.method(_loc, kind, ("loc", "at"))
        table.method(_section, kind, ("xs",))
    table.method(_frame_item, pd.DataFrame, ("__getitem__", "get"))
    table.method(_series_item, pd.Series, ("__getitem__", "get"))


def emit(call: Call, row_map: RowMap | None, *, out: Any = None) -> bool:
    """Record a moved value, unless the map does not fit it."""
    target = call.out if out is None else out
    rows = call.recorder.table.rows(target)
    if row_map is None or call.node is None or row_map.n_out != rows:
        return False
    return call.emit((call.node, row_map, Kind.DIRECT, Status.EXACT), out=target)


def selection(call: Call) -> bool | None:
    """Record a selection by the tap, by order, or by label."""
    out = call.receiver if call.kwargs.get("inplace") else call.out
    if not isinstance(out, pd.DataFrame | pd.Series) or call.node is None:
        return True if call.kwargs.get("inplace") else None
    if call.kwargs.get("axis") in (1, "columns") and call.name not in ("dropna", "drop"):
        return None
    if call.name == "filter" and call.kwargs.get("axis", call.argument(3, "axis")) in (0, "index"):
        return None
    return moved(call, call.rows, out)


def moved(call: Call, n: int, out: Any) -> bool | None:
    """Record ``out`` as rows of a value of n rows."""
    m = len(out.index)
    frames = [e for e in call.recorder.events if e[0] == "move" and e[4] == 2]
    index = _tapped(call, n, out, frames)
    if index is not None:
        return emit(call, Deferred(index, n), out=out)
    if m == n and call.name in _ORDERED:
        return emit(call, Identity(n), out=out)
    watched = "reindex_indexer" in call.recorder.watched and not frames
    if m == n and call.name == "sort_values" and call.kind is pd.DataFrame and watched:
        return emit(call, Identity(n), out=out)  # already sorted: pandas copies
    return emit(call, _by_label(call, out), out=out)


def _tapped(call: Call, n: int, out: Any, frames: list[Any]) -> Any:
    """The positions that pandas took, all its moves together, or None where they do not join up.

    Followed from the result's manager back to the receiver's. A copy in between is taken to be
    the receiver's own only if no other frame moved meanwhile.
    """
    at, positions, used = mark(out), None, 0
    moves = [e for e in call.recorder.events if e[0] == "move"]
    for _, before, after, indexer, ndim in reversed(moves):
        if after is not at or at is call.mark:
            continue
        step = np.asarray(indexer)
        positions = step if positions is None else _through(step, positions)
        at, used = before, used + (ndim == 2)
    if positions is None or len(positions) != len(out.index):
        return None
    if at is not call.mark and (out.ndim != 2 or used != len(frames)):
        return None
    if at is not call.mark and len(positions) and positions.max() >= n:
        return None
    own = call.name in ("take", "[]", "loc", "loc[]")  # these may pass the user's own array on
    return positions.copy() if own and used <= 1 else positions


def _through(first: Any, then: Any) -> Any:
    return np.where(then < 0, -1, first[then]) if len(first) else then


def _by_label(call: Call, out: Any) -> RowMap | None:
    index = call.index
    if index is None or call.kwargs.get("ignore_index") or call.name not in _LABELLED:
        return None
    if call.name in ("sort_values", "sort_index", "query") and len(out.index) != len(index):
        return None
    if not index.is_unique or out.index.nlevels != index.nlevels:
        return None
    rows = index.get_indexer(out.index)
    return Deferred(rows, len(index)) if (rows >= 0).all() else None


def _ends(call: Call) -> bool | None:
    rows = call.recorder.table.rows(call.out)
    return emit(call, Range(0 if call.name == "head" else call.rows - rows, 1, rows, call.rows))


def _plain(key: Any) -> Any:
    if isinstance(key, tuple):
        return tuple(_plain(k) for k in key)
    return key.to_numpy() if isinstance(key, pd.Series | pd.Index) else key


def _iloc(call: Call) -> bool | None:
    if call.node is None or not call.args:
        return None
    rows = call.recorder.table.rows(call.out)
    return emit(call, key_map(_plain(call.args[0]), call.rows, call.ndim, rows))


def _frame_item(call: Call) -> bool | None:
    key = call.args[0]
    n, rows = call.rows, call.recorder.table.rows(call.out)
    if call.node is None or call.out is None:
        return True if call.out is None else None  # df.get of what is not there
    if isinstance(key, slice):
        return emit(call, _slice(call, key, "getitem"))
    if isinstance(call.out, pd.Series) and not isinstance(key, pd.Series | np.ndarray | list):
        return emit(call, Identity(n)) if rows == n else None
    if isinstance(key, list | pd.Index) and not _boolean(key):
        return emit(call, Identity(n)) if rows == n else None
    if isinstance(key, pd.DataFrame):
        return emit(call, Identity(n)) if rows == n else None
    return moved(call, n, call.out)


def _boolean(key: Any) -> bool:
    array = np.asarray(key)
    return bool(array.dtype == bool) or (len(array) > 0 and all(type(k) is bool for k in key))


def _series_item(call: Call) -> bool | None:
    key, index = call.args[0], call.index
    if call.node is None or index is None:
        return None
    if isinstance(key, slice):
        return emit(call, _slice(call, key, "getitem"))
    if isinstance(key, pd.Series | np.ndarray | list) and _boolean(key):
        same = not isinstance(key, pd.Series) or key.index.equals(index)
        if not same or len(key) != call.rows or not isinstance(call.out, pd.Series):
            return None
        return emit(call, Mask.of(np.asarray(key, dtype=bool)))
    if isinstance(call.out, pd.Series):
        return moved(call, call.rows, call.out)
    return emit(call, _at_label(index, key, 1))


def _slice(call: Call, key: slice, kind: str) -> RowMap | None:
    index, n = call.index, call.rows
    if index is None:
        return None
    if kind == "loc":
        position = index.slice_indexer(_moment(key.start), _moment(key.stop), key.step)
    else:
        bounds = slice(_moment(key.start), _moment(key.stop), key.step)
        position = index._convert_slice_indexer(bounds, kind=kind)
    return key_map(position, n, 1, call.recorder.table.rows(call.out))


def _moment(bound: Any) -> Any:
    """A bound of a slice; a day as the moment it begins, since days are warned of each time."""
    return pd.Timestamp(bound) if type(bound) is date else bound


def _at_label(index: pd.Index, label: Any, n_out: int) -> RowMap | None:
    """The row with this label, behind every row of a result made of that row."""
    if not index.is_unique:
        return None
    try:
        position = index.get_loc(label)
    except (KeyError, TypeError, pd.errors.InvalidIndexError):
        return None  # no label, such as a function that makes the key
    return key_map(int(position), len(index), 2, n_out) if isinstance(position, int) else None


def _loc(call: Call) -> bool | None:
    key, index = call.argument(0, "key"), call.index
    if call.node is None or index is None or not call.args:
        return None  # without a key: df.loc(axis=0)
    rows = call.recorder.table.rows(call.out)
    if index.nlevels > 1 and pd.api.types.is_hashable(key) and not isinstance(key, slice):
        return emit(call, _under(call, index, key))
    first = key[0] if isinstance(key, tuple) and index.nlevels == 1 and key else key
    if isinstance(first, slice):
        if first == slice(None):
            return emit(call, Identity(call.rows)) if rows == call.rows else None
        return emit(call, _slice_of(call, first))
    if callable(first) or isinstance(first, tuple):
        return None
    if isinstance(first, pd.Series | np.ndarray | list | pd.Index):
        return _loc_many(call, first)
    return emit(call, _at_label(index, first, rows))


def _under(call: Call, index: pd.MultiIndex, key: Any) -> RowMap | None:
    """The rows under a label of several levels, or under the first of them."""
    if isinstance(key, tuple) and any(isinstance(part, slice) for part in key):
        return None
    try:
        place = index.get_loc(key)
    except (KeyError, TypeError):  # a label and a column, or labels that cannot be compared
        return None
    return key_map(place, call.rows, call.ndim, call.recorder.table.rows(call.out))


def _slice_of(call: Call, key: slice) -> RowMap | None:
    return _slice(call, key, "loc")


def _loc_many(call: Call, key: Any) -> bool | None:
    if not _boolean(key):
        call.name = "loc[]"  # labels may repeat rows: as many out as in proves nothing
        index = call.index
        if not index.is_unique:
            return moved(call, call.rows, call.out)
        rows = index.get_indexer(pd.Index(key))
        return emit(call, Deferred(rows, call.rows)) if (rows >= 0).all() else None
    aligned = not isinstance(key, pd.Series) or key.index.equals(call.index)
    if aligned and len(key) == call.rows:
        return emit(call, Mask.of(np.asarray(key, dtype=bool)))
    return moved(call, call.rows, call.out)


def _section(call: Call) -> bool | None:
    """``d.xs(key, level=...)``: the rows under a label."""
    key, level = call.argument(0, "key"), call.argument(2, "level")
    index = call.index
    if call.node is None or index is None or call.argument(1, "axis", 0) in (1, "columns"):
        return None
    if index.nlevels == 1:
        return emit(call, _at_label(index, key, call.recorder.table.rows(call.out)))
    place, _ = index.get_loc_level(key, level=0 if level is None else level)
    rows = call.recorder.table.rows(call.out)
    return emit(call, key_map(place, call.rows, call.ndim, rows))
