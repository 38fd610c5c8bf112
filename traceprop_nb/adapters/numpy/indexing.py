"""``a[key]``: whole rows, positions along another axis, new axes, and any other key by element."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from traceprop_nb.adapters.numpy.moves import elements, own
from traceprop_nb.adapters.numpy.subject import (
    DIRECT,
    EXACT,
    INEXACT,
    Subject,
    along,
    finish,
    share,
    subject,
)
from traceprop_nb.lineage.maps import (
    Gather,
    Mosaic,
    Range,
    RowMap,
    compose,
)
from traceprop_nb.tracing import carriers
from traceprop_nb.tracing.keys import key_map
from traceprop_nb.tracing.rules import Call, Edge, RuleTable


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.method(_getitem, np.ndarray, ("__getitem__",))


def plain(key: Any) -> Any:
    """Series and tensors in a key as arrays."""
    if isinstance(key, tuple):
        return tuple(plain(k) for k in key)
    if isinstance(key, np.integer):
        return int(key)
    if isinstance(key, np.ndarray | slice | list | int | type(None) | type(Ellipsis)):
        return key
    return np.asarray(key) if hasattr(key, "__array__") else key


def _getitem(call: Call) -> bool | None:
    one = subject(call)
    if one is None:
        return None
    key = plain(call.args[0])
    key = slice(None) if isinstance(key, tuple) and not key and one.ndim else key
    done = _turned(call, one, key) if one.ref is not None and one.ref.carrier else None
    if done is None:
        rows = call.recorder.table.rows(call.out)
        row_map = key_map(key, one.rows, one.ndim, rows)
        if row_map is None:
            return _new_axis(call, one, key) or elements(call, one, partial(_read, own(key)))
        done = finish(call, _taken(call, one, key, row_map))
    share(call, one.array)
    return done


def _taken(call: Call, one: Subject, key: Any, row_map: RowMap) -> Edge:
    """Rows by a key: mosaics stay mosaics where the key takes them whole."""
    if one.node in call.recorder.mosaics and not isinstance(key, tuple):
        twin = carriers.whole(call.recorder, one.node)
        if np.ndim(call.out) == one.ndim:
            return twin, Mosaic(row_map), DIRECT, INEXACT
    return one.node, row_map, DIRECT, EXACT


def _read(key: Any, ids: np.ndarray) -> Any:
    return ids[key]


def _turned(call: Call, one: Subject, key: Any) -> bool | None:
    """A plain key into an array whose rows lie along a later axis."""
    known = carriers.of(one.ref)
    keys = key if isinstance(key, tuple) else (key,)
    if known is None or not all(type(k) in (int, slice) for k in keys) or len(keys) > one.ndim:
        return None
    at = keys[known.axis] if known.axis < len(keys) else slice(None)
    n = known.edges[0][1].n_out
    place = known.axis - sum(type(k) is int for k in keys[: known.axis])
    kept = list(zip(known.edges, known.lines or [-1] * len(known.edges), strict=True))
    if known.lines:
        kept = _of_lines(kept, keys[0], one.rows)
    link = key_map(at, n, 1, len(range(*at.indices(n))) if isinstance(at, slice) else 1)
    if link is None or not kept:
        return None
    lines = [line for _, line in kept]
    if isinstance(at, slice):
        edges = [(p, compose(link, m), k, s) for (p, m, k, s), _ in kept]
        return along(call, place, *edges, lines=lines if place else ())
    return _one_position(call, kept, link, n)


def _of_lines(kept: list[tuple[Edge, int]], key: Any, rows: int) -> list[tuple[Edge, int]]:
    """The edges that a key of the first axis leaves, and the rows that they are behind then."""
    if type(key) is int:
        return [(edge, -1) for edge, line in kept if line in (-1, key % rows)]
    chosen = list(range(*key.indices(rows)))
    return [
        (edge, chosen.index(line) if line >= 0 else -1)
        for edge, line in kept
        if line < 0 or line in chosen
    ]


def _one_position(call: Call, kept: list[tuple[Edge, int]], link: RowMap, n: int) -> bool:
    """One position of the axis that carries rows: ``X.T[:, 0]`` is the row again."""
    rows, edges, start = call.recorder.table.rows(call.out), list[Edge](), link.back_one(0)
    for (parent, along_axis, kind, status), line in kept:
        one = Range(start, 0, rows, n) if line < 0 else _at(line, rows, int(start), n)  # type: ignore[arg-type]  # one row
        edges.append((parent, compose(one, along_axis), kind, status))
    return finish(call, *edges)


def _at(line: int, rows: int, start: int, n: int) -> RowMap:
    index = np.full(rows, -1)
    index[line] = start
    return Gather(index, n)


def _new_axis(call: Call, one: Subject, key: Any) -> bool | None:
    """``a[None]``: the rows lie along the next axis."""
    keys = key if isinstance(key, tuple) else (key,)
    lead = next((k for k, part in enumerate(keys) if part is not None), len(keys))
    rest = keys[lead:]
    if not lead or type(call.out) is not np.ndarray or carriers.of(one.ref) is not None:
        return None
    if not all(isinstance(k, slice | type(None)) or k is Ellipsis for k in rest):
        return None
    if rest and rest[0] is Ellipsis and len(rest) > 1:
        return None
    n = call.out.shape[lead]
    link = key_map(rest or slice(None), one.rows, one.ndim, n)
    done = None if link is None else along(call, lead, (one.node, link, DIRECT, EXACT))
    share(call, one.array)
    return done
