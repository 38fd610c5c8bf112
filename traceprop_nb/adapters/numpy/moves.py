"""Rows that move, repeat or go: take, roll, delete, compress, pad, tile.

Most are done again with row numbers in the place of rows, when someone asks.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from traceprop_nb.adapters.numpy.rowwise import named
from traceprop_nb.adapters.numpy.subject import (
    DIRECT,
    EXACT,
    INEXACT,
    Subject,
    along,
    axes_of,
    axis_of,
    finish,
    recorded,
    subject,
)
from traceprop_nb.lineage.maps import (
    All,
    Identity,
    Mosaic,
    OnDemand,
    Ragged,
    Range,
    RowMap,
    Tile,
    compress,
)
from traceprop_nb.tracing.rules import Call, RuleTable

ALONG = {
    "repeat": ("a", 2, None), "take": ("a", 2, None), "roll": ("a", 2, None),
    "delete": ("arr", 2, None), "take_along_axis": ("arr", 2, -1), "resize": ("a", 99, None),
}  # fmt: skip
"""First argument, position of the axis and its default."""
METHODS = {"repeat": (1, None), "take": (1, None)}


def install(table: RuleTable) -> None:
    """Fill the table."""
    for name, (first, at, default) in ALONG.items():
        table.function(partial(moved, name=first, at=at, default=default), *named(np, name))
    for name, (at, default) in METHODS.items():
        table.method(partial(moved, at=at + 1, default=default), np.ndarray, (name,))
    table.function(_kept, np.compress, np.extract)
    table.method(_kept, np.ndarray, ("compress",))
    table.function(_padded, np.pad)
    table.function(_tiled, np.tile)
    table.function(_trimmed, np.trim_zeros)
    table.function(_shifted, np.fft.fftshift, np.fft.ifftshift)


def own(value: Any) -> Any:
    """An argument that nobody else can write into."""
    if isinstance(value, tuple | list):
        return type(value)(map(own, value))
    return np.array(value) if hasattr(value, "__array__") else value


def moved(call: Call, name: str = "a", at: int = 2, default: Any = None) -> bool | None:
    """A call that moves whole rows along an axis, or elements where there is no axis."""
    one = subject(call, name)
    if one is None or type(call.out) not in call.recorder.table.recorded:
        return None
    function = call.function if one.at else getattr(np.ndarray, call.name)
    args = [own(v) for v in call.args[one.at if name not in call.kwargs else 0 :]]
    kwargs = {k: own(v) for k, v in call.kwargs.items() if k not in (name, "out")}
    axis = call.argument(at - 1 + one.at, "axis", default)
    if len(args) > 2:
        args[2] = None  # the array to be written into
    again = partial(function, **kwargs)
    place = 0 if one.ndim == 1 and axis is None else axis_of(axis, one.ndim)
    if axis is None and one.ndim != 1:
        return elements(call, one, lambda ids: again(ids, *args))
    if place is None:  # several axes
        return elements(call, one, lambda ids: again(ids, *args))
    if place:
        return still(call, one, place)
    if call.function is np.take_along_axis or np.ndim(call.out) not in (0, one.ndim):
        return elements(call, one, lambda ids: again(ids, *args))
    return rearranged(call, one, lambda ids: again(ids, *args))


def still(call: Call, one: Subject, place: int) -> bool | None:
    """Record rows that stay: something happened along another axis."""
    rows = call.recorder.table.rows(call.out)
    if rows != one.rows or place == 0:
        return None
    return finish(call, (one.node, Identity(rows), DIRECT, EXACT))


def rearranged(call: Call, one: Subject, again: Callable[[Any], Any]) -> bool:
    """Record whole rows that moved, as the same call moves their numbers."""
    rows = call.recorder.table.rows(call.out)
    link = OnDemand(partial(_numbers, again, one.rows, one.ndim, rows), one.rows, rows)
    return finish(call, (one.node, link, DIRECT, EXACT))


def _numbers(again: Callable[[Any], Any], n: int, ndim: int, rows: int) -> RowMap:
    ids = np.arange(n).reshape((n, *[1] * (ndim - 1)))
    return compress(np.asarray(again(ids)).reshape(rows), n)


def elements(call: Call, one: Subject, again: Callable[[Any], Any]) -> bool | None:
    """Record elements that moved, as the same call moves their numbers."""
    rows, shape = call.recorder.table.rows(call.out), np.shape(one.array)
    if one.ndim == 0:
        return finish(call, (one.node, All(1, rows), DIRECT, EXACT))
    if one.array is None or not one.rows or not np.size(one.array) or not np.size(call.out):
        return None
    link: RowMap = OnDemand(partial(_ragged, again, shape, rows), one.rows, rows)
    if np.ndim(call.out) <= 1:
        return finish(call, (one.node, link, DIRECT, EXACT))
    return finish(call, (one.node, Mosaic(link), DIRECT, INEXACT))


def _ragged(again: Callable[[Any], Any], shape: tuple[int, ...], rows: int) -> RowMap:
    ids = np.arange(int(np.prod(shape))).reshape(shape)
    width = max(ids.size // shape[0], 1)
    found = np.asarray(again(ids)).reshape(rows, -1) // width
    if found.shape[1] == 1:
        return compress(found[:, 0], shape[0])
    owner = np.repeat(np.arange(rows), found.shape[1])
    key = np.unique(owner * shape[0] + found.reshape(-1))
    return Ragged.of_pairs(key // shape[0], key % shape[0], rows, shape[0])


def _kept(call: Call) -> bool | None:
    """``compress(mask, a)`` and ``extract(mask, a)``."""
    method = call.node is not None and call.kind is np.ndarray
    extract = call.function is np.extract
    one = (
        subject(call) if method else recorded(call, call.argument(1, "arr" if extract else "a"), 2)
    )
    mask = own(call.argument(0, "condition"))
    if one is None or call.kwargs.get("out") is not None:
        return None
    axis = None if extract else call.argument(1 if method else 2, "axis")
    place = 0 if one.ndim == 1 and axis is None else axis_of(axis, one.ndim)
    if axis is None and one.ndim != 1:
        taken = np.extract if extract else np.compress
        return elements(call, one, lambda ids: taken(mask, ids))
    if place:
        return still(call, one, place)
    return rearranged(call, one, lambda ids: np.compress(np.ravel(mask), ids, axis=0))


def _padded(call: Call) -> bool | None:
    one, width = recorded(call, call.argument(0, "array"), 1), call.argument(1, "pad_width")
    mode = call.argument(2, "mode", "constant")
    movement = ("constant", "edge", "reflect", "symmetric", "wrap", "empty")
    if one is None or mode not in movement or isinstance(width, dict) or one.ndim < 1:
        return None
    if call.kwargs.get("reflect_type", "even") != "even":
        return None
    first = tuple(np.broadcast_to(np.asarray(width), (one.ndim, 2))[0].tolist())
    more = {"constant_values": -1} if mode in ("constant", "empty") else {}
    how = "constant" if mode == "empty" else mode
    n, rows = one.rows, len(call.out)

    def again() -> RowMap:
        rows_of: Any = np.pad
        return compress(rows_of(np.arange(n), first, how, **more), n)

    return finish(call, (one.node, OnDemand(again, n, rows), DIRECT, EXACT))


def _tiled(call: Call) -> bool | None:
    one, reps = recorded(call, call.argument(0, "A"), 1), call.argument(1, "reps")
    if one is None or one.ndim < 1:
        return None
    times = tuple(np.atleast_1d(reps).tolist())
    times = (1,) * (one.ndim - len(times)) + times
    axis = len(times) - one.ndim
    return along(call, axis, (one.node, Tile(int(times[axis]), one.rows), DIRECT, EXACT))


def _trimmed(call: Call) -> bool | None:
    """Leading and trailing zeros are gone: a stretch of the rows is left."""
    one = recorded(call, call.argument(0, "filt"), 1)
    how = str(call.argument(1, "trim", "fb")).lower()
    if one is None or one.ndim != 1 or one.array is None or len(call.args) > 2:
        return None
    rows = len(call.out)
    start = int((np.asarray(one.array) != 0).argmax()) if "f" in how and rows else 0
    return finish(call, (one.node, Range(start, 1, rows, one.rows), DIRECT, EXACT))


def _shifted(call: Call) -> bool | None:
    """Halves that change places, along each axis."""
    one = recorded(call, call.argument(0, "x"), 1)
    axes = None if one is None else axes_of(call.argument(1, "axes"), one.ndim)
    if one is None or axes is None:
        return None
    function = call.function
    if 0 not in axes:
        return still(call, one, 1)
    return rearranged(call, one, lambda ids: function(ids, axes=0))
