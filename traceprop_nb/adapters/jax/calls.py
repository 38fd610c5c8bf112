"""Rules for functions: JAX's own, jitted ones, and transformed ones such as ``vmap`` and ``grad``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FunctionType
from typing import Any

import jax

from traceprop_nb.adapters.jax.arguments import Gone, taken_apart
from traceprop_nb.adapters.jax.emitting import emit, leaves, library_call, read_call
from traceprop_nb.adapters.jax.purity import of_jax, pure
from traceprop_nb.adapters.jax.reading import answer, signature
from traceprop_nb.lineage.maps import All
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing import hooks
from traceprop_nb.tracing.callables import reached
from traceprop_nb.tracing.operand import Operand
from traceprop_nb.tracing.rules import Call, Edge

_REFUSED = (TypeError, ValueError, RuntimeError, AttributeError, LookupError, NotImplementedError)


def own(call: Call) -> bool | None:
    """A function of JAX's that has no effects."""
    given = [*call.args, *call.kwargs.values()]
    if not any(_has_arrays(value) for value in given):
        return _made(call, given)
    functions = [f for f in leaves(given) if callable(f) and not isinstance(f, type | jax.Array)]
    if not all(pure(function) for function in functions):
        return None
    with quiet():
        return library_call(call, call.function, call.function, call.args)


def _has_arrays(value: Any) -> bool:
    return any(hasattr(leaf, "shape") or isinstance(leaf, Operand) for leaf in leaves(value))


def _made(call: Call, given: Sequence[Any]) -> bool | None:
    """New values out of plain ones."""
    if any(callable(leaf) and not isinstance(leaf, type) for leaf in leaves(given)):
        return None
    first = call.args[0] if call.args else None
    if isinstance(first, list | tuple) and call.name in ("array", "asarray"):
        call.recorder.entered(call, "array")
        return True
    for out in leaves(call.out):
        if type(out) in call.recorder.table.recorded:
            call.emit(out=out)
    return True


def method(call: Call) -> bool | None:
    """A method or attribute of an array."""
    receiver = the_receiver(call)
    if receiver is None:
        return None
    name, kind = call.name, call.kind
    member = getattr(kind, name, None)
    if member is None:
        return None
    if isinstance(member, property):

        def function(array: Any) -> Any:
            return getattr(array, name)

    else:

        def function(array: Any, *args: Any, **kwargs: Any) -> Any:
            return getattr(array, name)(*args, **kwargs)

    return library_call(call, function, ("method", name), (receiver, *call.args))


def the_receiver(call: Call) -> Any:
    """The array before the dot, or its shape where it is gone already."""
    if call.node is None:
        return None
    if call.receiver is not None:
        return call.receiver
    return Gone(call.mark, call.node) if call.mark is not None else None


def called(call: Call) -> bool | None:
    """A jitted function, read off the jaxpr that JAX keeps of it: its body is not run again."""
    function = call.function
    if _recorded_inside(call):
        return True
    trace = getattr(function, "trace", None)
    if trace is None or any(isinstance(v, Operand) for v in leaves([*call.args, call.kwargs])):
        return None
    if of_jax(getattr(function, "__wrapped__", None)) and not hasattr(function, "__self__"):
        return own(call)
    given = taken_apart(call.args, call.kwargs)
    if given is None:
        return None
    try:
        with jax.no_tracing(True):
            jaxpr = trace(*call.args, **call.kwargs).jaxpr
    except _REFUSED:
        return None
    found = signature((id(jaxpr.jaxpr), jaxpr.jaxpr), lambda: jaxpr)
    if len(found.jaxpr.jaxpr.invars) != len(given.arrays):
        return _static(call, found, given.arrays)
    done = answer(found, given.arrays)
    if done is None or not emit(call, given.arrays, done, leaves(call.out)):
        return None
    return _closed_over(call, function)


def _static(call: Call, found: Any, arrays: Sequence[Any]) -> bool | None:
    """A jitted function that takes numbers as arrays, or arrays as constants."""
    every = [v for v in leaves((tuple(call.args), dict(call.kwargs))) if _number(v)]
    if len(every) != len(found.jaxpr.jaxpr.invars):
        return None
    done = answer(found, every)
    if done is None or not emit(call, every, done, leaves(call.out)):
        return None
    return _closed_over(call, call.function)


def _number(value: Any) -> bool:
    return hasattr(value, "shape") or isinstance(value, int | float | complex)


def _recorded_inside(call: Call) -> bool:
    """Whether the function is traced code that recorded its own results."""
    outs = [o for o in leaves(call.out) if type(o) in call.recorder.table.recorded]
    given = leaves([*call.args, call.kwargs])
    fresh = [o for o in outs if not any(o is value for value in given)]
    return bool(fresh) and all(call.recorder.identity.node(o) is not None for o in fresh)


def _closed_over(call: Call, function: Any) -> bool:
    """What a compiled function reads beside its arguments: any row of it, a superset."""
    recorder = call.recorder
    inner = getattr(function, "__wrapped__", function)
    found = {node: value for value, node in _reach(recorder, inner)}
    given = {recorder.identity.node(v) for v in leaves([*call.args, call.kwargs])}
    more = [node for node in found if node not in given]
    if more:
        for out in leaves(call.out):
            node = recorder.identity.node(out)
            if node is not None:
                _add(call, out, node, more)
    return True


def _reach(recorder: Any, function: Any) -> Iterator[tuple[Any, int]]:
    """Recorded values in reach of a function, through functions that it wraps or calls."""
    todo, seen = [function], set[int]()
    while todo:
        one = todo.pop()
        if id(one) in seen or not isinstance(one, FunctionType):
            continue
        seen.add(id(one))
        yield from reached(recorder, one)
        cells = [c.cell_contents for c in one.__closure__ or () if _filled(c)]
        named = [one.__globals__.get(name) for name in one.__code__.co_names]
        todo += [getattr(f, "__wrapped__", f) for f in (*cells, *named) if callable(f)]
        todo += [f for f in cells if callable(f)]


def _filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _add(call: Call, out: Any, node: int, more: Sequence[int]) -> None:
    recorder = call.recorder
    graph, rows = recorder.graph, recorder.table.rows(out)
    edges: list[Edge] = [
        (parent, row_map, Kind(kind), Status(status))
        for parent, row_map, kind, status in graph.edges(node)
    ]
    aside = Kind.CONTEXT if any(kind == Kind.DIRECT for _, _, kind, _ in edges) else Kind.DIRECT
    status = Status.EXACT if aside == Kind.CONTEXT else Status.INEXACT
    edges += [(parent, All(graph.rows(parent), rows), aside, status) for parent in more]
    recorder.emit(call.site, call.name, out, edges)


@contextmanager
def quiet() -> Iterator[None]:
    """Traced code that is traced once more by us records nothing."""
    was, recorder = hooks.ACTIVE, getattr(hooks.v, "__self__", None)
    hooks.unbind()
    try:
        yield
    finally:
        if was and recorder is not None:
            hooks.bind(recorder)


def transformed(call: Call) -> bool | None:
    """What ``vmap``, ``grad`` and their kin made of a function, if it may be traced again."""
    function = call.function
    if not isinstance(function, FunctionType) or function.__code__ is not WRAPPER:
        return None
    if _recorded_inside(call):
        return True
    given = taken_apart(call.args, call.kwargs) if pure(function) else None
    if given is None:
        return None
    with quiet():
        done = read_call(call, function, (function, _state(function), given.key), given)
    return _closed_over(call, function) if done else None


def _state(function: Any) -> Any:
    """What a function reads by name, so far as numbers decide what it does."""
    found = []
    inner = getattr(function, "__wrapped__", function)
    while isinstance(inner, FunctionType):
        for name in inner.__code__.co_names:
            value = inner.__globals__.get(name)
            if isinstance(value, int | float | str | bool | tuple) or callable(value):
                found.append((name, id(value) if not isinstance(value, int | float) else value))
        inner = getattr(inner, "__wrapped__", None)
    return tuple(found)


WRAPPER = jax.vmap(lambda row: row).__code__
"""The code of every function that JAX wraps for its tracebacks."""
