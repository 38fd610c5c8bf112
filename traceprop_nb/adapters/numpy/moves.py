"""Rows that move, repeat or go: indexing, take, roll, delete, insert, pad, tile.

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
    share,
    subject,
)
from traceprop_nb.lineage.maps import (
    Chain,
    Gather,
    Identity,
    Mosaic,
    Part,
    Ragged,
    Range,
    OnDemand,
    Repeat,
    RowMap,
    Tile,
    compose,
    compress,
)
from traceprop_nb.lineage.maps.all import All
from traceprop_nb.tracing import carriers
from traceprop_nb.tracing.keys import key_map
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

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
    table.method(_getitem, np.ndarray, ("__getitem__",))
    table.function(_kept, np.compress, np.extract)
    table.method(_kept, np.ndarray, ("compress",))
    table.function(_padded, np.pad)
    table.function(_tiled, np.tile)
    table.function(_inserted, np.insert)
    table.function(_trimmed, np.trim_zeros)
    table.function(_shifted, np.fft.fftshift, np.fft.ifftshift)
    table.function(_triangle, np.tril, np.triu)
    table.function(_diagonal, np.diagonal, np.linalg.diagonal, np.diag)
    table.method(_diagonal, np.ndarray, ("diagonal",))
    table.function(_traced, np.trace, np.linalg.trace)
    table.method(_traced, np.ndarray, ("trace",))
    table.function(_placed, np.diagflat)
    table.function(_powers, np.vander)
    table.function(_bits, np.packbits, np.unpackbits)


def plain(key: Any) -> Any:
    """Series and tensors in a key as arrays."""
    if isinstance(key, tuple):
        return tuple(plain(k) for k in key)
    if isinstance(key, np.integer):
        return int(key)
    if isinstance(key, np.ndarray | slice | list | int | type(None) | type(Ellipsis)):
        return key
    return np.asarray(key) if hasattr(key, "__array__") else key


def own(value: Any) -> Any:
    """An argument that nobody else can write into."""
    if isinstance(value, tuple | list):
        return type(value)(map(own, value))
    return np.array(value) if hasattr(value, "__array__") else value


# -- indexing ----------------------------------------------------------------------------------


def _getitem(call: Call) -> bool | None:
    one = subject(call)
    if one is None:
        return None
    key = plain(call.args[0])
    key = slice(None) if isinstance(key, tuple) and not key and one.ndim else key
    done = _turned(call, one, key)
    if done is None:
        rows = call.recorder.table.rows(call.out)
        row_map = key_map(key, one.rows, one.ndim, rows)
        if row_map is None:
            return _new_axis(call, one, key) or _elements(call, one, partial(_read, own(key)))
        done = finish(call, _taken(call, one, key, row_map))
    share(call, one.array)
    return done


def _taken(call: Call, one: Subject, key: Any, row_map: RowMap) -> Edge:
    """Rows by a key: mosaics stay mosaics where the key takes them whole."""
    if one.node in call.recorder.mosaics and not isinstance(key, tuple):
        twin = carriers.whole(call.recorder, one.node)
        if np.ndim(call.out) == one.ndim:
            return twin, Mosaic(row_map), DIRECT, INEXACT
    return one.node, row_map, DIRECT, EXACT


def _read(key: Any, ids: np.ndarray) -> Any:
    return ids[key]


def _turned(call: Call, one: Subject, key: Any) -> bool | None:
    """A plain key into an array whose rows lie along a later axis."""
    known = carriers.of(one.ref)
    keys = key if isinstance(key, tuple) else (key,)
    if known is None or not all(type(k) in (int, slice) for k in keys) or len(keys) > one.ndim:
        return None
    at = keys[known.axis] if known.axis < len(keys) else slice(None)
    n = known.edges[0][1].n_out
    place = known.axis - sum(type(k) is int for k in keys[: known.axis])
    kept = list(zip(known.edges, known.lines or [-1] * len(known.edges), strict=True))
    if known.lines:
        kept = _of_lines(kept, keys[0], one.rows)
    link = key_map(at, n, 1, len(range(*at.indices(n))) if isinstance(at, slice) else 1)
    if link is None or not kept:
        return None
    lines = [line for _, line in kept]
    if isinstance(at, slice):
        edges = [(p, compose(link, m), k, s) for (p, m, k, s), _ in kept]
        return along(call, place, *edges, lines=lines if place else ())
    return _one_position(call, kept, link, n)


def _of_lines(kept: list[tuple[Edge, int]], key: Any, rows: int) -> list[tuple[Edge, int]]:
    """The edges that a key of the first axis leaves, and the rows that they are behind then."""
    if type(key) is int:
        return [(edge, -1) for edge, line in kept if line in (-1, key % rows)]
    chosen = list(range(*key.indices(rows)))
    return [
        (edge, chosen.index(line) if line >= 0 else -1)
        for edge, line in kept
        if line < 0 or line in chosen
    ]


def _one_position(call: Call, kept: list[tuple[Edge, int]], link: RowMap, n: int) -> bool:
    """One position of the axis that carries rows: ``X.T[:, 0]`` is the row again."""
    rows, edges, start = call.recorder.table.rows(call.out), list[Edge](), link.back_one(0)
    for (parent, along_axis, kind, status), line in kept:
        one = Range(start, 0, rows, n) if line < 0 else _at(line, rows, int(start), n)  # type: ignore[arg-type]  # one row
        edges.append((parent, compose(one, along_axis), kind, status))
    return finish(call, *edges)


def _at(line: int, rows: int, start: int, n: int) -> RowMap:
    index = np.full(rows, -1)
    index[line] = start
    return Gather(index, n)


def _new_axis(call: Call, one: Subject, key: Any) -> bool | None:
    """``a[None]``: the rows lie along the next axis."""
    keys = key if isinstance(key, tuple) else (key,)
    lead = next((k for k, part in enumerate(keys) if part is not None), len(keys))
    rest = keys[lead:]
    if not lead or type(call.out) is not np.ndarray or carriers.of(one.ref) is not None:
        return None
    if not all(isinstance(k, slice | type(None)) or k is Ellipsis for k in rest):
        return None
    if rest and rest[0] is Ellipsis and len(rest) > 1:
        return None
    n = call.out.shape[lead]
    link = key_map(rest or slice(None), one.rows, one.ndim, n)
    done = None if link is None else along(call, lead, (one.node, link, DIRECT, EXACT))
    share(call, one.array)
    return done


# -- done again with row numbers ------------------------------------------------------------------


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
        return _elements(call, one, lambda ids: again(ids, *args))
    if place is None:  # several axes
        return _elements(call, one, lambda ids: again(ids, *args))
    if place:
        return _still(call, one, place)
    if call.function is np.take_along_axis or np.ndim(call.out) not in (0, one.ndim):
        return _elements(call, one, lambda ids: again(ids, *args))
    return rearranged(call, one, lambda ids: again(ids, *args))


def _still(call: Call, one: Subject, place: int) -> bool | None:
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


def _elements(call: Call, one: Subject, again: Callable[[Any], Any]) -> bool | None:
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
    one = subject(call) if method else recorded(call, call.argument(1, "arr" if extract else "a"), 2)
    mask = own(call.argument(0, "condition"))
    if one is None or call.kwargs.get("out") is not None:
        return None
    axis = None if extract else call.argument(1 if method else 2, "axis")
    place = 0 if one.ndim == 1 and axis is None else axis_of(axis, one.ndim)
    if axis is None and one.ndim != 1:
        taken = np.extract if extract else np.compress
        return _elements(call, one, lambda ids: taken(mask, ids))
    if place:
        return _still(call, one, place)
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
        return compress(np.pad(np.arange(n), first, mode=how, **more), n)

    done = finish(call, (one.node, OnDemand(again, n, rows), DIRECT, EXACT))
    return done


def _tiled(call: Call) -> bool | None:
    one, reps = recorded(call, call.argument(0, "A"), 1), call.argument(1, "reps")
    if one is None or one.ndim < 1:
        return None
    times = tuple(np.atleast_1d(reps).tolist())
    times = (1,) * (one.ndim - len(times)) + times
    axis = len(times) - one.ndim
    return along(call, axis, (one.node, Tile(int(times[axis]), one.rows), DIRECT, EXACT))


def _inserted(call: Call) -> bool | None:
    """``insert``: the old rows with the new ones between them."""
    one, value = recorded(call, call.argument(0, "arr"), 1), call.argument(2, "values")
    where, axis = own(call.argument(1, "obj")), call.argument(3, "axis")
    if one is None or (axis is None and one.ndim != 1) or type(call.out) is not np.ndarray:
        return None
    place = 0 if axis is None else axis_of(axis, one.ndim)
    n, rows, new = one.rows, len(call.out), recorded(call, value)
    if place is None or (place and (new is not None and new.rows != rows)):
        return None
    if place:
        more = [] if new is None else [(new.node, Identity(rows), DIRECT, EXACT)]
        return finish(call, (one.node, Identity(rows), DIRECT, EXACT), *more)
    k = rows - n

    def numbers(first: int) -> Any:
        ids = first + np.arange(k) if np.ndim(where) or k > 1 else np.array([first])
        return np.insert(np.arange(n), where, ids)

    def old() -> RowMap:
        found = numbers(n)
        return compress(np.where(found < n, found, -1), n)

    def inserted(count: int, whole: bool) -> RowMap:
        found = numbers(n) - n
        if whole:
            owner = np.repeat(np.flatnonzero(found >= 0), count)
            return Ragged.of_pairs(owner, np.tile(np.arange(count), k), rows, count)
        return compress(np.where(found < 0, -1, found if count == k else 0), count)

    more = []
    if new is not None:
        whole = new.ndim == one.ndim - 1 and new.ndim > 0
        if not whole and new.rows not in (1, k):
            return None
        link = OnDemand(partial(inserted, new.rows, whole), new.rows, rows)
        more = [(new.node, link, DIRECT, EXACT)]
    return finish(call, (one.node, OnDemand(old, n, rows), DIRECT, EXACT), *more)


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
        return _still(call, one, 1)
    return rearranged(call, one, lambda ids: function(ids, axes=0))


# -- diagonals -------------------------------------------------------------------------------------


def _triangle(call: Call) -> bool | None:
    one, k = recorded(call, call.argument(0, "m"), 1), call.argument(1, "k", 0)
    if one is None or one.ndim < 2:
        return None
    n, width = call.out.shape[-2:]
    if one.ndim > 2:
        return finish(call, (one.node, Identity(one.rows), DIRECT, EXACT))
    low = call.function is np.tril
    first, last = (max(-int(k), 0), n) if low else (0, min(max(width - int(k), 0), n))
    if first == 0 and last == n:
        return finish(call, (one.node, Identity(n), DIRECT, EXACT))
    rows = np.arange(n)
    inside = (rows >= first) & (rows < last)
    return finish(call, (one.node, Gather(np.where(inside, rows, -1), n), DIRECT, EXACT))


def _diagonal(call: Call) -> bool | None:
    """The diagonal of a matrix, or a matrix of a diagonal."""
    name = "v" if call.function is np.diag else "x" if call.function is np.linalg.diagonal else "a"
    one = subject(call, name)
    offset = call.argument(one.at, "k" if call.function is np.diag else "offset", 0) if one else 0
    if one is not None and one.ndim == 1 and call.function is np.diag:
        return _placed(call)
    if one is None or one.ndim != 2 or len(call.args) > one.at + 1 or "axis1" in call.kwargs:
        return None
    start, rows = max(-int(offset), 0), len(call.out)
    done = finish(call, (one.node, Range(start, 1, rows, one.rows), DIRECT, EXACT))
    share(call, one.array)
    return done


def _traced(call: Call) -> bool | None:
    one = subject(call, "x" if call.function is np.linalg.trace else "a")
    if one is None or one.ndim != 2 or one.array is None or "axis1" in call.kwargs:
        return None
    if len(call.args) > one.at + 1 or call.kwargs.get("out") is not None:
        return None
    offset = int(call.argument(one.at, "offset", 0))
    start, n = max(-offset, 0), one.rows
    length = max(min(n - start, one.array.shape[1] - max(offset, 0)), 0)
    link = Chain(All(length, 1), Range(start, 1, length, n))
    return finish(call, (one.node, link, DIRECT, EXACT))


def _placed(call: Call) -> bool | None:
    """A vector on the diagonal of a new matrix."""
    one, k = recorded(call, call.argument(0, "v"), 1), int(call.argument(1, "k", 0))
    if one is None or one.ndim != 1:
        return None
    return finish(call, (one.node, Part(max(-k, 0), one.rows, len(call.out)), DIRECT, EXACT))


def _powers(call: Call) -> bool | None:
    one = recorded(call, call.argument(0, "x"), 1)
    return one and finish(call, (one.node, Identity(one.rows), DIRECT, EXACT))


def _bits(call: Call) -> bool | None:
    """Bits into bytes and back: eight elements to one along an axis."""
    one, axis = recorded(call, call.argument(0, "a"), 1), call.argument(1, "axis")
    if one is None or one.ndim < 1 or (axis is None and one.ndim != 1) or len(call.args) > 2:
        return None
    if "count" in call.kwargs:
        return None
    place, rows, n = axis_of(0 if axis is None else axis, one.ndim), len(call.out), one.rows
    if place:
        return _still(call, one, place)
    if call.function is np.unpackbits:
        return finish(call, (one.node, Repeat(8, n), DIRECT, EXACT))

    def together() -> RowMap:
        return Ragged(np.append(np.arange(rows) * 8, n), np.arange(n), n)

    return finish(call, (one.node, OnDemand(together, n, rows), DIRECT, EXACT))


