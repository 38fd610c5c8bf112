"""Time: resampling to another frequency, and joins with the nearest earlier row."""

from __future__ import annotations

import pandas as pd
from pandas.core.resample import Resampler

from traceprop_nb.adapters.pandas.groups import codes_of, grouped
from traceprop_nb.lineage.maps import Deferred, Groups, Identity, SameGroup
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.callables import brought_in
from traceprop_nb.tracing.rules import Call, RuleTable

_STATISTICS = (
    "mean sum min max count size std var sem median first last prod nunique ohlc quantile agg "
    "aggregate apply"
)
_BETWEEN = {"asfreq": None, "ffill": "ffill", "bfill": "bfill", "nearest": "nearest"}


def install(table: RuleTable) -> None:
    """Fill the table."""
    for kind in (pd.DataFrame, pd.Series):
        table.method(_resampled, kind, ("resample",))
        table.method(_asfreq, kind, ("asfreq",))
    table.method(_statistic, Resampler, _STATISTICS.split())
    table.method(_between, Resampler, _BETWEEN)
    table.method(_transform, Resampler, ("transform",))


def _resampled(call: Call) -> bool | None:
    """Bins know their frame's rows, which they may have sorted by time."""
    if call.node is None or not isinstance(call.out, Resampler):
        return None
    return grouped(call)


def _node(call: Call) -> int | None:
    node = call.recorder.identity.node(getattr(call.receiver, "_grouper", None))
    rows = len(call.receiver.obj)
    return node if node is not None and call.recorder.graph.rows(node) == rows else None


def _statistic(call: Call) -> bool | None:
    node, out = _node(call), call.out
    if node is None or not isinstance(out, pd.DataFrame | pd.Series):
        return None
    codes, number = codes_of(call.receiver._grouper), len(out.index)
    if number != len(call.receiver._grouper.result_index) or codes.max(initial=-1) >= number:
        return None
    more = [e for a in call.args for e in brought_in(call.recorder, a, number)]
    return call.emit((node, Groups(codes, number), Kind.DIRECT, Status.EXACT), *more)


def _between(call: Call) -> bool | None:
    """New times between the old ones: each takes the row at, before, after or nearest to it."""
    node, out, labels = _node(call), call.out, call.receiver.ax
    plain = not call.args and not call.kwargs
    if node is None or not plain or not isinstance(out, pd.DataFrame | pd.Series):
        return None
    if not labels.is_unique or not isinstance(labels, pd.DatetimeIndex | pd.TimedeltaIndex):
        return None
    rows = labels.get_indexer(out.index, method=_BETWEEN[call.name])
    return call.emit((node, Deferred(rows, len(labels)), Kind.DIRECT, Status.EXACT))


def _asfreq(call: Call) -> bool | None:
    index, method = call.index, call.argument(1, "method")
    if call.node is None or index is None or not index.is_unique or method not in _FILLS:
        return None
    if not isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex) or "how" in call.kwargs:
        return None
    rows = index.get_indexer(call.out.index, method=method)
    return call.emit((call.node, Deferred(rows, len(index)), Kind.DIRECT, Status.EXACT))


_FILLS = (None, "ffill", "bfill", "pad", "backfill")


def _transform(call: Call) -> bool | None:
    node = _node(call)
    n = len(call.receiver.obj)
    function = call.argument(0, "arg")
    if node is None or len(call.out.index) != n or callable(function):
        return None
    codes = codes_of(call.receiver._grouper)
    group = SameGroup(Groups(codes, int(codes.max(initial=-1)) + 1))
    own = (node, Identity(n), Kind.DIRECT, Status.EXACT)
    return call.emit(own, (node, group, Kind.CONTEXT, Status.EXACT))
