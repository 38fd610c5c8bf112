"""Reads and functional writes at positions: ``x[key]``, ``x.at[key].set(y)`` and its kin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from traceprop_nb.adapters.jax.arguments import ARRAYS
from traceprop_nb.adapters.jax.calls import the_receiver
from traceprop_nb.adapters.jax.emitting import Own, library_call
from traceprop_nb.lineage.maps import All, Identity, Range, RowMap
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

UPDATES = "set add subtract multiply mul divide power min max get apply"


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.method(getitem, type(jnp.zeros(1)), ("__getitem__",))
    reference = type(jnp.zeros(1).at[0])
    table.method(at, reference, UPDATES.split())
    table.trusted_roots.add("jax")


def getitem(call: Call) -> bool | None:
    """A read at positions; out of bounds the last row is read, as JAX does."""
    key = call.args[0]
    receiver = the_receiver(call)
    if receiver is None:
        return None
    simple = _progression(key, call.rows)
    if simple is not None and call.ndim > 0:
        if simple.n_out != call.recorder.table.rows(call.out):
            return _reading(call, receiver, key)
        return call.emit((call.node, simple, Kind.DIRECT, Status.EXACT))  # type: ignore[arg-type]  # has a node
    return _reading(call, receiver, key)


def _progression(key: Any, n: int) -> RowMap | None:
    """The map of a slice, which needs no tracing."""
    if isinstance(key, tuple) and key and all(isinstance(k, slice) for k in key):
        key = key[0]
    if not isinstance(key, slice):
        return None
    if any(isinstance(part, ARRAYS) for part in (key.start, key.stop, key.step)):
        return None
    start, stop, step = key.indices(n)
    count = len(range(start, stop, step))
    return Identity(n) if (start, count, step) == (0, n, 1) else Range(start, step, count, n)


def _reading(call: Call, receiver: Any, key: Any) -> bool | None:
    plain, masks = positions(key)
    if plain is None:
        return None

    def read(array: Any, where: Any) -> Any:
        return array[_key(where)]

    call.kwargs = {}
    return _with_masks(call, library_call(call, read, "getitem", (receiver, plain)), masks)


def positions(key: Any) -> tuple[list[Any] | None, list[Any]]:
    """A key whose whole numbers and masks are arrays of positions, and the masks.

    Returns:
        The parts of the key, or None where it is of another kind; the masks.
    """
    parts, masks = [], []
    for part in key if isinstance(key, tuple) else (key,):
        if isinstance(part, list):
            found = np.asarray(part) if part else np.zeros(0, np.int64)
            part = found.view(Own)  # the same
        if isinstance(part, bool | np.bool_):
            return None, []
        if isinstance(part, int):
            parts.append(np.asarray(part, np.int32).view(Own))
        elif isinstance(part, ARRAYS) and part.dtype == bool:
            if not part.ndim:
                return None, []
            masks.append(part)
            with jax.transfer_guard("allow"):
                parts += [at.view(Own) for at in np.nonzero(np.asarray(part))]
        else:
            parts.append(part)
    return [_sliced(part) for part in parts], masks


def _sliced(part: Any) -> Any:
    """A slice, Ellipsis or None in a form that a key of the cache can hold."""
    if isinstance(part, slice):
        return ("slice", part.start, part.stop, part.step)
    return ("all",) if part is Ellipsis else ("new",) if part is None else part


def _key(parts: Sequence[Any]) -> tuple[Any, ...]:
    forms = {"all": Ellipsis, "new": None}
    return tuple(
        (slice(*p[1:]) if p[0] == "slice" else forms[p[0]]) if isinstance(p, tuple) else p
        for p in parts
    )


def _with_masks(call: Call, done: bool, masks: Sequence[Any]) -> bool:
    """A mask that is a value of its own is context: it decided which rows are taken."""
    recorder, edges = call.recorder, list[Edge]()
    node = recorder.identity.node(call.out)
    if not done or node is None:
        return done
    rows = recorder.table.rows(call.out)
    for mask in masks:
        edges += recorder.edge(mask, All(len(mask), rows), Kind.CONTEXT)
    if edges:
        kept = [(p, m, Kind(k), Status(s)) for p, m, k, s in recorder.graph.edges(node)]
        recorder.emit(call.site, call.name, call.out, [*kept, *edges])
    return done


def at(call: Call) -> bool | None:
    """``x.at[key].set(y)``: a new array, of which some rows were written."""
    reference = call.receiver
    array, key = getattr(reference, "array", None), getattr(reference, "index", None)
    if array is None or call.name == "apply":
        return None
    plain, masks = positions(key)
    if plain is None:
        return None
    name = call.name

    def write(array: Any, where: Any, *values: Any, **options: Any) -> Any:
        return getattr(array.at[_key(where)], name)(*values, **options)

    call.name = f"at.{name}"
    done = library_call(call, write, ("at", name), (array, plain, *call.args))
    return _with_masks(call, done, masks)
