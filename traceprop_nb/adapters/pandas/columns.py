"""What pandas' operations do to columns, where labels alone do not tell."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import pandas as pd

from traceprop_nb.adapters.pandas import column_shapes
from traceprop_nb.lineage.columns import ColumnTable, Every, Places, Shift
from traceprop_nb.tracing.column_keys import decided, in_place, side_by_side
from traceprop_nb.tracing.rules import Call, RuleTable

_NAME = re.compile(r"[^\W\d]\w*|`[^`]+`")
_RELABELLED = "rename set_axis add_prefix add_suffix rename_axis to_numpy".split()
_ACROSS = "sum mean std var min max median prod any all nunique count idxmin idxmax".split()


def install(table: RuleTable) -> None:
    """Fill the table."""
    rules = table.columns
    rules.labels[pd.DataFrame] = lambda frame: frame.columns
    rules.labels[pd.Series] = lambda series: (series.name,)
    rules.spelled[pd.Index] = spelled
    for kind in (pd.DataFrame, pd.Series):
        rules.method(_picked, kind, ("__getitem__", "loc", "iloc"))
        rules.method(_kept, kind, ("dropna", "drop_duplicates"))
        rules.method(_sorted, kind, ("sort_values", "nlargest", "nsmallest"))
        rules.method(_relabelled, kind, [*_RELABELLED, "values", "array"])
    rules.method(_written, pd.DataFrame, ("__setitem__", "__setattr__"))
    rules.method(_queried, pd.DataFrame, ("query",))
    rules.method(_across, pd.DataFrame, _ACROSS)
    rules.method(_assigned, pd.DataFrame, ("assign",))
    rules.method(_inserted, pd.DataFrame, ("insert",))
    rules.function(_made, pd.DataFrame)
    rules.function(_concatenated, pd.concat)
    column_shapes.install(table)


def spelled(labels: pd.Index) -> Iterable[Hashable]:
    """Labels as Python objects: pandas reads those that Arrow keeps ten times as slowly."""
    read = getattr(labels.array, "__arrow_array__", None)
    found = read().to_pylist() if labels.dtype == "str" and read is not None else None
    return labels if found is None or None in found else found


def _node(call: Call, value: Any) -> int | None:
    return call.recorder.identity.node(value)


def labelled(value: Any) -> list[Hashable]:
    """One label or several, as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple | pd.Index) else [value]


def own_labels(table: ColumnTable, node: int) -> Sequence[Hashable]:
    """The labels of a node; none where it has only places."""
    labels = table.labels(node)
    return labels if isinstance(labels, tuple) else ()


def _picked(call: Call, table: ColumnTable, node: int) -> None:
    """A mask decides over rows; labels say the rest."""
    key = call.args[0] if call.args else None
    decided(call, table, node, key[0] if isinstance(key, tuple) and key else key)


def _kept(call: Call, table: ColumnTable, node: int) -> None:
    if call.node is not None:
        subset = call.argument(0, "subset") if call.name == "drop_duplicates" else None
        subset = call.kwargs.get("subset", subset)
        table.decided(node, call.node, "filter", labelled(subset) if subset is not None else None)


def _sorted(call: Call, table: ColumnTable, node: int) -> None:
    at = 0 if call.name == "sort_values" else 1
    by = call.argument(at, "by" if at == 0 else "columns")
    if call.node is not None and call.kind is pd.DataFrame:
        table.decided(node, call.node, "sort", labelled(by))
    elif call.node is not None:
        table.decided(node, call.node, "sort")


def _queried(call: Call, table: ColumnTable, node: int) -> None:
    text = call.argument(0, "expr")
    if call.node is not None and isinstance(text, str):
        names = [name.strip("`") for name in _NAME.findall(text)]
        table.decided(node, call.node, "filter", dict.fromkeys(names))


def _relabelled(call: Call, table: ColumnTable, node: int) -> None:
    in_place(table, node, (call.node,))


def _across(call: Call, table: ColumnTable, node: int) -> None:
    """A reduction over a row sees every column of it."""
    if call.node is not None and call.argument(0, "axis") in (1, "columns"):
        table.relate(node, call.node, Every(table.width(call.node)))


def _written(call: Call, table: ColumnTable, node: int) -> None:
    """``frame[label] = value``, ``frame.loc[rows, label] = value``."""
    key = call.args[0] if call.args else call.name
    rows = None
    if isinstance(key, tuple) and len(key) == 2 and call.name in ("loc", "at"):
        rows, key = key
    if call.name in ("iloc", "iat") or call.node is None or not isinstance(key, Hashable | list):
        return
    labels = labelled(key)
    places = [at for label in labels for at in table.places(node, label)]
    if not places or table.width(node) < 0:
        return
    whole = rows is None and "value" in call.kwargs
    _put(call, table, node, places, call.written(), whole=whole)
    decided(call, table, node, rows, "conditional", tuple(places))


def _put(  # one write
    call: Call, table: ColumnTable, node: int, places: list[int], value: Any, *, whole: bool
) -> None:
    """A value was put into columns; the others are what they were."""
    assert call.node is not None
    own, before = own_labels(table, node), own_labels(table, call.node)
    old = [
        () if whole and at in places else tuple(k for k, b in enumerate(before) if b == label)
        for at, label in enumerate(own)
    ]
    table.relate(node, call.node, Places(old))
    its = _node(call, value)
    if its is None:
        return
    width = max(table.width(its), 1)
    index: list[Sequence[int]] = [() for _ in own]
    for k, at in enumerate(places):
        index[at] = (k,) if width == len(places) else tuple(range(width))
    table.relate(node, its, Places(index))


def _assigned(call: Call, table: ColumnTable, node: int) -> None:
    """``frame.assign(label=value)``; a function may have seen any column."""
    if call.node is None:
        return
    own, before = own_labels(table, node), own_labels(table, call.node)
    old: list[Sequence[int]] = []
    for label in own:
        if callable(call.kwargs.get(str(label))):
            old.append(range(len(before)))
        elif label in call.kwargs:
            old.append(())
        else:
            old.append(tuple(k for k, b in enumerate(before) if b == label))
    table.relate(node, call.node, Places(old))
    given = {_node(call, value): label for label, value in call.kwargs.items()}
    for its, label in given.items():
        if its is not None and its != call.node:
            table.relate(node, its, Places([(0,) if o == label else () for o in own]))


def _inserted(call: Call, table: ColumnTable, node: int) -> None:
    at, value = call.argument(0, "loc"), call.argument(2, "value")
    if call.node is not None and isinstance(at, int):
        _put(call, table, node, [at], value, whole=True)


def _made(call: Call, table: ColumnTable, node: int) -> None:
    """A frame of a matrix, or of series by label."""
    data = call.argument(0, "data")
    if isinstance(data, dict):
        own = own_labels(table, node)
        index: dict[int, list[Sequence[int]]] = {}
        for label, value in data.items():
            its = _node(call, value)
            if its is not None and label in own:
                index.setdefault(its, [() for _ in own])[own.index(label)] = (0,)
        for its, places in index.items():
            table.relate(node, its, Places(places))
    else:
        in_place(table, node, (_node(call, data),))


def _concatenated(call: Call, table: ColumnTable, node: int) -> None:
    parts = call.argument(0, "objs")
    parts = list(parts.values()) if isinstance(parts, dict) else parts
    if not isinstance(parts, list | tuple):
        return
    nodes = [_node(call, part) for part in parts]
    if call.argument(1, "axis", 0) not in (1, "columns"):
        for its in nodes:
            if its is not None and table.width(its) == 1 == table.width(node):
                table.relate(node, its, Shift(0, 1))
        return
    widths = [_columns(part) for part in parts]
    if sum(widths) == table.width(node):
        side_by_side(table, node, zip(nodes, widths, strict=True))


def _columns(part: Any) -> int:
    return part.shape[1] if isinstance(part, pd.DataFrame) else 1


def places_of(labels: Iterable[Hashable], its: Sequence[Hashable]) -> tuple[int, ...]:
    """Places of these labels among a parent's."""
    wanted = set(labels)
    return tuple(k for k, label in enumerate(its) if label in wanted)
