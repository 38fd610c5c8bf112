"""Columns that an index picks or writes: ``X[:, 2:4]``, ``X[rows, [0, 2]]``, for any array type."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.lineage.columns import ColumnTable, Every, Places, Shift

if TYPE_CHECKING:
    from traceprop_nb.tracing.rules import Call


def picked(call: Call, table: ColumnTable, node: int) -> None:
    """A column rule for ``X[key]`` of a matrix."""
    if call.node is None or not call.args:
        return
    width, key = table.width(call.node), call.args[0]
    parts = (key if isinstance(key, tuple) else (key,)) or (slice(None),)
    decided(call, table, node, parts[0])
    if width < 0 or call.ndim != 2:
        return
    places = columns_of(parts, width)
    if places is not None:
        table.relate(node, call.node, Places([(at,) for at in places]))


def written(call: Call, table: ColumnTable, node: int) -> None:
    """A column rule for ``X[key] = value`` of a matrix."""
    if call.node is None or not call.args:
        return
    width, key = table.width(call.node), call.args[0]
    parts = (key if isinstance(key, tuple) else (key,)) or (slice(None),)
    places = columns_of(parts, width) if width >= 0 and call.ndim == 2 else None
    if places is None:
        return
    whole = isinstance(parts[0], slice) and parts[0] == slice(None) and "value" in call.kwargs
    kept = [() if whole and at in places else (at,) for at in range(width)]
    table.relate(node, call.node, Places(kept))
    value = call.recorder.identity.node(call.written())
    if value is not None:
        its = max(table.width(value), 1)
        spread = places if its in (1, len(places)) else []
        index: list[Sequence[int]] = [() for _ in range(width)]
        for k, at in enumerate(spread):
            index[at] = (k if its > 1 else 0,)
        table.relate(node, value, Places(index) if spread else Every(its))
    decided(call, table, node, parts[0], "conditional", tuple(places))


def decided(  # what it tells the table
    call: Call,
    table: ColumnTable,
    node: int,
    key: Any,
    how: str = "filter",
    over: tuple[int, ...] | None = None,
) -> None:
    """A mask, or positions, that were computed decided which rows are there."""
    its = call.recorder.identity.node(key) if hasattr(key, "shape") else None
    if its is not None:
        positions = getattr(getattr(key, "dtype", None), "kind", "b") in "iu"
        table.decided(node, its, "sort" if positions and how == "filter" else how, None, over)


def columns_of(parts: Sequence[Any], width: int) -> list[int] | None:
    """Places of the columns that a key of a matrix picks, in order; None where it is not plain."""
    if any(part is None or part is Ellipsis for part in parts) or len(parts) > 2:
        return None
    if len(parts) == 1:
        return list(range(width))
    rows, part = parts
    if isinstance(part, slice):
        return list(range(*part.indices(width)))
    if isinstance(part, list | np.ndarray):
        pairs = isinstance(rows, list | np.ndarray) and np.ndim(rows) == 1
        return None if pairs else _places(np.asarray(part), width)
    if isinstance(part, int | np.integer) and not isinstance(part, bool):
        return _places(np.array([part]), width)
    return None


def _places(chosen: np.ndarray[Any, Any], width: int) -> list[int] | None:
    if chosen.dtype.kind == "b" and chosen.shape == (width,):
        return [int(at) for at in np.flatnonzero(chosen)]
    if chosen.dtype.kind in "iu" and chosen.ndim == 1:
        return [int(at) % width for at in chosen]
    return None


def side_by_side(table: ColumnTable, node: int, parts: Iterable[tuple[int | None, int]]) -> None:
    """Parts (node, width) stand beside each other in a node, in this order."""
    parts = list(parts)
    index: dict[int, list[Sequence[int]]] = {}
    total = sum(width for _, width in parts)
    start = 0
    for parent, width in parts:
        if parent is not None:
            mine = index.setdefault(parent, [() for _ in range(total)])
            for k in range(width):
                mine[start + k] = (k,)
        start += width
    for parent, its in index.items():
        table.relate(node, parent, Places(its))


def in_place(table: ColumnTable, node: int, parents: Iterable[int | None]) -> None:
    """Every parent's columns are the result's, place by place."""
    for parent in parents:
        if parent is not None and table.width(parent) == table.width(node) > 0:
            table.relate(node, parent, Shift(0, table.width(node)))
