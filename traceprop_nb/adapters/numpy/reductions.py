"""Rows taken together: all of them along the first axis, each by itself along any other."""

from __future__ import annotations

from functools import partial

import numpy as np

from traceprop_nb.adapters.numpy.rowwise import named
from traceprop_nb.adapters.numpy.subject import (
    DIRECT,
    EXACT,
    INEXACT,
    Subject,
    along,
    axes_of,
    context,
    each,
    every,
    finish,
    recorded,
    subject,
)
from traceprop_nb.lineage.maps import Identity
from traceprop_nb.tracing import carriers
from traceprop_nb.tracing.rules import Call, RuleTable

FUNCTIONS = (
    "all amax amin any argmax argmin average count_nonzero max mean median min nanargmax "
    "nanargmin nanmax nanmean nanmedian nanmin nanprod nanstd nansum nanvar prod ptp std sum var"
)
QUANTILES = "percentile quantile nanpercentile nanquantile"
METHODS = "all any argmax argmin max mean min prod std sum var ptp"


def install(table: RuleTable, scalars: tuple[type, ...]) -> None:
    """Fill the table."""
    table.function(reduced, *named(np, FUNCTIONS))
    table.function(partial(reduced, at=2), *named(np, QUANTILES))
    table.function(partial(reduced, at=2, name="x"), np.linalg.norm)
    table.function(partial(reduced, at=99, name="x"), np.linalg.vector_norm)
    table.function(partial(reduced, at=3, name="y", default=-1), *named(np, "trapezoid trapz"))
    for array in (np.ndarray, *scalars):
        table.method(reduced, array, METHODS.split())
    table.method(_by_ufunc, np.ufunc, ("reduce",))


def reduced(call: Call, at: int = 1, name: str = "a", default: int | None = None) -> bool | None:
    """A reduction of its first argument; ``at`` is the position of its axis."""
    one = subject(call, name)
    if one is None or type(call.out) not in call.recorder.table.recorded:
        return None
    axis = call.argument(at - 1 + one.at, "axis", default)
    return over(call, one, axis, front=_in_front(call, one, at))


def _in_front(call: Call, one: Subject, at: int) -> int:
    """Axes that the result has before those of the array: those of a list of quantiles."""
    return np.ndim(call.argument(1, "q")) if at == 2 and one.at and _quantile(call) else 0


def _quantile(call: Call) -> bool:
    return getattr(call.function, "__name__", "").endswith(("percentile", "quantile"))


def over(call: Call, one: Subject, axis: object, front: int = 0) -> bool | None:
    """Record a reduction over an axis, several, or all of them (None)."""
    axes = axes_of(axis, one.ndim)
    rows = call.recorder.table.rows(call.out)
    if axes is None:
        return None
    more = context(call, one.at, rows, "keepdims")
    masked = call.kwargs.get("where", True) is not True
    status = INEXACT if masked else EXACT
    carrier = carriers.of(one.ref)
    if carrier is not None and carrier.axis not in axes and not (front or masked or more):
        if call.kwargs.get("keepdims"):
            return None
        place = carrier.axis - sum(a < carrier.axis for a in axes)
        return along(call, place, *carrier.edges)
    if one.ndim == 0 or 0 in axes:
        entire = len(axes) == one.ndim  # else each column by itself
        node, link, kind, _ = every(call, one, rows) if entire else each(one, rows)
        return finish(call, (node, link, kind, status), *more)
    if front:
        return along(call, front, (one.node, Identity(one.rows), DIRECT, EXACT))
    if rows != one.rows:
        return None
    node = carriers.whole(call.recorder, one.node)
    return finish(call, (node, Identity(rows), DIRECT, status), *more)


def _by_ufunc(call: Call) -> bool | None:
    """``np.add.reduce(a, axis)``: over the first axis unless it says otherwise."""
    one = recorded(call, call.argument(0, "array"), 1)
    return None if one is None else over(call, one, call.argument(1, "axis", 0))
