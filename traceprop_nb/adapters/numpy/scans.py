"""Running results and windows: each row from the rows before it, or around it."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from traceprop_nb.adapters.numpy.rowwise import named
from traceprop_nb.adapters.numpy.subject import (
    CONTEXT,
    DIRECT,
    EXACT,
    Subject,
    axis_of,
    every,
    finish,
    recorded,
    share,
    subject,
)
from traceprop_nb.lineage.maps import (
    Chain,
    Identity,
    Mosaic,
    OnDemand,
    Prefix,
    Ragged,
    Repeat,
    RowMap,
    Window,
)
from traceprop_nb.lineage.maps.rowsets import stretches
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

RUNNING = "cumprod cumsum nancumprod nancumsum"
METHODS = "cumprod cumsum"


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.function(_running, *named(np, RUNNING))
    table.method(_running, np.ndarray, METHODS.split())
    table.method(_accumulated, np.ufunc, ("accumulate",))
    table.method(_stretches, np.ufunc, ("reduceat",))
    table.function(_cumulative, *named(np, "cumulative_sum cumulative_prod"))
    table.function(_unwrapped, np.unwrap)
    table.function(_differences, np.diff)
    table.function(_neighbours, np.ediff1d)
    table.function(_slopes, np.gradient)
    table.function(partial(_convolved, flipped=True), np.convolve)
    table.function(partial(_convolved, flipped=False), np.correlate)
    table.function(_windows, np.lib.stride_tricks.sliding_window_view)


def before(call: Call, one: Subject, axis: Any) -> bool | None:
    """Record a running result along an axis; flattened first for None."""
    rows = call.recorder.table.rows(call.out)
    place = axis_of(axis, one.ndim)
    if axis is None and one.ndim != 1:
        if one.rows == 0 or rows % one.rows:
            return None
        link: RowMap = Chain(Repeat(rows // one.rows, one.rows), Prefix(one.rows))
    elif axis is None or place == 0:
        link = Prefix(one.rows)
    elif place is None:
        return None
    else:
        link = Identity(rows)
    return finish(call, (one.node, link, DIRECT, EXACT)) if link.n_out == rows else None


def _running(call: Call) -> bool | None:
    one = subject(call)
    return None if one is None else before(call, one, call.argument(one.at, "axis"))


def _accumulated(call: Call) -> bool | None:
    one = recorded(call, call.argument(0, "array"), 1)
    return None if one is None else before(call, one, call.argument(1, "axis", 0))


def _stretches(call: Call) -> bool | None:
    """``np.add.reduceat(a, starts)``: from each start to the next one."""
    one, starts = recorded(call, call.argument(0, "array"), 1), call.argument(1, "indices")
    place = None if one is None else axis_of(call.argument(2, "axis", 0), one.ndim)
    if one is None or place is None:
        return None
    rows, n = len(call.out), one.rows
    if place:
        return finish(call, (one.node, Identity(rows), DIRECT, EXACT))
    begin = np.array(starts)
    end = np.append(begin[1:], n)

    def make() -> RowMap:
        owner, found = stretches(begin, np.where(end > begin, end, begin + 1))
        return Ragged.of_pairs(owner, found, rows, n)

    return finish(call, (one.node, OnDemand(make, n, rows), DIRECT, EXACT))


def _cumulative(call: Call) -> bool | None:
    one, axis = recorded(call, call.argument(0, "x"), 1), call.kwargs.get("axis")
    if one is None:
        return None
    initial = call.kwargs.get("include_initial", False)
    if not initial or (axis is not None and axis_of(axis, one.ndim) != 0):
        return before(call, one, axis)
    return finish(
        call, (one.node, Window(-one.rows - 1, -1, one.rows, one.rows + 1), DIRECT, EXACT)
    )


def _unwrapped(call: Call) -> bool | None:
    one = recorded(call, call.argument(0, "p"), 1)
    return None if one is None else before(call, one, call.argument(2, "axis", -1))


def _differences(call: Call) -> bool | None:
    one, n = recorded(call, call.argument(0, "a"), 1), call.argument(1, "n", 1)
    if one is None or not isinstance(n, int | np.integer) or one.ndim < 1:
        return None
    axis, rows = axis_of(call.argument(2, "axis", -1), one.ndim), len(call.out)
    if n == 0:
        return True
    if axis is None:
        return None
    ends = [call.argument(k, name, _NOTHING) for k, name in ((3, "prepend"), (4, "append"))]
    if axis:
        more = [e for v in ends if (e := recorded(call, v)) is not None]
        return None if more else finish(call, (one.node, Identity(rows), DIRECT, EXACT))
    found: list[Edge] = []
    offset = 0
    for value in (ends[0], one.array, ends[1]):
        if value is _NOTHING:
            continue
        part = one if value is one.array else recorded(call, value)
        length = one.rows if value is one.array else max(len(np.atleast_1d(value)), 1)
        if part is not None:
            near: RowMap = Window(-offset, int(n) - offset, length, rows)
            found.append((part.node, near, DIRECT, EXACT))
        offset += length
    return finish(call, *found)


_NOTHING = object()


def _neighbours(call: Call) -> bool | None:
    one = recorded(call, call.argument(0, "ary"), 1)
    if (
        one is None
        or one.ndim != 1
        or len(call.args) > 1
        or {"to_end", "to_begin"} & set(call.kwargs)
    ):
        return None
    rows = len(call.out)
    return finish(call, (one.node, Window(0, 1, one.rows, rows), DIRECT, EXACT)) if rows else None


def _slopes(call: Call) -> bool | None:
    """Central differences: the rows before and after; at the ends one-sided ones."""
    one = recorded(call, call.argument(0, "f"), 1)
    order, axis = call.kwargs.get("edge_order", 1), call.kwargs.get("axis")
    if isinstance(call.out, tuple | list) and one is not None and len(call.args) == 1:
        for k, out in enumerate(call.out):  # one for each axis
            near = OnDemand(partial(_around, one.rows, int(order)), one.rows, one.rows)
            finish(call, (one.node, Identity(one.rows) if k else near, DIRECT, EXACT), out=out)
        return axis is None
    spaced = all(isinstance(v, int | float | np.integer | np.floating) for v in call.args[1:])
    if one is None or not spaced or (one.ndim > 1 and axis is None) or isinstance(axis, tuple):
        return None
    place, n = axis_of(0 if axis is None else axis, one.ndim), one.rows
    if place is None or type(call.out) is not np.ndarray:
        return None
    link = OnDemand(partial(_around, n, int(order)), n, n) if place == 0 else Identity(n)
    return finish(call, (one.node, link, DIRECT, EXACT))


def _around(n: int, order: int) -> RowMap:
    owner = np.repeat(np.arange(n), 2)
    found = owner + np.tile([-1, 1], n)
    inside = (owner > 0) & (owner < n - 1)
    ends = order + 1
    first, last = np.arange(ends), np.arange(n - ends, n)
    start = np.concatenate([[0, ends], ends + 2 * np.arange(1, n - 1), [2 * ends + 2 * (n - 2)]])
    return Ragged(start, np.concatenate([first, found[inside], last]), n)


def _convolved(call: Call, *, flipped: bool) -> bool | None:
    """Row i from a stretch of the longer side, and all of the shorter one."""
    names = ("a", "v")
    a, v = call.argument(0, names[0]), call.argument(1, names[1])
    one, two = recorded(call, a), recorded(call, v)
    n, m, rows = np.size(a), np.size(v), len(call.out)
    mode = call.argument(2, "mode", "full" if flipped else "valid")
    if n < m and flipped:
        one, two, n, m = two, one, m, n
    if n < m or not m or (one is None and two is None) or np.ndim(a) != 1 or np.ndim(v) != 1:
        return None
    low = {"full": 1 - m, "valid": 0, "same": -(m // 2) if not flipped else (m - 1) // 2 - m + 1}
    if mode not in low:
        return None
    link = Window(low[mode], low[mode] + m - 1, n, rows)
    found: list[Edge] = [] if one is None else [(one.node, link, DIRECT, EXACT)]
    if two is not None:
        found.append(every(call, two, rows, CONTEXT if one is not None else DIRECT))
    return finish(call, *found)


def _windows(call: Call) -> bool | None:
    """Windows of a vector: each row of the result is a stretch of it."""
    one, width = recorded(call, call.argument(0, "x"), 1), call.argument(1, "window_shape")
    width = width[0] if isinstance(width, tuple) and len(width) == 1 else width
    if one is None or one.ndim != 1 or not isinstance(width, int | np.integer):
        return None
    link = Mosaic(Window(0, int(width) - 1, one.rows, len(call.out)))
    done = finish(call, (one.node, link, DIRECT, Status.INEXACT))
    share(call, one.array)
    return done
