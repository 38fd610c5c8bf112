"""Functions whose moves or lengths are values: sorts, permutations, masks, distinct values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from traceprop_nb.adapters.jax.calls import method, own, the_receiver
from traceprop_nb.lineage.maps import (
    All,
    Deferred,
    Groups,
    OnDemand,
    RowMap,
    compress as compress_index,
)
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.rules import Call, Edge, RuleTable


def install(table: RuleTable) -> None:
    """Fill the table."""
    array = type(jnp.zeros(1))
    table.function(sort, jnp.sort)
    table.method(sort, array, ("sort",))
    table.function(positions, jnp.nonzero, jnp.flatnonzero, jnp.argwhere)
    table.method(positions, array, ("nonzero",))
    table.function(where, jnp.where)
    table.function(compress, jnp.compress, jnp.extract)
    table.method(compress, array, ("compress",))
    table.function(unique, jnp.unique, jnp.unique_values)
    table.function(permutation, jax.random.permutation)
    table.function(choice, jax.random.choice)
    table.function(delete, jnp.delete)


def later(work: Callable[[], Any], n: int, n_in: int) -> RowMap:
    """The map of an index that is worked out late, from arrays that cannot change."""
    return OnDemand(lambda: compress_index(np.asarray(work()), n_in), n_in, n)


def _subject(call: Call) -> tuple[Any, int | None, int]:
    """The array that a function or method acts on, its node, and its place among arguments."""
    if call.node is not None and isinstance(call.out, jax.Array | tuple) and call.ndim >= 0:
        return the_receiver(call), call.node, 0
    value = call.argument(0, "a", call.kwargs.get("ar", call.kwargs.get("arr")))
    node = call.recorder.node_of(value) if hasattr(value, "shape") else None
    return value, node, 1


def sort(call: Call) -> bool | None:
    """Rows of a vector in the order of their values, which is worked out when asked."""
    value, node, first = _subject(call)
    axis = call.argument(first, "axis", -1)
    options = set(call.kwargs) - {"axis", "a"}
    if node is None or value is None or len(value.shape) != 1 or options or axis not in (0, -1):
        return _other(call, first)
    n = value.shape[0]
    if not hasattr(value, "__array__"):
        return _other(call, first)
    order = later(lambda: jnp.argsort(value), n, n)
    return call.emit(
        (node, order, Kind.DIRECT, Status.EXACT), (node, All(n, n), Kind.CONTEXT, Status.EXACT)
    )


def _other(call: Call, first: int) -> bool | None:
    return own(call) if first else method(call)


def positions(call: Call) -> bool | None:
    """Where values are not zero: which rows these are shows when they index."""
    _, node, first = _subject(call)
    if first and (len(call.args) > 1 or call.kwargs):
        return own(call)
    if node is None:
        return None
    recorder = call.recorder
    n = recorder.graph.rows(node)
    for out in call.out if isinstance(call.out, tuple) else (call.out,):
        rows = recorder.table.rows(out)
        call.emit((node, All(n, rows), Kind.CONTEXT, Status.EXACT), out=out)
    return True


def where(call: Call) -> bool | None:
    """With one argument, positions; with three, element by element."""
    return positions(call) if len(call.args) + len(call.kwargs) == 1 else own(call)


def compress(call: Call) -> bool | None:
    """Rows where a condition holds."""
    _, node, first = _subject(call)
    if call.name == "extract" or first:
        mask, value = call.argument(0, "condition"), call.argument(1, "a" if first else "arr")
        node = call.recorder.node_of(value) if hasattr(value, "shape") else None
    else:
        mask = call.argument(0, "condition")
    ndim = call.ndim if not first else np.ndim(value)
    axis = call.argument(2 if first else 1, "axis")
    if node is None or not (axis == 0 or (axis is None and ndim == 1)):
        return None
    if set(call.kwargs) - {"condition", "a", "arr", "axis"}:
        return None
    kept = np.flatnonzero(np.asarray(mask))
    rows = call.recorder.table.rows(call.out)
    n = call.recorder.graph.rows(node)
    if kept.size != rows:
        return None
    aside = _context(call, mask, rows)
    return call.emit((node, Deferred(kept, n), Kind.DIRECT, Status.EXACT), *aside)


def _context(call: Call, value: Any, rows: int) -> list[Edge]:
    if not hasattr(value, "shape") or not value.shape:
        return []
    return call.recorder.edge(value, All(len(value), rows), Kind.CONTEXT)


def unique(call: Call) -> bool | None:
    """Distinct values of a vector: each comes from the rows that hold it."""
    value, node, first = _subject(call)
    if node is None or not first or np.ndim(value) != 1 or len(call.args) > 1 or call.kwargs:
        return None
    codes = np.unique(np.asarray(value), return_inverse=True)[1].reshape(-1)
    rows = call.recorder.table.rows(call.out)
    if codes.size and codes.max() + 1 != rows:
        return None
    n = len(value)
    groups = Groups(codes, rows)
    return call.emit(
        (node, groups, Kind.DIRECT, Status.EXACT), (node, All(n, rows), Kind.CONTEXT, Status.EXACT)
    )


def permutation(call: Call) -> bool | None:
    """Rows in a random order, which the key gives again."""
    key, value = call.argument(0, "key"), call.argument(1, "x")
    axis, alone = call.argument(2, "axis", 0), call.argument(3, "independent", False)
    if not hasattr(value, "shape") or not value.shape:
        return own(call)
    node, n = call.recorder.node_of(value), value.shape[0]
    if node is None or axis != 0 or (alone and len(value.shape) > 1):
        return own(call)
    order = later(lambda: jax.random.permutation(key, n), n, n)
    return call.emit((node, order, Kind.DIRECT, Status.EXACT), *_context(call, key, n))


def choice(call: Call) -> bool | None:
    """Random rows: the key gives their numbers again."""
    key, value, shape = (call.argument(k, name) for k, name in enumerate(("key", "a", "shape")))
    replace, p = call.argument(3, "replace", True), call.argument(4, "p")
    axis, mode = call.argument(5, "axis", 0), call.argument(6, "mode")
    if not hasattr(value, "shape") or not value.shape or axis != 0 or mode is not None:
        return own(call)
    rows, n = call.recorder.table.rows(call.out), value.shape[0]
    node, shape = call.recorder.node_of(value), () if shape is None else tuple(shape)
    if node is None or len(shape) > 1:
        return own(call)
    if shape:
        drawn = later(lambda: jax.random.choice(key, n, shape, replace, p), rows, n)
    elif len(value.shape) == 1:
        drawn = later(lambda: jax.random.choice(key, n, (1,), replace, p), 1, n)
    else:
        return own(call)
    aside = [*_context(call, key, rows), *_context(call, p, rows)]
    return call.emit((node, drawn, Kind.DIRECT, Status.EXACT), *aside)


def delete(call: Call) -> bool | None:
    """All rows but some."""
    value, node, first = _subject(call)
    which, axis = call.argument(first, "obj"), call.argument(first + 1, "axis")
    if node is None or len(call.args) > 3 or set(call.kwargs) - {"obj", "axis"}:
        return None
    if axis != 0 and not (axis is None and np.ndim(value) == 1):
        return own(call)
    n = len(value)
    kept = np.delete(np.arange(n), np.asarray(which) if hasattr(which, "shape") else which)
    rows = call.recorder.table.rows(call.out)
    if kept.size != rows:
        return None
    aside = _context(call, which, rows)
    return call.emit((node, Deferred(kept, n), Kind.DIRECT, Status.EXACT), *aside)
