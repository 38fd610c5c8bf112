"""Groups: aggregations map each group to its rows, transforms keep rows and see their group."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pandas.core.groupby.groupby import GroupBy
from pandas.core.groupby.ops import BinGrouper

from traceprop_nb.adapters.pandas.align import mark
from traceprop_nb.adapters.pandas.select import moved
from traceprop_nb.lineage.maps import Deferred, Groups, Identity, SameGroup
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.record import Recorder
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

_AGGREGATIONS = (
    "mean sum min max count size std var sem median first last prod nunique any all agg aggregate "
    "quantile skew idxmin idxmax describe ohlc kurt corrwith"
)
_TRANSFORMS = "transform cumsum cumprod cummax cummin cumcount rank ngroup"
_KEPT = "head tail filter nth get_group sample"


def install(table: RuleTable) -> None:
    """Fill the table."""
    for kind in (pd.DataFrame, pd.Series):
        table.method(_grouped, kind, ("groupby",))
    table.method(_transform, GroupBy, _TRANSFORMS.split())
    table.method(_aggregate, GroupBy, _AGGREGATIONS.split())
    table.method(_kept, GroupBy, _KEPT.split())


def _grouped(call: Call) -> bool | None:
    """Groups know their frame's rows, also after ``["column"]`` made a series of it."""
    if call.node is None or not isinstance(call.out, GroupBy):
        return None
    return grouped(call)


def grouped(call: Call) -> bool | None:
    """Record what was grouped, in the order in which its groups see it."""
    grouper, n = call.out._grouper, call.rows
    order = getattr(grouper, "indexer", None) if isinstance(grouper, BinGrouper) else None
    if len(call.out.obj) != n or call.node is None:
        return None
    row_map = Identity(n) if order is None else Deferred(np.array(order), n)
    edge: Edge = (call.node, row_map, Kind.DIRECT, Status.EXACT)
    call.recorder.emit(call.site, call.name, grouper, [edge], rows=n)
    return True


def node_of(recorder: Recorder, groups: Any) -> int | None:
    """The node of what was grouped, also where only its groups are left."""
    node = recorder.identity.node(groups.obj)
    if node is None:
        node = recorder.identity.node(groups._grouper)
    return None if node is None or recorder.graph.rows(node) != len(groups.obj) else node


def _base(call: Call) -> tuple[Any, int | None]:
    return call.receiver.obj, node_of(call.recorder, call.receiver)


def codes_of(grouper: Any) -> np.ndarray:
    """The group of each row, -1 for none; a copy, for pandas caches its own."""
    ids = grouper.ids if hasattr(grouper, "ids") else grouper.group_info[0]
    return np.asarray(ids).astype(np.int32)


def _transform(call: Call) -> bool | None:
    frame, node = _base(call)
    rows = call.recorder.table.rows(call.out)
    if node is None or rows != len(frame) or not call.out.index.equals(frame.index):
        return None
    codes = codes_of(call.receiver._grouper)
    group = SameGroup(Groups(codes, int(codes.max(initial=-1)) + 1))
    return call.emit(
        (node, Identity(rows), Kind.DIRECT, Status.EXACT),
        (node, group, Kind.CONTEXT, Status.EXACT),
    )


def _aggregate(call: Call) -> bool | None:
    _, node = _base(call)
    groups = call.receiver
    if node is None or not isinstance(call.out, pd.DataFrame | pd.Series):
        return None
    codes, number = codes_of(groups._grouper), int(groups._grouper.ngroups)
    if len(call.out.index) != number or (len(codes) and codes.max() >= number):
        return None
    return call.emit((node, Groups(codes, number), Kind.DIRECT, Status.EXACT))


def _kept(call: Call) -> bool | None:
    """Rows that a group keeps: the tap saw them leave the frame."""
    frame, node = _base(call)
    if node is None or not isinstance(call.out, pd.DataFrame | pd.Series):
        return None
    call.node, call.rows, call.index, call.mark = node, len(frame), frame.index, mark(frame)
    if call.name in ("get_group", "sample"):
        call.name = "take"
    elif call.name == "filter":
        call.name = "query"  # keeps order and labels
    name, call.name = (
        call.name,
        {"head": "drop", "tail": "drop", "nth": "drop"}.get(call.name, call.name),
    )
    try:
        return moved(call, len(frame), call.out)
    finally:
        call.name = name
