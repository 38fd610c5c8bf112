"""Rows that see their neighbours: shift, diff, cumulative sums, rolling and expanding windows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pandas.core.window.rolling import BaseWindow

from traceprop_nb.lineage.maps import Identity, OnDemand, Prefix, Ragged, RowMap, Window
from traceprop_nb.lineage.maps.rowsets import Ints, stretches
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

_PREFIXES = "cumsum cumprod cummax cummin"
_STATISTICS = "mean sum min max median var std count nunique first last skew kurt sem quantile rank"
_LONGEST = 5_000_000
"""Pairs of rows up to which windows of uneven length are spelled out."""


def install(table: RuleTable) -> None:
    """Fill the table."""
    for kind in (pd.DataFrame, pd.Series):
        table.method(_prefix, kind, _PREFIXES.split())
        table.method(_window, kind, ("shift", "diff", "pct_change"))
        table.method(_windowed, kind, ("rolling", "expanding", "ewm"))
    table.method(_statistic, BaseWindow, (*_STATISTICS.split(), "agg", "aggregate", "apply"))


def _same(call: Call, *more: Edge) -> bool | None:
    rows = call.recorder.table.rows(call.out)
    if call.node is None or rows != call.rows:
        return None
    return call.emit((call.node, Identity(rows), Kind.DIRECT, Status.EXACT), *more)


def _across(call: Call, position: int) -> bool:
    return call.argument(position, "axis", 0) in (1, "columns")


def _prefix(call: Call) -> bool | None:
    if call.node is None:
        return None
    if call.kind is pd.DataFrame and _across(call, 0):
        return _same(call)
    return _same(call, (call.node, Prefix(call.rows), Kind.CONTEXT, Status.EXACT))


def _window(call: Call) -> bool | None:
    """A row and the one ``periods`` before it; of ``shift`` that one alone."""
    periods, n = call.argument(0, "periods", 1), call.rows
    plain = not set(call.kwargs) - {"periods", "fill_value", "fill_method"} and len(call.args) <= 1
    filled = type(call.kwargs.get("fill_value")) in call.recorder.table.recorded
    if call.node is None or not plain or filled or not isinstance(periods, int) or n == 0:
        return None
    if fills_gaps(call):
        return None
    other = (call.node, Window(-periods, -periods, n, n), Kind.DIRECT, Status.EXACT)
    if call.name == "shift":
        return call.emit(other) if len(call.out.index) == n else None
    return _same(call, other)


def fills_gaps(call: Call) -> bool:
    """Whether it is a ``pct_change`` that fills gaps first, as it did until pandas 3."""
    old = pd.__version__ < "3" and call.kwargs.get("fill_method", "pad") is not None
    return old and call.name == "pct_change"


def _windowed(call: Call) -> bool | None:
    """Windows know their frame's rows, also those of a frame that is gone again."""
    if call.node is None or not isinstance(call.out, BaseWindow):
        return None
    same = (call.node, Identity(call.rows), Kind.DIRECT, Status.EXACT)
    call.recorder.emit(call.site, call.name, call.out.obj, [same])
    return True


def _statistic(call: Call) -> bool | None:
    """Each row keeps itself; what its window holds is what the statistic saw."""
    windows = call.receiver
    if not isinstance(windows, BaseWindow) or not isinstance(call.out, pd.DataFrame | pd.Series):
        return None
    recorder, frame = call.recorder, windows.obj
    node, n = recorder.identity.node(frame), len(frame)
    if node is None and hasattr(windows, "_grouper"):
        node = recorder.identity.node(windows._grouper)
    if node is None or recorder.graph.rows(node) != n or _functions(call) or n == 0:
        return None
    if call.name == "rank" and getattr(windows, "center", False):
        return None  # pandas ranks the last rows in windows that are over
    if hasattr(windows, "_grouper"):
        return _in_groups(call, node, n)
    if len(call.out.index) != n or not call.out.index.equals(frame.index):
        return None
    seen, holds_itself = _seen(windows, n)
    own: Edge = (node, Identity(n), Kind.DIRECT, Status.EXACT)
    if seen is None:
        return None
    edge: Edge = (node, seen, Kind.CONTEXT, Status.EXACT)
    return call.emit(own, edge) if holds_itself else call.emit((*edge[:2], Kind.DIRECT, edge[3]))


def _functions(call: Call) -> bool:
    """Whether a function of the user's own, or another value, has a part in it."""
    given = [*call.args, *call.kwargs.values()]
    if call.name == "apply":
        given = given[1:] if call.args else []
    return any(callable(v) or type(v) in call.recorder.table.recorded for v in given)


def _seen(windows: Any, n: int) -> tuple[RowMap | None, bool]:
    """The rows in each row's window, and whether it is one of them itself."""
    kind = type(windows).__name__
    if kind.startswith("Expanding") or (kind.startswith("Exponential") and windows.times is None):
        return Prefix(n), True
    width, step = getattr(windows, "window", None), getattr(windows, "step", None)
    if kind.startswith("Exponential") or step not in (None, 1):
        return None, True
    if type(width) is int and windows.closed in (None, "right") and width > 0:
        after = (width - 1) // 2 if windows.center else 0
        return Window(after - width + 1, after, n, n), True
    start, end = _bounds(windows, n)
    rows = np.arange(n)
    itself = bool(((start <= rows) & (rows < end)).all())
    if (end - start).sum() > _LONGEST:
        return None, itself
    return OnDemand(lambda: _of_bounds(start, end, rows), n, n), itself


def _bounds(windows: Any, n: int) -> tuple[Ints, Ints]:
    start, end = windows._get_window_indexer().get_window_bounds(
        num_values=n, min_periods=windows.min_periods, center=windows.center,
        closed=windows.closed, step=windows.step,
    )  # fmt: skip
    return np.asarray(start, np.int64), np.asarray(end, np.int64)


def _of_bounds(start: Ints, end: Ints, taken: Ints) -> RowMap:
    """Output row i comes from rows ``taken[start[i]:end[i]]``."""
    owner, place = stretches(start, end)
    found = taken[place]
    order = np.lexsort((found, owner))
    return Ragged.of_pairs(owner[order], found[order], len(start), len(taken))


def _in_groups(call: Call, node: int, n: int) -> bool | None:
    """Windows within groups: their rows come group after group."""
    windows, places = call.receiver, list(call.receiver._grouper.indices.values())
    taken = np.concatenate([*places, np.empty(0, np.int64)]).astype(np.int64)
    if len(taken) != n or len(call.out.index) != n:
        return None
    if getattr(windows, "step", None) not in (None, 1):
        return None
    start, end = _bounds(windows, n)
    if (end - start).sum() > _LONGEST:
        return None
    own: Edge = (node, OnDemand(lambda: _own(taken), n, n), Kind.DIRECT, Status.EXACT)
    seen = OnDemand(lambda: _of_bounds(start, end, taken), n, n)
    return call.emit(own, (node, seen, Kind.CONTEXT, Status.EXACT))


def _own(taken: Ints) -> RowMap:
    from traceprop_nb.lineage.maps import Gather

    return Gather(taken, len(taken))
