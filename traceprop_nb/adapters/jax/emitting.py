"""Records results of JAX calls, with the edges that were read off their jaxprs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from traceprop_nb.adapters.jax import shadows
from traceprop_nb.adapters.jax.arguments import Arguments, Gone, taken_apart
from traceprop_nb.adapters.jax.flow.deps import alike
from traceprop_nb.adapters.jax.flow.rows import Link
from traceprop_nb.adapters.jax.reading import Given, Result, Signature, answer, signature
from traceprop_nb.lineage.maps import All
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.rules import Call, Edge


def leaves(tree: Any) -> list[Any]:
    """The leaves of a tree."""
    found: list[Any] = jax.tree_util.tree_leaves(tree)
    return found


def library_call(call: Call, function: Callable[..., Any], key: Any, args: Sequence[Any]) -> bool:
    """Record a call of JAX's own function, read on shapes.

    Args:
        call: The call.
        function: What to trace; it has no effects.
        key: Tells it from other functions.
        args: Its positional arguments; the named ones are the call's.

    Returns:
        Whether it was recorded.
    """
    given = taken_apart(args, call.kwargs)
    if given is None:
        return False
    return read_call(call, function, (key, given.key), given)


def read_call(call: Call, function: Callable[..., Any], key: Any, given: Arguments) -> bool:
    """Record a call whose arguments were taken apart."""

    def make() -> Any:
        def traced(*arrays: Any) -> Any:
            args, kwargs = given.rebuild(arrays)
            return function(*args, **kwargs)

        return jax.make_jaxpr(traced)(*given.avals)

    found = signature((key, bool(jax.config.jax_enable_x64)), make)
    return emit(call, found, given.arrays)


def emit(call: Call, found: Signature, arrays: Sequence[Any]) -> bool:
    """Record every result of a call, each with its edges.

    Args:
        call: The call.
        found: Its jaxpr.
        arrays: What the jaxpr takes.

    Returns:
        Whether they fit; nothing is recorded if they do not.
    """
    if found.jaxpr is None or len(found.jaxpr.invars) != len(arrays):
        return False
    recorder = call.recorder
    given = [_given(recorder, value) for value in (*arrays, *map(_array, found.constants()))]
    done, outs = answer(found, given), leaves(call.out)
    if done is None or len(outs) != len(done):
        return False
    nodes = tuple(node for one in given for node in one.nodes)
    for out, result in zip(outs, done, strict=True):
        if type(out) in recorder.table.recorded and not any(out is value for value in arrays):
            _record(call, out, result, nodes)
    return True


def _record(call: Call, out: Any, result: Result, nodes: tuple[int | None, ...]) -> None:
    recorder = call.recorder
    edges = edges_of(nodes, result.links)
    fits = all(
        e[1].n_out == recorder.table.rows(out) and e[1].n_in == recorder.graph.rows(e[0])
        for e in edges
    )
    node = recorder.emit(call.site, call.name, out, edges if fits else loose(recorder, edges, out))
    if fits:
        shadows.keep(recorder, node, result, nodes)


def _array(const: Any) -> Any:
    """A constant of a jaxpr as the array that it was."""
    return getattr(const, "val", const)


def _given(recorder: Any, value: Any) -> Given:
    if isinstance(value, Gone):
        node = value.node
    elif type(value) in recorder.table.recorded:
        node = recorder.operand(value).node
    else:
        node = None
    return shadows.given(recorder, value, node)


def edges_of(nodes: Sequence[int | None], its: Sequence[Link]) -> list[Edge]:
    """Edges to nodes; what two arguments say of the same value is said once."""
    found: list[Edge] = []
    for link in its:
        node = nodes[link.source]
        if node is None:
            continue
        twins = [e for e in found if e[0] == node and alike(e[1], link.rows)]
        if not any(e[2] <= link.kind and e[3] <= link.status for e in twins):
            found.append((node, link.rows, link.kind, link.status))
    return found


def loose(recorder: Any, found: Sequence[Edge], out: Any) -> list[Edge]:
    """A superset of edges whose rows do not fit the result."""
    rows = recorder.table.rows(out)
    nodes = dict.fromkeys(edge[0] for edge in found)
    return [
        (node, All(recorder.graph.rows(node), rows), Kind.DIRECT, Status.INEXACT) for node in nodes
    ]


class Own(np.ndarray):
    """Positions that we made out of plain numbers: they are no value of the user's."""
