"""Sorting, sets and positions. The order is worked out when someone asks, from a copy.

Sorted rows are the rows themselves; that they stand where they stand, all rows have decided.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from traceprop_nb.adapters.numpy.rowwise import by_element, named
from traceprop_nb.adapters.numpy.subject import (
    CONTEXT,
    DIRECT,
    EXACT,
    INEXACT,
    Subject,
    axis_of,
    every,
    finish,
    flat,
    recorded,
    subject,
)
from traceprop_nb.lineage.maps import (
    All,
    Groups,
    Identity,
    Mosaic,
    OnDemand,
    Ragged,
    RowMap,
    compress,
)
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

POSITIONS = "argpartition argsort argwhere flatnonzero lexsort nonzero"
SETS = "union1d intersect1d setdiff1d setxor1d"
UNIQUE = "unique unique_all unique_counts unique_inverse unique_values"


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.function(_sorted, np.sort, np.sort_complex)
    table.function(_partitioned, np.partition)
    table.function(_positions, *named(np, POSITIONS))
    table.function(_where, np.where)
    table.method(_positions, np.ndarray, ("argsort", "argpartition", "nonzero"))
    table.function(_looked_up, np.searchsorted, np.digitize)
    table.method(_searched, np.ndarray, ("searchsorted",))
    table.function(_unique, *named(np, UNIQUE))
    table.function(_set, *named(np, SETS))


def _axis(
    call: Call, one: Subject, default: int | None = -1, at: int = 0
) -> tuple[bool, int | None]:
    """Whether the axis is known, and which it is; None for a flattened array."""
    axis = call.argument(one.at + at, "axis", default)
    return axis is None or axis_of(axis, one.ndim) is not None, axis_of(axis, one.ndim)


def _sorted(call: Call) -> bool | None:
    one = subject(call)
    if one is None or one.array is None or "order" in call.kwargs or len(call.args) > 3:
        return None
    known, place = _axis(call, one)
    if not known or type(call.out) is not np.ndarray:
        return None
    if place:
        return finish(call, (one.node, Identity(one.rows), DIRECT, EXACT))
    stable = call.kwargs.get("stable") or call.argument(2, "kind") in ("stable", "mergesort")
    return _ordered(call, one, place, None if stable else False)


def _partitioned(call: Call) -> bool | None:
    one = subject(call)
    if one is None or "order" in call.kwargs or type(call.out) is not np.ndarray:
        return None
    known, place = _axis(call, one, at=1)
    if not known:
        return None
    if place:
        return finish(call, (one.node, Identity(one.rows), DIRECT, EXACT))
    rows = len(call.out)
    return finish(call, (one.node, All(one.rows, rows), DIRECT, INEXACT))


def _ordered(call: Call, one: Subject, place: int | None, _: Any) -> bool:
    """A sorted copy: the order is that of the values, equal ones in any order."""
    values, rows = np.array(one.array), len(call.out)
    own: RowMap = OnDemand(partial(_order, values, place), one.rows, rows)
    single = np.ndim(call.out) == 1
    status = EXACT if single else INEXACT
    link = own if single else Mosaic(own)
    return finish(call, (one.node, link, DIRECT, status), every(call, one, rows, CONTEXT))


def _order(values: np.ndarray, place: int | None) -> RowMap:
    n = len(values)
    if place is None:
        flat_order = np.argsort(values, axis=None, kind="stable")
        return compress(flat_order // max(values.size // n, 1), n)
    order = np.argsort(values, axis=0, kind="stable").reshape(n, -1)
    if order.shape[1] == 1:
        return compress(order[:, 0], n)
    key = np.unique(np.repeat(np.arange(n), order.shape[1]) * n + order.reshape(-1))
    return Ragged.of_pairs(key // n, key % n, n, n)


def _outputs(call: Call) -> list[Any]:
    return [o for o in flat([call.out]) if type(o) in call.recorder.table.recorded]


def _positions(call: Call) -> bool | None:
    """The result's values are positions: which rows they name shows when they index."""
    found = [one for value in flat(_given(call)) if (one := recorded(call, value)) is not None]
    if call.node is not None and call.kind in call.recorder.table.recorded:
        found = [one for one in (subject(call),) if one is not None]
    for out in _outputs(call):
        rows = call.recorder.table.rows(out)
        finish(call, *(every(call, one, rows, CONTEXT) for one in found), out=out)
    return bool(found)


def _given(call: Call) -> list[Any]:
    return [call.argument(0, "keys" if call.function is np.lexsort else "a")]


def _where(call: Call) -> bool | None:
    """``np.where(condition)`` gives positions; with choices it acts by element."""
    alone = len(call.args) + len(call.kwargs) == 1
    if not alone:
        return by_element(call)
    found = recorded(call, call.argument(0, "condition"))
    for out in _outputs(call):
        rows = call.recorder.table.rows(out)
        finish(call, *([] if found is None else [every(call, found, rows, CONTEXT)]), out=out)
    return found is not None


def _looked_up(call: Call) -> bool | None:
    """Where each row of one array would go among all of another."""
    name = call.function.__name__
    own, other = (("v", 1), ("a", 0)) if name == "searchsorted" else (("x", 0), ("bins", 1))
    return _found(call, recorded(call, call.argument(own[1], own[0])),
                  recorded(call, call.argument(other[1], other[0])))  # fmt: skip


def _searched(call: Call) -> bool | None:
    return _found(call, recorded(call, call.argument(0, "v")), subject(call))


def _found(call: Call, own: Subject | None, other: Subject | None) -> bool | None:
    if type(call.out) not in call.recorder.table.recorded:
        return None
    rows, edges = call.recorder.table.rows(call.out), list[Edge]()
    if own is not None:
        if own.rows != rows:
            return None
        edges.append((own.node, Identity(rows), DIRECT, EXACT))
    if other is not None:
        edges.append(every(call, other, rows, CONTEXT))
    return finish(call, *edges) if edges else None


# -- sets ------------------------------------------------------------------------------------------


def _unique(call: Call) -> bool | None:
    """Each distinct value comes from every row that has it."""
    name = call.function.__name__
    one = recorded(call, call.argument(0, "ar" if name == "unique" else "x"), 1)
    axis = call.argument(4, "axis")
    if one is None or one.array is None or not one.ndim or type(one.array) is not np.ndarray:
        return None
    if (axis is not None and axis_of(axis, one.ndim) != 0) or not one.rows:
        return None
    if call.kwargs.get("sorted", True) is not True:
        return None
    outs = list(call.out) if isinstance(call.out, tuple) else [call.out]
    values, count = np.array(one.array), len(outs[0])
    nan = call.kwargs.get("equal_nan", True) if name == "unique" else False
    recipe = partial(_same_value, values, axis, count, nan)
    link = OnDemand(recipe, one.rows, count)
    for kind, out in zip(_kinds(call, name), outs, strict=True):
        _one_of(call, one, kind, out, link)
    return True


def _kinds(call: Call, name: str) -> list[str]:
    kinds = ["values", "index", "inverse", "counts"]
    if name == "unique":
        asked = [call.argument(k, f"return_{kind}", False) for k, kind in enumerate(kinds)][1:]
        return ["values", *(kind for kind, wanted in zip(kinds[1:], asked, strict=True) if wanted)]
    return {"unique_all": kinds, "unique_counts": ["values", "counts"],
            "unique_inverse": ["values", "inverse"]}.get(name, ["values"])  # fmt: skip


def _one_of(call: Call, one: Subject, kind: str, out: Any, link: RowMap) -> None:
    rows = call.recorder.table.rows(out)
    around = every(call, one, rows, CONTEXT)
    if kind in ("values", "counts"):
        finish(call, (one.node, link, DIRECT, EXACT), around, out=out)
    elif kind == "inverse" and rows == one.rows:
        finish(call, (one.node, Identity(rows), DIRECT, EXACT), around, out=out)
    else:
        finish(call, around, out=out)


def _same_value(values: np.ndarray, axis: Any, count: int, nan: bool) -> RowMap:
    _, codes = np.unique(values, return_inverse=True, axis=axis, equal_nan=nan)
    n, codes = len(values), codes.reshape(-1)
    if codes.size == n:
        return Groups(codes, count)
    width = codes.size // n
    key = np.unique(codes * n + np.arange(codes.size) // width)
    return Ragged.of_pairs(key // n, key % n, count, n)


def _set(call: Call) -> bool | None:
    """Values of one or both: each comes from the rows of either that have it."""
    a, b = call.argument(0, "ar1"), call.argument(1, "ar2")
    outs = list(call.out) if isinstance(call.out, tuple) else [call.out]
    found = [(one, np.array(v)) for v in (a, b) if (one := recorded(call, v)) is not None]
    if not found or any(v.dtype.kind == "O" for _, v in found):
        return None
    result = np.array(outs[0])
    for k, out in enumerate(outs):
        edges: list[Edge] = []
        for one, values in found:
            rows = len(out)
            if k == 0 and one.ndim == 1:
                link = OnDemand(partial(_members, values, result), one.rows, rows)
                edges.append((one.node, link, DIRECT, EXACT))
            edges.append(every(call, one, rows, CONTEXT))
        finish(call, *edges, out=out)
    return True


def _members(values: np.ndarray, result: np.ndarray) -> RowMap:
    """Rows of a sorted set's members."""
    at = np.searchsorted(result, values).clip(0, max(len(result) - 1, 0))
    inside = result[at] == values if len(result) else np.zeros(len(values), bool)
    return Groups(np.where(inside, at, -1), len(result))
