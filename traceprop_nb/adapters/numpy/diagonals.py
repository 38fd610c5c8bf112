"""Diagonals, triangles and bits: rows that keep their place, or have one on a diagonal."""

from __future__ import annotations

import numpy as np

from traceprop_nb.adapters.numpy.moves import still
from traceprop_nb.adapters.numpy.subject import (
    DIRECT,
    EXACT,
    axis_of,
    finish,
    recorded,
    share,
    subject,
)
from traceprop_nb.lineage.maps import (
    All,
    Chain,
    Gather,
    Identity,
    OnDemand,
    Part,
    Ragged,
    Range,
    Repeat,
    RowMap,
)
from traceprop_nb.tracing.rules import Call, RuleTable


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.function(_triangle, np.tril, np.triu)
    table.function(_diagonal, np.diagonal, np.linalg.diagonal, np.diag)
    table.method(_diagonal, np.ndarray, ("diagonal",))
    table.function(_traced, np.trace, np.linalg.trace)
    table.method(_traced, np.ndarray, ("trace",))
    table.function(_placed, np.diagflat)
    table.function(_powers, np.vander)
    table.function(_bits, np.packbits, np.unpackbits)


def _triangle(call: Call) -> bool | None:
    one, k = recorded(call, call.argument(0, "m"), 1), call.argument(1, "k", 0)
    if one is None or one.ndim < 2:
        return None
    n, width = call.out.shape[-2:]
    if one.ndim > 2:
        return finish(call, (one.node, Identity(one.rows), DIRECT, EXACT))
    low = call.function is np.tril
    first, last = (max(-int(k), 0), n) if low else (0, min(max(width - int(k), 0), n))
    if first == 0 and last == n:
        return finish(call, (one.node, Identity(n), DIRECT, EXACT))
    rows = np.arange(n)
    inside = (rows >= first) & (rows < last)
    return finish(call, (one.node, Gather(np.where(inside, rows, -1), n), DIRECT, EXACT))


def _diagonal(call: Call) -> bool | None:
    """The diagonal of a matrix, or a matrix of a diagonal."""
    name = "v" if call.function is np.diag else "x" if call.function is np.linalg.diagonal else "a"
    one = subject(call, name)
    offset = call.argument(one.at, "k" if call.function is np.diag else "offset", 0) if one else 0
    if one is not None and one.ndim == 1 and call.function is np.diag:
        return _placed(call)
    if one is None or one.ndim != 2 or len(call.args) > one.at + 1 or "axis1" in call.kwargs:
        return None
    start, rows = max(-int(offset), 0), len(call.out)
    done = finish(call, (one.node, Range(start, 1, rows, one.rows), DIRECT, EXACT))
    share(call, one.array)
    return done


def _traced(call: Call) -> bool | None:
    one = subject(call, "x" if call.function is np.linalg.trace else "a")
    if one is None or one.ndim != 2 or one.array is None or "axis1" in call.kwargs:
        return None
    if len(call.args) > one.at + 1 or call.kwargs.get("out") is not None:
        return None
    offset = int(call.argument(one.at, "offset", 0))
    start, n = max(-offset, 0), one.rows
    length = max(min(n - start, one.array.shape[1] - max(offset, 0)), 0)
    link = Chain(All(length, 1), Range(start, 1, length, n))
    return finish(call, (one.node, link, DIRECT, EXACT))


def _placed(call: Call) -> bool | None:
    """A vector on the diagonal of a new matrix."""
    one, k = recorded(call, call.argument(0, "v"), 1), int(call.argument(1, "k", 0))
    if one is None or one.ndim != 1:
        return None
    return finish(call, (one.node, Part(max(-k, 0), one.rows, len(call.out)), DIRECT, EXACT))


def _powers(call: Call) -> bool | None:
    one = recorded(call, call.argument(0, "x"), 1)
    return None if one is None else finish(call, (one.node, Identity(one.rows), DIRECT, EXACT))


def _bits(call: Call) -> bool | None:
    """Bits into bytes and back: eight elements to one along an axis."""
    one, axis = recorded(call, call.argument(0, "a"), 1), call.argument(1, "axis")
    if one is None or one.ndim < 1 or (axis is None and one.ndim != 1) or len(call.args) > 2:
        return None
    if "count" in call.kwargs:
        return None
    place, rows, n = axis_of(0 if axis is None else axis, one.ndim), len(call.out), one.rows
    if place:
        return still(call, one, place)
    if call.function is np.unpackbits:
        return finish(call, (one.node, Repeat(8, n), DIRECT, EXACT))

    def together() -> RowMap:
        return Ragged(np.append(np.arange(rows) * 8, n), np.arange(n), n)

    return finish(call, (one.node, OnDemand(together, n, rows), DIRECT, EXACT))
