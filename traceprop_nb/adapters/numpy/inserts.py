"""Rows that come in between: ``np.insert``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from traceprop_nb.adapters.numpy.moves import own
from traceprop_nb.adapters.numpy.subject import (
    DIRECT,
    EXACT,
    Subject,
    axis_of,
    finish,
    recorded,
)
from traceprop_nb.lineage.maps import (
    Identity,
    OnDemand,
    Ragged,
    RowMap,
    compress,
)
from traceprop_nb.tracing.rules import Call, Edge, RuleTable


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.function(_inserted, np.insert)


def _inserted(call: Call) -> bool | None:
    """``insert``: the old rows with the new ones between them."""
    one, value = recorded(call, call.argument(0, "arr"), 1), call.argument(2, "values")
    where, axis = own(call.argument(1, "obj")), call.argument(3, "axis")
    if one is None or (axis is None and one.ndim != 1) or type(call.out) is not np.ndarray:
        return None
    place, new = axis_of(axis or 0, one.ndim), recorded(call, value)
    if place:
        return _columns(call, one, new)
    n, k = one.rows, len(call.out) - one.rows
    order = partial(_order, where, n, k)
    old: Edge = (one.node, OnDemand(partial(_old, order, n), n, n + k), DIRECT, EXACT)
    if new is None:
        return finish(call, old)
    whole = new.ndim == one.ndim - 1 and new.ndim > 0
    if not whole and new.rows not in (1, k):
        return None
    link = OnDemand(partial(_new, order, n, new.rows, whole), new.rows, n + k)
    return finish(call, old, (new.node, link, DIRECT, EXACT))


def _columns(call: Call, one: Subject, new: Subject | None) -> bool | None:
    """Along another axis: the rows stay, and those that are as many come to them."""
    rows = len(call.out)
    if new is not None and new.rows != rows:
        return None
    more = [] if new is None else [(new.node, Identity(rows), DIRECT, EXACT)]
    return finish(call, (one.node, Identity(rows), DIRECT, EXACT), *more)


def _order(where: Any, n: int, k: int) -> np.ndarray:
    """Numbers of the old rows, and from n on of the new ones, as they stand afterwards."""
    return np.insert(np.arange(n), where, n + np.arange(k))


def _old(order: Callable[[], np.ndarray], n: int) -> RowMap:
    found = order()
    return compress(np.where(found < n, found, -1), n)


def _new(order: Callable[[], np.ndarray], n: int, count: int, whole: bool) -> RowMap:
    found = order() - n
    if whole:
        owner = np.repeat(np.flatnonzero(found >= 0), count)
        values = np.tile(np.arange(count), owner.size // max(count, 1))
        return Ragged.of_pairs(owner, values, found.size, count)
    single = count != int((found >= 0).sum())
    return compress(np.where(found < 0, -1, 0 if single else found), count)
