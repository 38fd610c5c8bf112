"""Groups: aggregations map each group to its rows, transforms keep rows and see their group."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pandas.core.groupby.groupby import GroupBy

from traceprop_nb.adapters.pandas.align import mark
from traceprop_nb.adapters.pandas.select import moved
from traceprop_nb.lineage.maps import Groups, Identity, SameGroup
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.rules import Call, RuleTable

_AGGREGATIONS = (
    "mean sum min max count size std var sem median first last prod nunique any all agg aggregate "
    "quantile skew idxmin idxmax"
)
_TRANSFORMS = "transform cumsum cumprod cummax cummin cumcount rank ngroup"
_KEPT = "head tail filter nth get_group"


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
    same = (call.node, Identity(call.rows), Kind.DIRECT, Status.EXACT)
    call.recorder.emit(call.site, call.name, call.out._grouper, [same], rows=call.rows)
    return True


def _base(call: Call) -> tuple[Any, int | None]:
    frame = call.receiver.obj
    node = call.recorder.identity.node(frame)
    if node is None:
        node = call.recorder.identity.node(call.receiver._grouper)
    return frame, None if node is None or call.recorder.graph.rows(node) != len(frame) else node


def _codes(groups: Any) -> np.ndarray:
    return np.asarray(groups._grouper.ids).astype(np.int32)  # a copy: pandas caches its own


def _transform(call: Call) -> bool | None:
    frame, node = _base(call)
    rows = call.recorder.table.rows(call.out)
    if node is None or rows != len(frame) or not call.out.index.equals(frame.index):
        return None
    codes = _codes(call.receiver)
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
    codes, number = _codes(groups), int(groups._grouper.ngroups)
    if len(call.out.index) != number or (len(codes) and codes.max() >= number):
        return None
    return call.emit((node, Groups(codes, number), Kind.DIRECT, Status.EXACT))


def _kept(call: Call) -> bool | None:
    """Rows that a group keeps: the tap saw them leave the frame."""
    frame, node = _base(call)
    if node is None or not isinstance(call.out, pd.DataFrame | pd.Series):
        return None
    call.node, call.rows, call.index, call.mark = node, len(frame), frame.index, mark(frame)
    if call.name == "get_group":
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
