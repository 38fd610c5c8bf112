"""Answers of the reader, kept by what was called: function, shapes and plain arguments.

A call is traced to a jaxpr on shapes alone, once a signature; nothing of it runs. Where positions
that are values decide, the answer holds for these values only. No array of the user's is kept.
"""

from __future__ import annotations

import itertools
import weakref
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import jax
import numpy as np

from traceprop_nb.adapters.jax.flow.deps import Dep, Deps, ordered, settled
from traceprop_nb.adapters.jax.flow.interpret import Reader
from traceprop_nb.adapters.jax.flow.rows import Link, links
from traceprop_nb.adapters.jax.flow.state import Flow, Values
from traceprop_nb.lineage.maps import Identity
from traceprop_nb.lineage.nodes import Status

KEPT = 1024
"""Signatures kept."""
VARIANTS = 64
"""Answers kept of one signature whose positions differ."""
_LONG = 2**16
"""Bytes of positions beyond which an answer is not kept for them."""
_REFUSED = (
    TypeError, ValueError, IndexError, NotImplementedError, AttributeError, LookupError,
    RuntimeError, AssertionError, ArithmeticError, Warning,
)  # fmt: skip
"""What tracing raises where a call cannot be traced on shapes alone."""
_serial = itertools.count()


@dataclass(frozen=True, eq=False)
class Result:
    """What is known of one result of a call.

    Attributes:
        links: Its edges.
        deps: Its dependences, where they say more than the edges do, else nothing.
        serial: No other result's.
    """

    links: tuple[Link, ...]
    deps: Deps
    serial: int = field(default_factory=lambda: next(_serial))


@dataclass(frozen=True, eq=False)
class Given:
    """An array argument, or a constant that a function closes over.

    Attributes:
        value: The array, or what is left of it.
        nodes: The values that its rows are counted in: itself, or what it was made of.
        deps: Where its elements come from, in ``nodes``; None where from its own rows.
        serial: Tells these dependences from others.
    """

    value: Any
    nodes: tuple[int | None, ...]
    deps: Deps | None = None
    serial: int = -1


@dataclass(eq=False)
class Signature:
    """A call's jaxpr and its answers.

    Attributes:
        jaxpr: The open jaxpr; None where it could not be traced.
        consts: Weak references to the arrays that it closes over.
        used: Numbers of the arguments whose values decided an answer.
        answers: By what decided.
    """

    jaxpr: Any
    consts: list[Any]
    used: set[int] = field(default_factory=set)
    answers: OrderedDict[Any, tuple[Result, ...]] = field(default_factory=OrderedDict)

    def constants(self) -> list[Any]:
        """The arrays that it closes over; None for those that are gone."""
        return [const() if isinstance(const, weakref.ref) else const for const in self.consts]


_KNOWN: OrderedDict[Any, Signature] = OrderedDict()


def aval(value: Any) -> Any:
    """The shape and type of an array, as JAX sees it."""
    found = getattr(value, "aval", None)
    if found is not None:
        return jax.ShapeDtypeStruct(
            found.shape, found.dtype, weak_type=getattr(found, "weak_type", False)
        )
    dtype = jax.dtypes.canonicalize_dtype(value.dtype)
    return jax.ShapeDtypeStruct(np.shape(value), dtype)


def signature(key: Any, make: Callable[[], Any]) -> Signature:
    """The kept jaxpr of a call, made if there is none.

    Args:
        key: All that the jaxpr depends on.
        make: Traces it; may raise.
    """
    found = _KNOWN.get(key)
    if found is None:
        try:
            closed = make()
        except _REFUSED:
            found = Signature(None, [])
        else:
            found = opened(closed)
        _KNOWN[key] = found
        if len(_KNOWN) > KEPT:
            _KNOWN.popitem(last=False)
    return found


def opened(closed: Any) -> Signature:
    """A closed jaxpr, without a hold on its constants."""
    return Signature(closed.jaxpr, [_weakly(const) for const in closed.consts])


def _weakly(const: Any) -> Any:
    try:
        return weakref.ref(const)
    except TypeError:
        return const  # a number


def answer(found: Signature, given: Sequence[Given]) -> tuple[Result, ...] | None:
    """What every result of a call comes from.

    Args:
        found: Its jaxpr.
        given: The jaxpr's arguments, then its constants.
    """
    if found.jaxpr is None:
        return None
    which = _variant(found.used, given)
    kept = found.answers.get(which) if which is not None else None
    if kept is not None:
        return kept
    done = _read(found, given)
    which = _variant(found.used, given)
    if which is not None:
        found.answers[which] = done
        if len(found.answers) > VARIANTS:
            found.answers.popitem(last=False)
    return done


def _variant(used: set[int], given: Sequence[Given]) -> Any:
    """What tells this answer from others of the signature; None where that is too long."""
    told: list[Any] = [tuple(one.serial for one in given)]
    for k in sorted(used):
        value = whole(given[k].value)
        if value is not None and value.nbytes > _LONG:
            return None
        told.append(None if value is None else value.tobytes())
    return tuple(told)


def _read(found: Signature, given: Sequence[Given]) -> tuple[Result, ...]:
    inner = found.jaxpr
    flows, first = [], 0
    for k, (var, one) in enumerate(zip((*inner.invars, *inner.constvars), given, strict=True)):
        flows.append(_argument(k, var, one, first, found.used))
        first += len(one.nodes)
    n = len(inner.invars)
    outs = Reader().read(inner, flows[n:], flows[:n])
    return tuple(
        _result(flow.deps, tuple(getattr(var.aval, "shape", ())))
        for flow, var in zip(outs, inner.outvars, strict=True)
    )


def _result(deps: Deps, shape: tuple[int, ...]) -> Result:
    """Edges; and the dependences where rows hold elements of different rows, or are elements."""
    its = links(deps, shape)
    exact = all(dep.exact for dep in deps)
    mixed = exact and any(link.status == Status.INEXACT for link in its)
    parts = exact and len(shape) == 1 and not any(0 in dep.axes for dep in deps)
    kept = tuple(settled(d) for d in deps) if mixed or parts else ()
    return Result(its, kept)


def _argument(k: int, var: Any, one: Given, first: int, used: set[int]) -> Flow:
    if one.deps is None:
        shape = tuple(getattr(var.aval, "shape", ()))
        n = shape[0] if shape else 1
        start: Deps = (
            ordered(Dep(first, (0,) if shape else (), (n,) if shape else (), Identity(n))),
        )
    else:
        start = tuple(_counted(dep, first) for dep in one.deps)
    value = one.value
    if _kind(value) not in "iub":
        return Flow(start)

    def thunk() -> Values | None:
        used.add(k)
        return whole(value)

    return Flow(start, thunk)


def _counted(dep: Dep, first: int) -> Dep:
    return replace(dep, source=first + dep.source)


def _kind(value: Any) -> str:
    dtype = getattr(value, "dtype", None)
    return dtype.kind if isinstance(dtype, np.dtype) else "?"


def whole(value: Any) -> Values | None:
    """The values of whole numbers that are still there."""
    if _kind(value) not in "iub" or not hasattr(value, "__array__"):
        return None
    if getattr(value, "is_deleted", bool)():
        return None
    with jax.transfer_guard("allow"):
        return np.asarray(value)
