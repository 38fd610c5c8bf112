"""Rules for functions: JAX's own, jitted ones, and transformed ones as of ``vmap`` and ``grad``."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FunctionType
from typing import Any

import jax

from traceprop_nb.adapters.jax.arguments import Gone, taken_apart
from traceprop_nb.adapters.jax.emitting import emit, leaves, library_call, read_call
from traceprop_nb.adapters.jax.fingerprint import Print
from traceprop_nb.adapters.jax.purity import of_jax, pure
from traceprop_nb.adapters.jax.reading import KEPT, Signature, opened
from traceprop_nb.lineage.maps import All
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing import hooks
from traceprop_nb.tracing.callables import reached
from traceprop_nb.tracing.operand import Operand
from traceprop_nb.tracing.rules import Call, Edge

_REFUSED = (TypeError, ValueError, RuntimeError, AttributeError, LookupError, NotImplementedError)


def own(call: Call) -> bool | None:
    """A function of JAX's that has no effects."""
    passed = [*call.args, *call.kwargs.values()]
    if not any(_has_arrays(value) for value in passed):
        return _made(call, passed)
    functions = [f for f in leaves(passed) if callable(f) and not isinstance(f, type | jax.Array)]
    if not functions:
        return library_call(call, call.function, call.function, call.args)
    prints = [Print(function) for function in functions]
    if not all(pure(function) for function in functions):
        return None
    given = taken_apart(_named(call.args, prints), _named(call.kwargs, prints))
    real = taken_apart(call.args, call.kwargs)
    if given is None or real is None:
        return None
    with quiet():
        done = read_call(call, call.function, (call.function, given.key), real)
    if not all(one.alive for one in prints):
        return None
    return _closed_over(call, *functions) if done else None


def _named(tree: Any, prints: Sequence[Print]) -> Any:
    """Arguments with their functions as keys, in the order of the leaves."""
    keys = iter(prints)

    def name(leaf: Any) -> Any:
        function = callable(leaf) and not isinstance(leaf, type | jax.Array)
        return next(keys).key if function else leaf

    return jax.tree_util.tree_map(name, tree if isinstance(tree, dict) else tuple(tree))


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

    def function(array: Any, *args: Any, **kwargs: Any) -> Any:
        found = getattr(array, name)
        return found if isinstance(member, property) else found(*args, **kwargs)

    return library_call(call, function, ("method", name), (receiver, *call.args))


def the_receiver(call: Call) -> Any:
    """The array before the dot, or its shape where it is gone already."""
    if call.node is None:
        return None
    if call.receiver is not None:
        return call.receiver
    return Gone(call.mark, call.node) if call.mark is not None else None


def called(call: Call) -> bool | None:  # noqa: PLR0911  # its guards
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
    arrays = given.arrays
    if len(jaxpr.jaxpr.invars) != len(arrays):  # numbers count too, where they are no constants
        arrays = [v for v in leaves((tuple(call.args), dict(call.kwargs))) if _number(v)]
    found = _signature(jaxpr)
    if not emit(call, found, arrays):
        return None
    return _closed_over(call, function, known=found.constants())


_JITTED: OrderedDict[int, tuple[weakref.ref[Any], Signature]] = OrderedDict()
"""Answers by the address of JAX's own jaxpr, which it keeps as long as the function."""


def _signature(jaxpr: Any) -> Signature:
    ref, found = _JITTED.get(id(jaxpr), (None, None))
    if ref is not None and found is not None and ref() is jaxpr:
        return found
    found = opened(jaxpr)
    _JITTED[id(jaxpr)] = weakref.ref(jaxpr), found
    if len(_JITTED) > KEPT:
        _JITTED.popitem(last=False)
    return found


def _number(value: Any) -> bool:
    return hasattr(value, "shape") or isinstance(value, int | float | complex)


def _recorded_inside(call: Call) -> bool:
    """Whether the function is traced code that recorded its own results."""
    outs = [o for o in leaves(call.out) if type(o) in call.recorder.table.recorded]
    given = leaves([*call.args, call.kwargs])
    fresh = [o for o in outs if not any(o is value for value in given)]
    return bool(fresh) and all(call.recorder.identity.node(o) is not None for o in fresh)


def _closed_over(call: Call, *functions: Any, known: Sequence[Any] = ()) -> bool:
    """What a function reads beside its arguments, and its jaxpr does not say: a superset."""
    recorder = call.recorder
    inner = [getattr(function, "__wrapped__", function) for function in functions]
    found = {node: value for one in inner for value, node in _reach(recorder, one)}
    given = {recorder.identity.node(v) for v in (*leaves([*call.args, call.kwargs]), *known)}
    given |= {parent for out in leaves(call.out) for parent in _parents(recorder, out)}
    more = [node for node in found if node not in given]
    if more:
        for out in leaves(call.out):
            node = recorder.identity.node(out)
            if node is not None:
                _add(call, out, node, more)
    return True


def _parents(recorder: Any, out: Any) -> list[int]:
    node = recorder.identity.node(out)
    return [] if node is None else [parent for parent, *_ in recorder.graph.edges(node)]


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
    was, recorder = hooks.ACTIVE, getattr(vars(hooks)["v"], "__self__", None)
    hooks.unbind()
    try:
        yield
    finally:
        if was and recorder is not None:
            hooks.bind(recorder)


def transformed(call: Call) -> bool | None:
    """What ``vmap``, ``grad`` and their kin made of a function, if it may be traced again."""
    function = call.function
    if not isinstance(function, FunctionType) or function.__code__ not in WRAPPERS:
        return None
    if _recorded_inside(call):
        return True
    given = taken_apart(call.args, call.kwargs) if pure(function) else None
    if given is None:
        return None
    made = Print(function)
    with quiet():
        done = read_call(call, function, (made.key, given.key), given)
    return _closed_over(call, function) if done and made.alive else None


WRAPPERS = {jax.vmap(len).__code__, jax.pmap(len).__code__}
"""The code of the functions that JAX makes of the user's: one for its tracebacks, one for pmap."""
