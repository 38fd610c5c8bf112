"""Axes that change places, come or go: where the axis that carries the rows is afterwards.

The same call on a small stand-in, whose axes all differ in length and whose elements are their own
positions, tells: one rule for every way to turn or mirror an array.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

import numpy as np

from traceprop_nb.adapters.numpy.rowwise import named
from traceprop_nb.adapters.numpy.subject import (
    DIRECT,
    EXACT,
    INEXACT,
    Subject,
    along,
    every,
    finish,
    recorded,
    share,
    subject,
    wrote,
)
from traceprop_nb.lineage.maps import (
    All,
    Identity,
    Mosaic,
    OnDemand,
    Ragged,
    Range,
    Repeat,
    RowMap,
    compose,
)
from traceprop_nb.lineage.maps.rowsets import stretches
from traceprop_nb.tracing import carriers
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

TURNS = {
    "transpose": "a", "permute_dims": "a", "swapaxes": "a", "moveaxis": "a", "rollaxis": "a",
    "matrix_transpose": "x", "expand_dims": "a", "flip": "m", "fliplr": "m", "flipud": "m",
    "rot90": "m",
}  # fmt: skip
METHODS = "transpose swapaxes"


def install(table: RuleTable) -> None:
    """Fill the table."""
    for name, first in TURNS.items():
        table.function(partial(turned, name=first), *named(np, name))
    table.function(partial(turned, name="x"), np.linalg.matrix_transpose)
    table.method(turned, np.ndarray, METHODS.split())
    table.method(_attribute, np.ndarray, ("T", "mT"))
    table.function(_reshaped, np.reshape, np.ravel)
    table.method(_reshaped, np.ndarray, ("reshape", "ravel", "flatten"))
    table.function(_squeezed, np.squeeze)
    table.method(_squeezed, np.ndarray, ("squeeze",))
    table.function(_at_least, np.atleast_1d, np.atleast_2d, np.atleast_3d)
    table.function(_broadcast, np.broadcast_to)
    table.function(_broadcast_all, np.broadcast_arrays)
    table.function(_meshed, np.meshgrid)
    table.function(_opened, np.ix_)


def lying(one: Subject) -> tuple[int, tuple[Edge, ...]]:
    """The axis along which an array's rows lie, and what is behind each position."""
    return carriers.lying(one.ref, one.node, one.rows)


def _lined(one: Subject) -> bool:
    return carriers.lined(one.ref)


def _attribute(call: Call) -> bool | None:
    def read(array: Any) -> Any:
        return getattr(array, call.name)

    one = subject(call)
    return None if one is None or one.ndim < 1 else _turn(call, one, read)


def turned(call: Call, name: str = "a") -> bool | None:
    """Record any call that only moves and mirrors axes."""
    one = subject(call, name)
    if one is None or one.ndim < 1 or type(call.out) is not np.ndarray:
        return None
    function = getattr(np.ndarray, call.name) if one.at == 0 else call.function
    kwargs = {k: v for k, v in call.kwargs.items() if k != name}
    args = call.args[one.at :] if name not in call.kwargs else call.args
    return _turn(call, one, lambda array: function(array, *args, **kwargs))


def _turn(call: Call, one: Subject, function: Callable[[Any], Any]) -> bool | None:
    axis, edges = lying(one)
    n = edges[0][1].n_out
    if n < 2:
        return _alone(call, one)
    place, positions = _moved(function, one.ndim, axis)
    link = _whole(positions, n)
    if link is None or np.ndim(call.out) <= place or call.out.shape[place] != n:
        return None
    if place and _lined(one):
        return None
    after: list[Edge] = [(p, compose(link, m), k, s) for p, m, k, s in edges]
    if _lined(one):  # each row takes one element of every parent: a part of it is of fewer
        after = [(p, Mosaic(m), k, max(s, INEXACT)) for p, m, k, s in after]
    done = along(call, place, *after)
    share(call, one.array)
    return done


_STAND_IN = 7
"""Positions of the axis that is watched; no other axis of the stand-in is as long."""


def _moved(function: Callable[[Any], Any], ndim: int, axis: int) -> tuple[int, list[int]]:
    """Where an axis goes, and which position each place then has."""
    lengths = (k for k in count(2) if k != _STAND_IN)
    shape = [_STAND_IN if k == axis else next(lengths) for k in range(ndim)]
    apart = [_STAND_IN if k == axis else 1 for k in range(ndim)]
    after = function(np.broadcast_to(np.arange(_STAND_IN).reshape(apart), shape))
    place = after.shape.index(_STAND_IN)
    key = tuple(slice(None) if k == place else 0 for k in range(after.ndim))
    return place, after[key].tolist()


def _whole(positions: list[int], n: int) -> RowMap | None:
    """The axis as it was, or mirrored."""
    if positions == list(range(_STAND_IN)):
        return Identity(n)
    return Range(n - 1, -1, n, n) if positions == list(range(_STAND_IN))[::-1] else None


def _alone(call: Call, one: Subject) -> bool | None:
    """Whatever is made of one row alone comes from it."""
    if one.rows != 1 or carriers.of(one.ref) is not None or not np.size(call.out):
        return None
    done = finish(call, (one.node, All(1, call.recorder.table.rows(call.out)), DIRECT, EXACT))
    share(call, one.array)
    return done


def _reshaped(call: Call) -> bool | None:
    """``reshape``, ``ravel``, ``flatten``: elements keep their order."""
    name = getattr(call.function, "__name__", call.name)
    one = subject(call)
    at = 1 if name == "reshape" else 0
    order = call.kwargs.get("order", "C")
    if one is not None and name != "reshape" and len(call.args) > one.at:
        order = call.args[one.at]
    if one is not None and one.at and name == "reshape" and len(call.args) > at + 1:
        order = call.args[at + 1]
    if one is None or (order != "C" and one.ndim > 1) or (order != "C" and np.ndim(call.out) > 1):
        return None
    done = folded(call, one)
    if done and name != "flatten":
        share(call, one.array)
    return done


def folded(call: Call, one: Subject) -> bool | None:
    """Record an array of the same elements in the same order, in another shape."""
    rows, out = call.recorder.table.rows(call.out), call.out
    size, n = int(np.size(out)), one.rows
    if not size or not n:
        return None
    known = carriers.of(one.ref)
    if rows == n and known is None:
        return finish(call, (one.node, Identity(n), DIRECT, EXACT))
    if known is not None:
        return None
    lead = next((k for k, length in enumerate(np.shape(out)) if length != 1), 0)
    if lead and out.shape[lead] == n:
        return along(call, lead, (one.node, Identity(n), DIRECT, EXACT))
    before, after = size // n, size // rows
    if before % after == 0:
        return finish(call, (one.node, Repeat(before // after, n), DIRECT, EXACT))
    link = Mosaic(OnDemand(partial(_stretched, n, rows, before, after), n, rows))
    return finish(call, (one.node, link, DIRECT, INEXACT))


def _stretched(n: int, rows: int, before: int, after: int) -> RowMap:
    """Row j has elements j * after and on; row i of the input has i * before and on."""
    first = np.arange(rows) * after
    owner, found = stretches(first // before, (first + after - 1) // before + 1)
    return Ragged.of_pairs(owner, found, rows, n)


def _squeezed(call: Call) -> bool | None:
    one = subject(call)
    if one is None or one.ndim < 1:
        return None
    axis, edges = lying(one)
    if edges[0][1].n_out < 2:
        return _alone(call, one)
    if axis:
        if call.argument(one.at, "axis") is not None or _lined(one):
            return None
        if one.array is None and axis > 1:
            return None
        shape = (one.rows,) if one.array is None else np.shape(one.array)
        axis -= sum(length == 1 for length in shape[:axis])
    done = along(call, axis, *edges)
    share(call, one.array)
    return done


def _at_least(call: Call) -> bool | None:
    outs = call.out if isinstance(call.out, tuple) else (call.out,)
    if len(outs) != len(call.args):
        return None
    for value, out in zip(call.args, outs, strict=True):
        one = recorded(call, value)
        if one is None or out is value:
            continue
        rows = call.recorder.table.rows(out)
        if one.rows == rows and one.ndim == 2:
            finish(call, (one.node, Identity(rows), DIRECT, EXACT), out=out)
        elif one.ndim == 1:
            along(call, 1, (one.node, Identity(one.rows), DIRECT, EXACT), out=out)
        else:
            finish(call, (one.node, All(one.rows, rows), DIRECT, EXACT), out=out)
        share(call, value, out)
    return True


def _broadcast(call: Call) -> bool | None:
    one = recorded(call, call.argument(0, "array"), 1)
    if one is None or type(call.out) is not np.ndarray:
        return None
    done = spread(call, one, call.out)
    share(call, one.array)
    return done


def _broadcast_all(call: Call) -> bool | None:
    for value, out in zip(call.args, call.out, strict=True):
        one = recorded(call, value)
        if one is None or value is out:
            continue
        if not spread(call, one, out):
            finish(call, (one.node, All(one.rows, len(out)), DIRECT, INEXACT), out=out)
        share(call, one.array, out)
    return True


def spread(call: Call, one: Subject, out: np.ndarray) -> bool | None:
    """Record an array that was broadcast to a larger shape."""
    place, rows = out.ndim - one.ndim, call.recorder.table.rows(out)
    if one.ndim == 0 or (one.rows == 1 and carriers.of(one.ref) is None):
        return finish(call, every(call, one, rows), out=out)
    axis, edges = lying(one)
    if _lined(one):
        return None
    if out.shape[place + axis] != edges[0][1].n_out:
        return None
    return along(call, place + axis, *edges, out=out)


def _meshed(call: Call) -> bool | None:
    """Each vector lies along an axis of its own; the first two change places by default."""
    swapped = call.kwargs.get("indexing", "xy") == "xy" and len(call.args) > 1
    for k, (value, out) in enumerate(zip(call.args, call.out, strict=True)):
        one = recorded(call, value)
        if one is not None and one.ndim == 1:
            axis = 1 - k if swapped and k < 2 else k
            along(call, axis, (one.node, Identity(one.rows), DIRECT, EXACT), out=out)
    return True


def _opened(call: Call) -> bool | None:
    for k, (value, out) in enumerate(zip(call.args, call.out, strict=True)):
        one = recorded(call, value)
        if one is None:
            continue
        if out.size != one.rows or wrote(call, out):  # a mask: its positions
            rows = call.recorder.table.rows(out)
            finish(call, every(call, one, rows), out=out)
        else:
            along(call, k, (one.node, Identity(one.rows), DIRECT, EXACT), out=out)
    return True
