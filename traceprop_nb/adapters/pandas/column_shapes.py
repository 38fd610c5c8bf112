"""Columns that become others: joins, groups, pivots, melts, dummies, row labels."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import pandas as pd
from pandas.core.groupby.groupby import GroupBy

from traceprop_nb.lineage.columns import ColumnTable, Places, Shift
from traceprop_nb.tracing.rules import Call, RuleTable

_GROUPED = (
    "mean sum min max count size std var sem median first last prod nunique any all agg aggregate "
    "quantile skew idxmin idxmax transform cumsum cumprod cummax cummin cumcount rank ngroup shift "
    "diff head tail filter nth ffill bfill"
)
_UNSEEING = frozenset(("size", "cumcount", "ngroup"))
"""What only counts: no cell is in it."""
_BACK = 40
"""Steps that a search for the origin of row labels goes back."""


def install(table: RuleTable) -> None:
    """Fill the table."""
    rules = table.columns
    rules.function(_merged, pd.merge)
    rules.method(_merged, pd.DataFrame, ("merge",))
    rules.method(_grouped, GroupBy, _GROUPED.split())
    rules.function(_dummies, pd.get_dummies)
    rules.function(_melted, pd.melt)
    rules.method(_melted, pd.DataFrame, ("melt",))
    rules.method(_pivoted, pd.DataFrame, ("pivot", "pivot_table"))
    rules.function(_pivoted, pd.pivot, pd.pivot_table)
    rules.method(_indexed, pd.DataFrame, ("set_index",))
    rules.method(_reset, pd.DataFrame, ("reset_index",))
    rules.method(_reset, pd.Series, ("reset_index",))


def _labels(table: ColumnTable, node: int | None) -> Sequence[Hashable]:
    found = None if node is None else table.labels(node)
    return found if isinstance(found, tuple) else ()


def _listed(value: Any) -> list[Hashable]:
    if value is None:
        return []
    return list(value) if type(value) is list or isinstance(value, pd.Index) else [value]


def _at(its: Sequence[Hashable], label: Hashable) -> tuple[int, ...]:
    return tuple(k for k, own in enumerate(its) if own == label)


def _frame(call: Call) -> tuple[int | None, int]:
    """The node of the frame that a function or method works on, and where its options begin."""
    if call.node is not None and call.kind is pd.DataFrame:
        return call.node, 0
    given = call.argument(0, "data", call.kwargs.get("frame"))
    return call.recorder.identity.node(given), 1


def _merged(call: Call, table: ColumnTable, node: int) -> None:
    """Both sides by label; a label of both has a suffix, unless it is a key."""
    own_frame = call.node is not None and call.kind is pd.DataFrame
    at = 0 if own_frame else 1
    identity = call.recorder.identity
    left = call.node if own_frame else identity.node(call.argument(0, "left"))
    right = identity.node(call.argument(at, "right"))
    if left is None or right is None:
        return
    on = _listed(call.argument(at + 2, "on"))
    sides = (_labels(table, left), _labels(table, right))
    keys = (
        on or _listed(call.argument(at + 3, "left_on")),
        on or _listed(call.argument(at + 4, "right_on")),
    )
    if not any(keys) and not (call.kwargs.get("left_index") or call.kwargs.get("right_index")):
        shared = [label for label in sides[0] if label in sides[1]]
        keys = (shared, shared)
    suffixes = call.kwargs.get("suffixes", ("_x", "_y"))
    own = _labels(table, node)
    for side, parent in enumerate((left, right)):
        index = [_side(label, side, sides, keys, suffixes) for label in own]
        if left != right:
            table.relate(node, parent, Places(index))
        table.decided(node, parent, "join", keys[side] or None)
    if left == right:
        both = [
            {*_side(o, 0, sides, keys, suffixes), *_side(o, 1, sides, keys, suffixes)} for o in own
        ]
        table.relate(node, left, Places([tuple(sorted(places)) for places in both]))


def _side(
    label: Hashable, side: int, sides: Any, keys: Any, suffixes: Sequence[str | None]
) -> tuple[int, ...]:
    """Places behind a merged column on one side."""
    its, other = sides[side], sides[1 - side]
    suffix = suffixes[side]
    if label in its:
        return _at(its, label) if label not in other or label in keys[side] or not suffix else ()
    if isinstance(label, str) and suffix and label.endswith(suffix):
        bare = label[: -len(suffix)]
        return _at(its, bare) if bare in its and bare in other else ()
    return ()


def _is_one(key: Any, its: Sequence[Hashable]) -> bool:
    """Whether a key is a label, rather than a series or a function."""
    return isinstance(key, str | int | float | tuple) and key in its


def _grouped(call: Call, table: ColumnTable, node: int) -> None:
    """By label; what the groups are made by decides, and may be among the columns."""
    graph = call.recorder.graph
    edges = graph.edges(node)
    if not edges or call.receiver is None:
        return
    parent = base = edges[0][0]
    if table.labels(parent) is None and graph.edges(parent):  # the groups of a frame, not itself
        base = graph.edges(parent)[0][0]
        table.relate(parent, base, Shift(0, table.width(base)))
    its, own = _labels(table, base), _labels(table, node)
    keys = [key for key in _listed(call.receiver.keys) if _is_one(key, its)]
    table.decided(node, base, "group by", keys if keys else None)
    if call.name in _UNSEEING:
        table.relate(node, parent, Places([_at(its, o) if o in keys else () for o in own]))
        return
    named = {
        out: spec[0]
        for out, spec in call.kwargs.items()
        if isinstance(spec, tuple) and len(spec) == 2
    }
    index: list[Sequence[int]] = []
    for label in own:
        first = label[0] if isinstance(label, tuple) and label not in its else label
        source = named.get(str(label), first)
        index.append(_at(its, source) if source in its else tuple(range(len(its))))
    if all(len(places) == 1 for places in index):
        table.relate(node, parent, Places(index))


def _dummies(call: Call, table: ColumnTable, node: int) -> None:
    """``city_Bern`` came from ``city``: the longest label that it begins with."""
    parent = call.recorder.identity.node(call.argument(0, "data"))
    its, own = _labels(table, parent), _labels(table, node)
    if parent is None or call.argument(1, "prefix") is not None:
        return
    if len(its) == 1:
        table.relate(node, parent, Places([(0,)] * len(own)))
        return
    between = call.argument(2, "prefix_sep", "_")
    index: list[Sequence[int]] = []
    for label in own:
        fits = [i for i in its if label == i or str(label).startswith(f"{i}{between}")]
        if not fits:
            return
        index.append(_at(its, label if label in its else max(fits, key=lambda i: len(str(i)))))
    table.relate(node, parent, Places(index))


def _melted(call: Call, table: ColumnTable, node: int) -> None:
    """Identifiers by label, one column of all the values, one of their names."""
    parent, at = _frame(call)
    its, own = _labels(table, parent), _labels(table, node)
    if parent is None or not its:
        return
    ids = _listed(call.argument(at, "id_vars"))
    chosen = _listed(call.argument(at + 1, "value_vars")) or [i for i in its if i not in ids]
    values = tuple(at for label in chosen for at in _at(its, label))
    last = len(own) - 1
    index = [_at(its, o) if o in ids else values if k == last else () for k, o in enumerate(own)]
    table.relate(node, parent, Places(index))


def _pivoted(call: Call, table: ColumnTable, node: int) -> None:
    """Cells from the values; which cell goes where is decided by index and columns."""
    parent, at = _frame(call)
    its, own = _labels(table, parent), _labels(table, node)
    if parent is None or not its:
        return
    names = {
        key: _listed(call.kwargs.get(key, call.argument(at + k, key) if call.args[at:] else None))
        for k, key in enumerate(_ORDER[call.name])
    }
    spread = [*names["index"], *names["columns"]]
    values = names["values"] or [label for label in its if label not in spread]
    places = tuple(at for label in values for at in _at(its, label))
    index = []
    for label in own:
        first = label[0] if isinstance(label, tuple) else label
        index.append(_at(its, first) if first in values and len(values) > 1 else places)
    table.relate(node, parent, Places(index))
    table.decided(node, parent, "group by", spread)


_ORDER = {"pivot": ("columns", "index", "values"), "pivot_table": ("values", "index", "columns")}


def _indexed(call: Call, table: ColumnTable, node: int) -> None:
    """Columns that became row labels are remembered, for when they come back."""
    keys = _listed(call.argument(0, "keys"))
    if call.node is not None and all(isinstance(key, Hashable) for key in keys):
        table.decided(node, call.node, "index", keys, ())


def _reset(call: Call, table: ColumnTable, node: int) -> None:
    """Row labels become columns again: those that a step before made of columns."""
    parent = call.node
    if parent is None:
        return
    own, its = _labels(table, node), _labels(table, parent)
    fresh = [label for label in own if label not in its]
    index = [_at(its, label) for label in own]
    if call.kind is pd.Series and len(own) > 1:
        fresh, index = list(own[:-1]), [*[()] * (len(own) - 1), (0,)]
    table.relate(node, parent, Places(index))
    for label in fresh:
        _came_back(call, table, node, parent, label)


def _came_back(call: Call, table: ColumnTable, node: int, at: int, label: Hashable) -> None:
    graph, over = call.recorder.graph, (_labels(table, node).index(label),)
    for _ in range(_BACK):
        for one in table.aside.get(at, ()):
            its = _labels(table, one.parent)
            places = tuple(p for p in one.places or () if its[p] == label)
            if places and one.how in ("index", "group by"):
                table.decided(node, one.parent, "identity", [label], over)
                return
        edges = graph.edges(at)
        if not edges:
            return
        at = edges[0][0]
