"""What NumPy's operations do to the columns of a matrix."""

from __future__ import annotations

from typing import Any

import numpy as np

from traceprop_nb.adapters.numpy.subject import readable
from traceprop_nb.lineage.columns import ColumnTable, Every, Places
from traceprop_nb.tracing.column_keys import columns_of, in_place, picked, side_by_side, written
from traceprop_nb.tracing.rules import Call, RuleTable

_PLACED = (
    "where clip nan_to_num round around copy astype asarray array asanyarray ascontiguousarray "
    "asfortranarray real imag fix i0 sinc angle real_if_close view to_numpy values require"
)
_ALONG = "take repeat delete insert compress roll flip unique sort cumsum cumprod diff".split()
_REDUCTIONS = (
    "sum mean std var min max median prod any all argmin argmax ptp nansum nanmean".split()
)


def install(table: RuleTable) -> None:
    """Fill the table."""
    rules = table.columns
    rules.labels[np.ndarray] = _width
    rules.placed |= {n for n in dir(np) if _elementwise(getattr(np, n))} | set(_PLACED.split())
    rules.method(picked, np.ndarray, ("__getitem__",))
    rules.method(written, np.ndarray, ("__setitem__",))
    rules.function(_beside, np.hstack, np.column_stack, np.concatenate, np.append)
    rules.function(_on_top, np.vstack)
    rules.method(_bracketed, type(np.c_), ("__getitem__",))
    for name in _ALONG:
        rules.function(_along, getattr(np, name))
    for name in _REDUCTIONS:
        rules.function(_across, getattr(np, name))
    rules.method(_along, np.ndarray, [n for n in _ALONG if hasattr(np.ndarray, n)])
    rules.method(_across, np.ndarray, [n for n in _REDUCTIONS if hasattr(np.ndarray, n)])
    rules.function(_flipped, np.fliplr)
    rules.function(_stacked, np.flipud)


def _width(value: np.ndarray) -> int:
    return value.shape[1] if value.ndim == 2 else 1 if value.ndim < 2 else -1


def _elementwise(thing: Any) -> bool:
    return isinstance(thing, np.ufunc) and thing.nout == 1 and thing.signature is None


def _parts(call: Call) -> list[Any]:
    given = call.args[:2] if call.name == "append" else call.args[0] if call.args else ()
    if type(given) not in (list, tuple) or not all(readable(call, p) for p in given):
        return []
    return list(given)


def _node(call: Call, value: Any) -> int | None:
    return call.recorder.identity.node(value)


def _beside(call: Call, table: ColumnTable, node: int) -> None:
    parts = _parts(call)
    axis = call.argument(2 if call.name == "append" else 1, "axis", 0)
    flat = call.name == "hstack" and all(np.ndim(p) == 1 for p in parts)
    if flat or (call.name in ("concatenate", "append") and axis not in (1, -1)):
        in_place(table, node, (_node(call, p) for p in parts))
        return
    widths = [np.shape(p)[1] if np.ndim(p) == 2 else 1 for p in parts]
    if sum(widths) == table.width(node):
        side_by_side(table, node, zip((_node(call, p) for p in parts), widths, strict=True))


def _on_top(call: Call, table: ColumnTable, node: int) -> None:
    parts = [p for p in _parts(call) if np.ndim(p) == 2]
    in_place(table, node, (_node(call, p) for p in parts))


def _bracketed(call: Call, table: ColumnTable, node: int) -> None:
    parts = call.args[0] if isinstance(call.args[0], tuple) else (call.args[0],)
    if all(isinstance(p, np.ndarray) and p.ndim in (1, 2) for p in parts):
        widths = [p.shape[1] if p.ndim == 2 else 1 for p in parts]
        if sum(widths) == table.width(node):
            side_by_side(table, node, zip((_node(call, p) for p in parts), widths, strict=True))


def _subject(call: Call) -> tuple[int | None, Any, int]:
    """The matrix acted on: node, axis, arguments before the one after it."""
    if isinstance(call.receiver, np.ndarray):
        return call.node, call.kwargs.get("axis"), 0
    return _node(call, call.args[0]) if call.args else None, call.kwargs.get("axis"), 1


def _along(call: Call, table: ColumnTable, node: int) -> None:
    """Operations along one axis: over rows they leave columns in place."""
    parent, axis, at = _subject(call)
    if axis is None:
        first = call.name in ("flip", "sort", "cumsum", "cumprod")
        place = at + (0 if first else 2 if call.name == "insert" else 1)
        axis = call.args[place] if len(call.args) > place else None
    if parent is None or not isinstance(axis, int | np.integer):
        return
    width = table.width(parent)
    if axis in (0, -2) and call.name != "unique":
        in_place(table, node, (parent,))
    elif axis in (1, -1) and call.name in ("take", "delete") and width > 0:
        chosen = call.argument(at, "indices" if call.name == "take" else "obj")
        places = columns_of((slice(None), _listed(chosen)), width)
        if places is not None and call.name == "delete":
            places = [k for k in range(width) if k not in places]
        if places is not None:
            table.relate(node, parent, Places([(k,) for k in places]))
    elif axis in (1, -1) and call.name == "flip" and width > 0:
        table.relate(node, parent, Places([(k,) for k in reversed(range(width))]))


def _listed(chosen: Any) -> Any:
    return [chosen] if isinstance(chosen, int | np.integer) else chosen


def _across(call: Call, table: ColumnTable, node: int) -> None:
    """A reduction over a row sees every column of it."""
    parent, axis, at = _subject(call)
    axis = call.args[at] if axis is None and len(call.args) > at else axis
    if parent is not None and axis in (1, -1, None) and table.width(parent) > 0:
        table.relate(node, parent, Every(table.width(parent)))


def _flipped(call: Call, table: ColumnTable, node: int) -> None:
    parent, _, _ = _subject(call)
    if parent is not None:
        width = table.width(parent)
        table.relate(node, parent, Places([(k,) for k in reversed(range(width))]))


def _stacked(call: Call, table: ColumnTable, node: int) -> None:
    in_place(table, node, (_subject(call)[0],))
