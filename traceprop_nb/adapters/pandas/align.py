"""Row maps of pandas' own alignment: operands meet by label, not by position.

Equal labels mean position; different ones are looked up, which is exact while both sides are
unique and a superset otherwise.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from traceprop_nb.lineage.maps import All, Deferred, Identity, RowMap
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.operand import Operand
from traceprop_nb.tracing.record import Recorder
from traceprop_nb.tracing.rules import Edge
from traceprop_nb.tracing.writer import Writer


def snapshot(value: pd.DataFrame | pd.Series) -> tuple[int, int, pd.Index]:
    """Axes, rows and row labels of a frame or series."""
    index = value.index
    return value.ndim, len(index), index


def mark(value: pd.DataFrame | pd.Series) -> weakref.ref[Any]:
    """What the taps know a value by: its block manager, which a temporary takes with it."""
    return weakref.ref(value._mgr)


def shallow_copy(recorder: Writer, value: pd.DataFrame) -> int | None:
    """Record a frame that ``pipe`` and its kin made as a shallow copy of a recorded one.

    It has the very same labels and cells in the same memory, and so the same rows.
    """
    for thing, node in recorder.identity:
        if isinstance(thing, pd.DataFrame) and _is_copy(thing, value):
            same: Edge = (node, Identity(len(value)), Kind.DIRECT, Status.EXACT)
            return recorder.emit(-1, "copy", value, [same])
    return None


def _is_copy(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    mine, theirs = one._mgr.blocks, other._mgr.blocks
    if not mine or len(mine) != len(theirs) or not one.index.is_(other.index):
        return False
    return all(_same_place(a.values, b.values) for a, b in zip(mine, theirs, strict=True))


def _same_place(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.__array_interface__["data"] == b.__array_interface__["data"] and a.shape == b.shape
    held = next((name for name in ("_pa_array", "_ndarray", "_data") if hasattr(a, name)), None)
    if held is None or type(a) is not type(b):
        return False
    one, other = getattr(a, held), getattr(b, held)
    return one is other or (isinstance(one, np.ndarray) and _same_place(one, other))


def align(recorder: Recorder, site: int, op: int, out: Any, operands: Sequence[Operand]) -> None:
    """Record a tree of element-wise operators over frames, series, arrays and scalars."""
    found = edges(out, operands)
    flat: list[int] = []
    for parent, row_map, kind, status in found:
        flat += (parent, recorder.graph.map(row_map), kind * 4 + status)
    recorder.append(site, op, out, len(out.index), flat)


def edges(out: Any, operands: Sequence[Operand]) -> list[Edge]:
    """One edge for each operand that has rows."""
    rows = len(out.index)
    found: list[Edge] = []
    spread: list[Operand] = []
    for operand in operands:
        if operand.node is None or any(operand.node == edge[0] for edge in found):
            continue
        if operand.index is None:
            aligned = operand.ndim == out.ndim and operand.rows == rows
            row_map: RowMap | None = Identity(rows) if aligned else None
            status = Status.EXACT
        elif operand.ndim < out.ndim:
            row_map, status = None, Status.EXACT  # a series meets a frame's columns
        else:
            row_map, status = by_label(operand.index, out.index)
        if row_map is None:
            spread.append(operand)
        else:
            found.append((operand.node, row_map, Kind.DIRECT, status))
    kind = Kind.CONTEXT if found else Kind.DIRECT
    found += [
        (operand.node, All(operand.rows, rows), kind, Status.EXACT)
        for operand in spread
        if operand.node is not None
    ]
    return found


def by_label(given: pd.Index, wanted: pd.Index) -> tuple[RowMap, Status]:
    """Map from rows labelled ``wanted`` to rows labelled ``given``."""
    n, rows = len(given), len(wanted)
    if n == rows and (given.is_(wanted) or given.equals(wanted)):
        return Identity(n), Status.EXACT
    if given.is_unique and wanted.is_unique and given.nlevels == wanted.nlevels:
        return Deferred(given.get_indexer(wanted), n), Status.EXACT
    return All(n, rows), Status.INEXACT
