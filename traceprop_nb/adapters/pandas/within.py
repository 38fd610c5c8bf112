"""Within groups: the row before, gaps filled, and functions of the user's own."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pandas.core.groupby.groupby import GroupBy

from traceprop_nb.adapters.pandas.groups import codes_of, node_of
from traceprop_nb.adapters.pandas.windows import fills_gaps
from traceprop_nb.lineage.maps import (
    Gather,
    Groups,
    Identity,
    OnDemand,
    RowMap,
    SameGroup,
    compose,
)
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.callables import brought_in
from traceprop_nb.tracing.rules import Call, RuleTable

_INEXACT = (Kind.DIRECT, Status.INEXACT)


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.method(_moved, GroupBy, ("shift", "diff", "pct_change"))
    table.method(_among, GroupBy, ("ffill", "bfill"))
    table.method(_several, GroupBy, ("corr", "cov", "value_counts", "nlargest", "nsmallest"))
    table.method(_applied, GroupBy, ("apply",))
    table.no_rows(*((GroupBy, name) for name in ("rolling", "expanding", "ewm")))


def _of(call: Call) -> tuple[int | None, int, np.ndarray]:
    groups = call.receiver
    return node_of(call.recorder, groups), len(groups.obj), codes_of(groups._grouper)


def _moved(call: Call) -> bool | None:
    """The row ``periods`` before it in its group; for differences itself too."""
    node, n, codes = _of(call)
    periods = call.argument(0, "periods", 1)
    plain = not set(call.kwargs) - {"periods", "fill_method"} and len(call.args) <= 1
    fits = isinstance(call.out, pd.DataFrame | pd.Series) and len(call.out.index) == n
    if node is None or not plain or not fits or type(periods) is not int or fills_gaps(call):
        return None
    other = OnDemand(lambda: before_in_group(codes, periods), n, n)
    edge = (node, other, Kind.DIRECT, Status.EXACT)
    if call.name == "shift":
        return call.emit(edge)
    return call.emit((node, Identity(n), Kind.DIRECT, Status.EXACT), edge)


def before_in_group(codes: np.ndarray, periods: int) -> RowMap:
    """For each row the one ``periods`` before it among the rows of its group."""
    n = len(codes)
    order = np.argsort(codes, kind="stable")
    placed = np.full(n, -1)
    at = np.arange(n) - periods
    inside = (at >= 0) & (at < n)
    there = order[np.clip(at, 0, max(n - 1, 0))] if n else order
    same = inside & (codes[there] == codes[order]) & (codes[order] >= 0)
    placed[order] = np.where(same, there, -1)
    return Gather(placed, n)


def _among(call: Call) -> bool | None:
    """Some row of the group, for each row: which one nobody says."""
    node, n, codes = _of(call)
    if node is None or len(call.out.index) != n:
        return None
    group = SameGroup(Groups(codes, int(codes.max(initial=-1)) + 1))
    return call.emit((node, Identity(n), Kind.DIRECT, Status.EXACT), (node, group, *_INEXACT))


def _several(call: Call) -> bool | None:
    """Several rows a group, each under the group's own label and one more."""
    return _labelled(call, Status.EXACT if call.name in ("corr", "cov") else Status.INEXACT)


def _labelled(call: Call, status: Status) -> bool | None:
    node, n, codes = _of(call)
    keys, out = call.receiver._grouper.result_index, call.out
    if node is None or not isinstance(out, pd.DataFrame | pd.Series) or not keys.is_unique:
        return None
    levels = out.index.nlevels
    if levels <= keys.nlevels:
        return None
    labels = out.index.droplevel(list(range(keys.nlevels, levels)))
    at = keys.get_indexer(labels)
    if (at < 0).any():
        return None
    groups = OnDemand(lambda: _chosen(codes, at, len(keys)), n, len(out.index))
    return call.emit((node, groups, Kind.DIRECT, status))


def _chosen(codes: np.ndarray, at: np.ndarray, number: int) -> RowMap:
    return compose(Gather(at, number), Groups(codes, number))


def _applied(call: Call) -> bool | None:
    """One result a group; the frame as it was, or several rows a group, of which any may count."""
    function = call.argument(0, "func")
    node, _, codes = _of(call)
    out, keys = call.out, call.receiver._grouper.result_index
    if node is None or not isinstance(out, pd.DataFrame | pd.Series):
        return None
    more = brought_in(call.recorder, function, len(out.index))
    if len(out.index) == len(keys) and out.index.equals(keys):
        return call.emit((node, Groups(codes, len(keys)), Kind.DIRECT, Status.EXACT), *more)
    if out.index.equals(call.receiver.obj.index):
        group = SameGroup(Groups(codes, len(keys)))
        return call.emit((node, group, *_INEXACT), *more)
    return _labelled(call, Status.INEXACT) if not more else None
