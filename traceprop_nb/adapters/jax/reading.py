"""Answers of the reader, kept by what was called: function, shapes and plain arguments.

A call is traced to a jaxpr on shapes alone, once a signature; nothing of it runs. Where positions
that are values decide, the answer holds for these values only.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np

from traceprop_nb.adapters.jax.flow.deps import Dep, ordered
from traceprop_nb.adapters.jax.flow.interpret import Reader
from traceprop_nb.adapters.jax.flow.rows import Link, links
from traceprop_nb.adapters.jax.flow.state import Flow, Values
from traceprop_nb.lineage.maps import Identity

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

Answer = tuple[tuple[Link, ...], ...]
"""Edges of each result, in the order of the leaves."""


@dataclass(eq=False)
class _Signature:
    """A call's jaxpr, None where it cannot be traced, and its answers."""

    jaxpr: Any
    used: set[int] = field(default_factory=set)
    answers: OrderedDict[Any, Answer] = field(default_factory=OrderedDict)


_KNOWN: OrderedDict[Any, _Signature] = OrderedDict()


def aval(value: Any) -> Any:
    """The shape and type of an array, as JAX sees it."""
    found = getattr(value, "aval", None)
    if found is not None:
        return jax.ShapeDtypeStruct(
            found.shape, found.dtype, weak_type=getattr(found, "weak_type", False)
        )
    dtype = jax.dtypes.canonicalize_dtype(value.dtype)
    return jax.ShapeDtypeStruct(np.shape(value), dtype)


def signature(key: Any, make: Callable[[], Any]) -> _Signature:
    """The kept jaxpr of a call, made if there is none.

    Args:
        key: All that the jaxpr depends on.
        make: Traces it; may raise.
    """
    found = _KNOWN.get(key)
    if found is None:
        try:
            jaxpr = make()
        except _REFUSED:
            jaxpr = None
        found = _KNOWN[key] = _Signature(jaxpr)
        if len(_KNOWN) > KEPT:
            _KNOWN.popitem(last=False)
    return found


def answer(found: _Signature, values: Sequence[Any]) -> Answer | None:
    """The edges of every result of a call.

    Args:
        found: Its jaxpr.
        values: Its array arguments, in the jaxpr's order; what is gone is a shape.
    """
    if found.jaxpr is None:
        return None
    which = _variant(found.used, values)
    kept = found.answers.get(which) if which is not None else None
    if kept is not None:
        return kept
    done = _read(found, values)
    which = _variant(found.used, values)
    if which is not None:
        found.answers[which] = done
        if len(found.answers) > VARIANTS:
            found.answers.popitem(last=False)
    return done


def _variant(used: set[int], values: Sequence[Any]) -> Any:
    """What tells this answer from others of the signature; None where that is too long."""
    told: list[Any] = []
    for k in sorted(used):
        value = _whole(values[k])
        if value is not None and value.nbytes > _LONG:
            return None
        told.append(None if value is None else value.tobytes())
    return tuple(told)


def _read(found: _Signature, values: Sequence[Any]) -> Answer:
    inner = found.jaxpr.jaxpr
    flows = [_argument(k, var, value, found.used) for k, (var, value) in
             enumerate(zip(inner.invars, values, strict=True))]  # fmt: skip
    outs = Reader().closed(found.jaxpr, flows)
    return tuple(
        links(flow.deps, tuple(getattr(var.aval, "shape", ())))
        for flow, var in zip(outs, inner.outvars, strict=True)
    )


def _argument(k: int, var: Any, value: Any, used: set[int]) -> Flow:
    shape = tuple(getattr(var.aval, "shape", ()))
    n = shape[0] if shape else 1
    start = ordered(Dep(k, (0,) if shape else (), (n,) if shape else (), Identity(n)))
    if _kind(value) not in "iub":
        return Flow((start,))

    def thunk() -> Values | None:
        used.add(k)
        return _whole(value)

    return Flow((start,), thunk)


def _kind(value: Any) -> str:
    dtype = getattr(value, "dtype", None)
    return dtype.kind if isinstance(dtype, np.dtype) else "?"


def _whole(value: Any) -> Values | None:
    """The values of whole numbers that are still there."""
    if _kind(value) not in "iub" or not hasattr(value, "__array__"):
        return None
    if getattr(value, "is_deleted", bool)():
        return None
    with jax.transfer_guard("allow"):
        return np.asarray(value)
