"""``a[key] = value`` where the rows of ``a`` lie along a later axis: ``X.T[:, 0] = row``.

The axis that carries the rows is then treated as the first one is elsewhere: positions that are
written come from the value's rows, all others stay what they were.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from traceprop_nb.lineage.maps import All, Gather, Identity, RowMap, compose
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing import carriers, opaque, through
from traceprop_nb.tracing.keys import covers
from traceprop_nb.tracing.operand import UNSEEN
from traceprop_nb.tracing.rules import Call, Edge


def record(call: Call) -> bool | None:
    """Record such a write; None where the key or the value is not a plain one."""
    known, recorder, ref = carriers.of(call.ref), call.recorder, call.ref
    keys = call.args[0] if isinstance(call.args[0], tuple) else (call.args[0],)
    if known is None or ref is None or carriers.lined(ref) or len(keys) > call.ndim:
        return None
    if not all(type(k) in (int, slice) for k in keys):
        return None
    if call.receiver is None and not hasattr(ref, "layout"):
        return None
    n = known.edges[0][1].n_out
    at = keys[known.axis] if known.axis < len(keys) else slice(None)
    positions = np.arange(n)[at if isinstance(at, slice) else slice(at % n, at % n + 1)]
    place = None if type(at) is int else known.axis - _numbers(keys[: known.axis])
    given = _brought(call, positions, n, place, call.ndim - _numbers(keys))
    if given is None:
        return None
    place_of = through.layout(recorder, ref)
    shape = () if place_of is None else place_of.shape
    others = [(k, n) for axis, (k, n) in enumerate(zip(keys, shape, strict=False))
              if axis != known.axis]  # fmt: skip
    whole = all(covers([k], [n]) for k, n in others) and "update" not in call.kwargs
    index = np.arange(n)
    index[positions if whole else []] = -1
    kept: RowMap = Gather(index, n) if whole else Identity(n)
    edges = [(parent, compose(kept, link), *rest) for parent, link, *rest in known.edges]
    through.record(recorder, (call.site, call.name), ref, known.axis, [*edges, *given])  # type: ignore[list-item]  # kind and status
    opaque.aliases_written(recorder, call.site, ref, ref.node)
    return True


def _numbers(keys: tuple[Any, ...]) -> int:
    return sum(type(k) is int for k in keys)


def _brought(
    call: Call, positions: np.ndarray, n: int, place: int | None, ndim: int
) -> list[Edge] | None:
    """Edges from the positions along the axis to the value's rows.

    Args:
        call: The write.
        positions: Those that are written.
        n: Number of all.
        place: Where the axis is among those of what is written; None where it is not.
        ndim: Number of axes of what is written.
    """
    value = call.written()
    if isinstance(value, list | tuple):
        return None if any(type(v) in call.recorder.table.recorded for v in value) else []
    known = call.recorder.table.recorded
    one = call.recorder.operand(value) if type(value) in known else UNSEEN
    if one.node is None:
        return []
    axis, edges = carriers.lying(one.ref, one.node, one.rows)
    if carriers.lined(one.ref):
        return None
    index, count = np.full(n, -1), edges[0][1].n_out
    if place is not None and one.ndim and axis + ndim - one.ndim == place and count > 1:
        if count != len(positions):
            return None
        index[positions] = np.arange(count)
        links: RowMap = Gather(index, count)
    else:
        across = place is not None and place - (ndim - one.ndim)
        if across is not False and across >= 0 and value.shape[across] != 1:
            return None  # some other axis of the value runs along the rows
        index[positions] = 0
        links = compose(Gather(index, 1), All(count, 1))
    kind = Kind.CONTEXT if one.ndim == 0 and len(positions) > 1 else Kind.DIRECT
    return [(parent, compose(links, link), kind, Status.EXACT) for parent, link, *_ in edges]
