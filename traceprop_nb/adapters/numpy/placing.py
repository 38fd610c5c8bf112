"""Functions that write into an array: copyto, put, place, putmask, fill_diagonal.

Done again on numbers in the place of elements, when someone asks, they say which rows came from
where.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from traceprop_nb.adapters.numpy.moves import own
from traceprop_nb.adapters.numpy.subject import (
    DIRECT,
    EXACT,
    INEXACT,
    Subject,
    recorded,
    subject,
)
from traceprop_nb.lineage.maps import Mosaic, OnDemand, Ragged, RowMap, compress
from traceprop_nb.tracing import opaque, through
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

Again = Callable[[Any, Any], Any]
"""(numbers of the target's elements, numbers of the values') -> None, or the target."""


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.function(_copied, np.copyto)
    table.function(partial(_indexed, values="v", last=("mode",)), np.put)
    table.function(partial(_indexed, values="vals", last=()), np.place)
    table.function(partial(_indexed, values="values", last=()), np.putmask)
    table.function(partial(_indexed, values="values", last=("axis",)), np.put_along_axis)
    table.function(_diagonal, np.fill_diagonal)
    table.method(_put, np.ndarray, ("put",))


def _copied(call: Call) -> bool | None:
    where = own(call.argument(3, "where", True))
    source = call.argument(1, "src")

    def again(target: Any, values: Any) -> None:
        np.copyto(target, values, where=where)

    return _written(call, recorded(call, call.argument(0, "dst"), 1), source, again)


def _indexed(call: Call, values: str, last: tuple[str, ...]) -> bool | None:
    function, key = call.function, own(call.args[1]) if len(call.args) > 1 else None
    if key is None:
        return None
    more = {name: call.argument(3, name, -1 if name == "axis" else "raise") for name in last}

    def again(target: Any, numbers: Any) -> None:
        function(target, key, numbers, **more)

    return _written(call, recorded(call, call.args[0], 1), call.argument(2, values), again)


def _put(call: Call) -> bool | None:
    key, mode = own(call.argument(0, "indices")), call.argument(2, "mode", "raise")

    def again(target: Any, numbers: Any) -> None:
        np.put(target, key, numbers, mode)

    return _written(call, subject(call), call.argument(1, "values"), again)


def flat(call: Call) -> bool | None:
    """``a.flat[key] = values``."""
    key = own(call.args[0])

    def again(target: Any, numbers: Any) -> None:
        target.flat[key] = numbers

    if "update" in call.kwargs or call.receiver is None:
        return None
    return _written(call, subject(call), call.written(), again)


def _diagonal(call: Call) -> bool | None:
    wrap = call.argument(2, "wrap", False)

    def again(target: Any, numbers: Any) -> None:
        np.fill_diagonal(target, numbers, wrap)

    return _written(call, recorded(call, call.argument(0, "a"), 1), call.argument(1, "val"), again)


def _written(call: Call, one: Subject | None, value: Any, again: Again) -> bool | None:
    """Record a write into an array, of values that may have rows."""
    if one is None or type(one.array) is not np.ndarray or not one.ndim or not one.array.size:
        return None
    new = recorded(call, value)
    shape, width = one.array.shape, np.shape(value)
    if isinstance(value, list | tuple) and any(
        type(v) in call.recorder.table.recorded for v in value
    ):
        return None
    after = _Once(again, shape, width)
    edges: list[Edge] = [(one.node, OnDemand(after.kept, one.rows, one.rows), DIRECT, EXACT)]
    if new is not None and (new.ndim == 0 or not np.size(value)):
        edges.append((new.node, OnDemand(after.brought, 1, one.rows), DIRECT, EXACT))
    elif new is not None:
        link: RowMap = OnDemand(after.brought, new.rows, one.rows)
        fits = new.rows == 1 or (new.ndim == one.ndim and new.rows == one.rows)
        mixed = one.ndim > 1 and not fits and not through.alike(call.recorder.graph, new.node, 0)
        edges.append((new.node, Mosaic(link), DIRECT, INEXACT) if mixed
                     else (new.node, link, DIRECT, EXACT))  # fmt: skip
    node = call.recorder.emit(call.site, call.name, one.array, edges)
    if new is not None:
        opaque.aliases_written(call.recorder, call.site, one.ref, node)
    return True


class _Once:
    """The write done again on numbers, once for both maps."""

    def __init__(self, again: Again, shape: tuple[int, ...], width: tuple[int, ...]) -> None:
        self._again, self._shape, self._width = again, shape, width
        self._after: np.ndarray | None = None

    def _numbers(self) -> np.ndarray:
        """Per row of the array: numbers of its own elements, and behind them the values'."""
        if self._after is None:
            size = int(np.prod(self._shape))
            target = np.arange(size).reshape(self._shape)
            self._again(target, size + np.arange(int(np.prod(self._width))).reshape(self._width))
            self._after = target.reshape(self._shape[0], -1)
        return self._after

    def kept(self) -> RowMap:
        """Rows of the array that still hold elements of it."""
        size, n = int(np.prod(self._shape)), self._shape[0]
        return _rows(self._numbers(), 0, size, size // n, n)

    def brought(self) -> RowMap:
        """Rows of the values that are in it now."""
        size, count = int(np.prod(self._shape)), int(np.prod(self._width))
        n = self._width[0] if self._width else 1
        return _rows(self._numbers(), size, size + count, max(count // max(n, 1), 1), n)


def _rows(numbers: np.ndarray, low: int, high: int, width: int, n: int) -> RowMap:
    rows = len(numbers)
    inside = (numbers >= low) & (numbers < high)
    owner, found = np.nonzero(inside)[0], (numbers[inside] - low) // width
    key = np.unique(owner * n + found)
    owner, found = key // max(n, 1), key % max(n, 1)
    if len(np.unique(owner)) == len(owner):
        index = np.full(rows, -1)
        index[owner] = found
        return compress(index, n)
    return Ragged.of_pairs(owner, found, rows, n)
