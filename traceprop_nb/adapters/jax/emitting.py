"""Records results of JAX calls, with the edges that were read off their jaxprs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax

from traceprop_nb.adapters.jax.arguments import Arguments, Gone, taken_apart
from traceprop_nb.adapters.jax.flow.deps import alike
from traceprop_nb.adapters.jax.flow.rows import Link
from traceprop_nb.adapters.jax.reading import Answer, answer, signature
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
    done = answer(found, given.arrays)
    return done is not None and emit(call, given.arrays, done, leaves(call.out))


def emit(call: Call, inputs: Sequence[Any], edges: Answer, outs: Sequence[Any]) -> bool:
    """Record every result, each with its edges.

    Returns:
        Whether they fit; nothing is recorded if they do not.
    """
    recorder = call.recorder
    if len(outs) != len(edges):
        return False
    nodes = [node_of(call, value) for value in inputs]
    for out, its in zip(outs, edges, strict=True):
        if type(out) not in recorder.table.recorded or any(out is value for value in inputs):
            continue
        found = edges_of(nodes, its)
        fits = all(e[1].n_out == recorder.table.rows(out) for e in found)
        recorder.emit(call.site, call.name, out, found if fits else loose(recorder, found, out))
    return True


def node_of(call: Call, value: Any) -> int | None:
    """The node of an argument, or of a receiver that is gone."""
    if isinstance(value, Gone):
        return value.node
    if type(value) not in call.recorder.table.recorded:
        return None
    return call.recorder.operand(value).node


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
