"""Several frames into one, and groups: joins, concat, ``group_by``; frames from other values."""

from __future__ import annotations

from typing import Any

import polars as pl
from polars.dataframe.group_by import GroupBy

from traceprop_nb.adapters.polars.expressions import Reach, reach
from traceprop_nb.adapters.polars.frames import NUMBER, again
from traceprop_nb.lineage.maps import All, Gather, Groups, Identity, Part, RowMap
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.files import entered
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

_OTHER = NUMBER + "other"
_ORDERS = ("left", "right", "left_right", "right_left")
_READERS = "csv parquet ipc ndjson json avro excel"


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.method(_joined, pl.DataFrame, ("join",))
    table.method(_grouped, pl.DataFrame, ("group_by",))
    table.method(_aggregated, GroupBy, ("agg", "len", "mean", "sum", "min", "max", "median"))
    table.method(_aggregated, GroupBy, ("first", "last", "all", "n_unique", "quantile"))
    table.function(_concat, pl.concat)
    table.function(_made, pl.from_pandas, pl.from_numpy, pl.DataFrame, pl.Series)
    for name in _READERS.split():
        table.function(_read, getattr(pl, f"read_{name}"))


def _joined(call: Call) -> bool | None:
    """The same join, with row numbers on both sides."""
    other, how = call.argument(0, "other"), call.argument(2, "how", "inner")
    if not isinstance(other, pl.DataFrame) or call.mark is None or call.node is None:
        return None
    keys = [call.kwargs.get(name) for name in ("on", "left_on", "right_on")] + list(call.args[1:2])
    if reach(k for k in keys if k is not None) > Reach.ROW:
        return None
    left, right = again(call.mark).with_row_index(NUMBER), other.with_row_index(_OTHER)
    wanted = [NUMBER] if how in ("semi", "anti") else [NUMBER, _OTHER]
    numbers = _numbers(call, left, right, wanted)
    if numbers is None or numbers.height != call.recorder.table.rows(call.out):
        return None
    edges: list[Edge] = [(call.node, _gather(numbers[NUMBER], left.height), *_EXACT)]
    if len(wanted) == 1:
        context = All(right.height, numbers.height)
        return call.emit(*edges, *call.recorder.edge(other, context, Kind.CONTEXT))
    edges += call.recorder.edge(other, _gather(numbers[_OTHER], right.height))
    return call.emit(*edges)


def _numbers(
    call: Call, left: pl.DataFrame, right: pl.DataFrame, wanted: list[str]
) -> pl.DataFrame | None:
    """Row numbers of both sides; where the order is free, found again by the rows themselves."""
    options = {k: v for k, v in call.kwargs.items() if k != "other"}
    found = left.lazy().join(right.lazy(), *call.args[1:], **options)
    if options.get("maintain_order") in _ORDERS:
        return found.select(wanted).collect()
    out = call.out
    nested = any(t.is_nested() or t == pl.Object for t in out.dtypes)
    if nested or out.height > _MOST or not out.height or out.is_duplicated().any():
        return None
    repeated = found.collect()
    return out.join(
        repeated, on=out.columns, how="left", nulls_equal=True, maintain_order="left"
    ).select(wanted)


_MOST = 200_000
"""Rows up to which they are found again by their cells."""
_EXACT = (Kind.DIRECT, Status.EXACT)


def _gather(numbers: pl.Series, n: int) -> RowMap:
    return Gather(numbers.cast(pl.Int64).fill_null(-1).to_numpy(), n)


def _grouped(call: Call) -> bool | None:
    """Groups know their frame: its keys are asked for again when they are aggregated."""
    if call.node is None or call.mark is None:
        return None
    call.recorder.identity.set(call.out, call.node)
    return True


def _aggregated(call: Call) -> bool | None:
    """Each row of the result from the rows that have its keys, in whatever order it came."""
    groups, node, out = call.receiver, call.node, call.out
    plan = getattr(getattr(groups, "_lgb", None), "_plan", None)
    frame = getattr(groups, "df", None)
    if node is None or not isinstance(out, pl.DataFrame) or plan is not None:
        return None
    names = _key_names(groups)
    if frame is None or names is None or not set(names) <= set(out.columns):
        return None
    keys = out.select(names).with_row_index(NUMBER)
    found = frame.select(names).join(keys, on=names, how="left", nulls_equal=True,
                                     maintain_order="left")  # fmt: skip
    if found.height != frame.height or call.recorder.graph.rows(node) != frame.height:
        return None
    codes = found[NUMBER].cast(pl.Int64).fill_null(-1).to_numpy()
    return call.emit((node, Groups(codes, out.height), *_EXACT))


def _key_names(groups: Any) -> list[str] | None:
    by = [b for one in getattr(groups, "by", ()) for b in (one if isinstance(one, list) else [one])]
    plain = all(isinstance(b, str) for b in by) and not getattr(groups, "named_by", None)
    return by if by and plain else None


def _concat(call: Call) -> bool | None:
    """One below the other, or side by side."""
    parts, how = list(call.argument(0, "items")), call.kwargs.get("how", "vertical")
    if not all(isinstance(p, pl.DataFrame | pl.Series) for p in parts):
        return None
    rows, offset, edges = call.recorder.table.rows(call.out), 0, list[Edge]()
    for part in parts:
        n = len(part)
        if how == "horizontal":
            if n != rows:
                return None
            edges += call.recorder.edge(part, Identity(n))
        else:
            edges += call.recorder.edge(part, Part(offset, n, rows))
        offset += n
    fits = offset == rows or how == "horizontal"
    return call.emit(*edges) if fits and how.startswith(("vert", "diag", "hori")) else None


def _made(call: Call) -> bool | None:
    """A frame of another value's rows, or of Python values."""
    data, recorded = _data(call), call.recorder.table.recorded
    rows = call.recorder.table.rows(call.out)
    if isinstance(data, dict):
        known = [v for v in data.values() if type(v) in recorded]
        if known and any(call.recorder.table.rows(v) != rows for v in known):
            return None
        if known:
            return call.emit(*(e for v in known for e in call.recorder.edge(v, Identity(rows))))
        data = list(data.values())
    if type(data) in recorded:
        fits = call.recorder.table.rows(data) == rows
        return call.emit(*call.recorder.edge(data, Identity(rows))) if fits else None
    inside = [x for v in data for x in (v if isinstance(v, list) else [v])] if isinstance(
        data, list) else [None]  # fmt: skip
    if any(type(v) in recorded for v in inside) or not isinstance(data, list | range | type(None)):
        return None
    call.recorder.entered(call, "table")
    return True


def _data(call: Call) -> Any:
    named = call.kwargs.get("data", call.kwargs.get("values"))
    if call.function is pl.Series and len(call.args) > 1:
        return call.args[1]
    return call.args[0] if call.args else named


def _read(call: Call) -> bool | None:
    if not isinstance(call.out, pl.DataFrame):
        return None
    return entered(call, call.argument(0, "source"), call.name.removeprefix("read_"))
