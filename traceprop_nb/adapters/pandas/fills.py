"""``ffill`` and ``bfill``: a gap takes the row before it that had a value, or the one after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from traceprop_nb.lineage.maps import Gather, Identity, OnDemand, RowMap, union
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.rules import Call, RuleTable


def install(table: RuleTable) -> None:
    """Fill the table."""
    for kind in (pd.DataFrame, pd.Series):
        table.method(filled, kind, ("ffill", "bfill", "pad", "backfill"))


def gaps(frame: Any, method: Any, named: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """What is told before a frame is filled: bool (rows, columns), whether forward, and limits."""
    if named.get("axis") in (1, "columns") or not isinstance(frame, pd.DataFrame | pd.Series):
        return None
    missing = frame.isna().to_numpy().reshape(len(frame), frame.shape[1] if frame.ndim > 1 else 1)
    limited = named.get("limit") is not None or named.get("limit_area") is not None
    return "gaps", missing, method in ("ffill", "pad"), limited


def filled(call: Call) -> bool | None:
    """Record a filled frame: its own rows, and the rows that its gaps were filled from."""
    out = call.receiver if call.out is None else call.out
    if call.node is None or not isinstance(out, pd.DataFrame | pd.Series):
        return None
    n = call.rows
    own = (call.node, Identity(n), Kind.DIRECT, Status.EXACT)
    if call.argument(0, "axis") in (1, "columns"):
        return call.emit(own, out=out)
    seen = [e for e in call.recorder.events if e[0] == "gaps"]
    if len(seen) != 1 or len(seen[0][1]) != n or len(out.index) != n:
        return None
    _, missing, forward, limited = seen[0]
    missing = missing[:, missing.any(axis=0)]
    if not missing.size:
        return call.emit(own, out=out)
    status = Status.INEXACT if limited else Status.EXACT
    row_map = OnDemand(lambda: _sources(missing, forward=forward), n, n)
    return call.emit(own, (call.node, row_map, Kind.DIRECT, status), out=out)


def _sources(missing: NDArray[np.bool_], *, forward: bool) -> RowMap:
    """For each row the rows that its gaps were filled from, column by column."""
    n = len(missing)
    found: list[RowMap] = []
    for column in missing.T:
        rows = np.arange(n)
        if forward:
            last = np.maximum.accumulate(np.where(column, -1, rows))
        else:
            last = np.minimum.accumulate(np.where(column, n, rows)[::-1])[::-1]
        found.append(Gather(np.where(column & (last < n), last, -1), n))
    return union(found)
