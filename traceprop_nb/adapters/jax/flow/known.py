"""Whole numbers that can be worked out without running anything: positions, counters, masks.

Only where a rule asks for them; a large array, or one that comes from numbers nobody knows, stays
unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from traceprop_nb.adapters.jax.flow.state import Thunk, Values
from traceprop_nb.adapters.jax.flow.step import Step

_LARGEST = 2**24
"""Elements up to which values are worked out."""

Worked = Callable[..., Values]


def _broadcast(p: dict[str, Any], x: Values) -> Values:
    shape = [1] * len(p["shape"])
    for axis, place in enumerate(p["broadcast_dimensions"]):
        shape[place] = x.shape[axis]
    return np.broadcast_to(x.reshape(shape), p["shape"])


def _iota(p: dict[str, Any]) -> Values:
    shape, axis = p["shape"], p["dimension"]
    line = np.arange(shape[axis]).reshape([-1 if k == axis else 1 for k in range(len(shape))])
    return np.broadcast_to(line, shape).astype(p["dtype"])


def _slice(p: dict[str, Any], x: Values) -> Values:
    steps = p["strides"] or (1,) * x.ndim
    cuts = zip(p["start_indices"], p["limit_indices"], steps, strict=True)
    return x[tuple(slice(*cut) for cut in cuts)]


def _select(_: dict[str, Any], which: Values, *cases: Values) -> Values:
    if len(cases) == 2:
        return np.where(which.astype(bool), cases[1], cases[0])
    return np.choose(which, cases)


def _remainder(_: dict[str, Any], x: Values, y: Values) -> Values:
    return np.fmod(x, y)


def _quotient(_: dict[str, Any], x: Values, y: Values) -> Values:
    return (np.sign(x) * np.sign(y) * (abs(x) // abs(y))).astype(x.dtype)


def _reduced(function: Any) -> Worked:
    return lambda p, x: function(x, axis=tuple(p["axes"]))


def _plain(function: Any) -> Worked:
    return lambda _, *x: function(*x)


_WORKED: dict[str, Worked] = {
    "broadcast_in_dim": _broadcast,
    "iota": _iota,
    "slice": _slice,
    "select_n": _select,
    "rem": _remainder,
    "div": _quotient,
    "reshape": lambda p, x: x.reshape(p["new_sizes"]),
    "squeeze": lambda p, x: x.squeeze(tuple(p["dimensions"])),
    "expand_dims": lambda p, x: np.expand_dims(x, tuple(p["dimensions"])),
    "transpose": lambda p, x: x.transpose(p["permutation"]),
    "rev": lambda p, x: np.flip(x, tuple(p["dimensions"])),
    "concatenate": lambda p, *x: np.concatenate(x, p["dimension"]),
    "convert_element_type": lambda p, x: x.astype(p["new_dtype"]),
    "clamp": lambda _, low, x, high: np.clip(x, low, high),
    "cumsum": lambda p, x: (
        np.flip(np.cumsum(np.flip(x, p["axis"]), p["axis"]), p["axis"])
        if p["reverse"]
        else np.cumsum(x, p["axis"])
    ),
    "stop_gradient": lambda _, x: x,
    "copy": lambda _, x: x,
    "reduce_sum": _reduced(np.sum),
    "reduce_max": _reduced(np.max),
    "reduce_min": _reduced(np.min),
    "add": _plain(np.add),
    "add_any": _plain(np.add),
    "sub": _plain(np.subtract),
    "mul": _plain(np.multiply),
    "max": _plain(np.maximum),
    "min": _plain(np.minimum),
    "neg": _plain(np.negative),
    "sign": _plain(np.sign),
    "abs": _plain(np.abs),
    "lt": _plain(np.less),
    "le": _plain(np.less_equal),
    "gt": _plain(np.greater),
    "ge": _plain(np.greater_equal),
    "eq": _plain(np.equal),
    "ne": _plain(np.not_equal),
    "and": _plain(np.bitwise_and),
    "or": _plain(np.bitwise_or),
    "xor": _plain(np.bitwise_xor),
    "not": _plain(np.invert),
}


def known(step: Step) -> Thunk | None:
    """How the first result's values are worked out, or None where they cannot be."""
    work = _WORKED.get(step.name)
    if work is None or any(flow.thunk is None and flow.value() is None for flow in step.ins):
        return None
    if np.prod(step.outs[0], dtype=float) > _LARGEST:
        return None

    def worked() -> Values | None:
        values = [flow.value() for flow in step.ins]
        if any(value is None or value.dtype.kind not in "iub" for value in values):
            return None
        with np.errstate(all="ignore"):
            return np.asarray(work(step.params, *values))

    return worked
