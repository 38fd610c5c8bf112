"""What polars' methods do to rows: the same step on row numbers says it.

A frame's handle is all that is needed to take the step again, and it is let go of with the call.
What may turn out differently a second time (a draw without a seed, a function of the user's own,
rows in no order) is not taken again, and so is inexact.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from traceprop_nb.adapters.polars.expressions import Reach, reach, repeats
from traceprop_nb.lineage.maps import All, Gather, Identity, RowMap
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

NUMBER = "__traceprop_row__"
_STEPS = (
    "filter remove sort head tail limit slice reverse gather_every drop_nulls drop_nans explode "
    "top_k bottom_k sample unique"
)
_SAME = "drop rename cast clone rechunk shrink_to_fit with_row_index lazy set_sorted"
_READ = "get_column to_series to_numpy to_dummies fill_nan to_pandas unnest"
_STATISTICS = "mean sum min max median std var product quantile count n_unique null_count describe"


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.method(_step, pl.DataFrame, _STEPS.split())
    table.method(_same, pl.DataFrame, _SAME.split())
    table.method(_computed, pl.DataFrame, ("select", "with_columns", "select_seq"))
    table.method(_computed, pl.DataFrame, ("with_columns_seq",))
    table.method(_item, pl.DataFrame, ("__getitem__",))
    table.method(_item, pl.Series, ("__getitem__",))
    table.method(_same, pl.DataFrame, _READ.split())
    table.method(_filled, pl.DataFrame, ("fill_null",))
    table.method(_statistic, pl.DataFrame, _STATISTICS.split())
    table.method(_blocks, pl.DataFrame, ("unpivot",))


def again(mark: Any) -> pl.DataFrame:
    """A frame of the same cells, by its handle."""
    return pl.DataFrame._from_pydf(mark)


def numbered(frame: pl.DataFrame, step: Callable[[pl.LazyFrame], pl.LazyFrame]) -> Any:
    """Row numbers after a step, -1 where there is none."""
    plan = step(frame.lazy().with_row_index(NUMBER)).select(NUMBER)
    found = plan.collect().to_series()
    return found.cast(pl.Int64).fill_null(-1).to_numpy().copy()


def emit(call: Call, row_map: RowMap, status: Status = Status.EXACT) -> bool | None:
    """Record a frame that was made of the receiver, unless the map does not fit it."""
    if call.node is None or row_map.n_out != call.recorder.table.rows(call.out):
        return None
    return call.emit((call.node, row_map, Kind.DIRECT, status))


def _given(call: Call) -> list[Any]:
    return [*call.args, *call.kwargs.values()]


def repeatable(call: Call) -> bool:
    """Whether the step gives the same rows in the same order a second time."""
    recorded = call.recorder.table.recorded
    values = [v for v in _given(call) if not isinstance(v, pl.Series)]
    if call.name == "sample":
        return call.kwargs.get("seed") is not None
    if call.name == "unique":
        kept = call.kwargs.get("keep", "any") in ("first", "last", "none")
        return kept and call.kwargs.get("maintain_order") is True
    known = repeats(v for v in values if not isinstance(v, np.ndarray))
    return known and not any(type(v) in recorded for v in values if v is not None)


def _step(call: Call) -> bool | None:
    if call.mark is None or not repeatable(call) or not isinstance(call.out, pl.DataFrame):
        return None
    frame, args, kwargs = again(call.mark), call.args, dict(call.kwargs)
    if call.name == "sample":  # of frames only
        numbers = pl.DataFrame({NUMBER: np.arange(frame.height)})
        drawn = numbers.sample(*args, **kwargs).to_series().to_numpy()
        return emit(call, Gather(drawn, frame.height))
    if call.name in ("unique", "drop_nulls", "drop_nans") and not args:
        kwargs.setdefault("subset", frame.columns)
    if call.name == "drop_nans" and not args and kwargs["subset"] == frame.columns:
        kwargs["subset"] = [n for n, t in frame.schema.items() if t.is_float()]
    name = call.name
    rows = numbered(frame, lambda plan: getattr(plan, name)(*args, **kwargs))
    return emit(call, Gather(rows, frame.height))


def _same(call: Call) -> bool | None:
    return emit(call, Identity(call.rows)) if not _others(call) else None


def _filled(call: Call) -> bool | None:
    """``d.fill_null(0)``; a strategy looks at other rows."""
    value = call.argument(0, "value")
    by_rows = call.argument(1, "strategy") is not None
    return _same(call) if isinstance(value, str | int | float) and not by_rows else None


def _others(call: Call) -> list[Any]:
    return [v for v in _given(call) if type(v) in call.recorder.table.recorded]


def _computed(call: Call) -> bool | None:
    """Columns by expressions, each row from its own; statistics among them are context."""
    rows, n = call.recorder.table.rows(call.out), call.rows
    values = [v for v in _given(call) if type(v) not in call.recorder.table.recorded]
    far = reach(values)
    if call.node is None or rows != n or far == Reach.ANY:
        return None
    if call.name.startswith("select") and far == Reach.STATISTIC and n == 1:
        return emit(call, All(n, rows))
    edges: list[Edge] = [(call.node, Identity(n), Kind.DIRECT, Status.EXACT)]
    for value in _others(call):
        length = call.recorder.table.rows(value)
        if length not in (1, n):
            return None
        one: RowMap = Identity(n) if length == n else All(1, n)
        edges += [e for e in call.recorder.edge(value, one) if e[0] != call.node]
    if far == Reach.STATISTIC:
        edges.append((call.node, All(n, n), Kind.CONTEXT, Status.EXACT))
    return call.emit(*edges)


def _item(call: Call) -> bool | None:
    """``d["a"]``, ``d[1:3]``, ``d[[4, 0]]``, ``d[2, "a"]``, ``s[mask]``."""
    from traceprop_nb.tracing.keys import key_map

    key, n, rows = call.args[0], call.rows, call.recorder.table.rows(call.out)
    first = key[0] if isinstance(key, tuple) and key else key
    frame = call.kind is pl.DataFrame
    names = isinstance(first, str) or (isinstance(first, list) and bool(first) and all(
        isinstance(v, str) for v in first))  # fmt: skip
    if frame and names:
        return emit(call, Identity(n))
    if isinstance(first, pl.Series):
        first = first.to_numpy()
    row_map = key_map(first, n, 1, rows)
    return emit(call, row_map) if row_map is not None else None


def _statistic(call: Call) -> bool | None:
    rows = call.recorder.table.rows(call.out)
    return None if _others(call) else emit(call, All(call.rows, rows))


def _blocks(call: Call) -> bool | None:
    """``d.unpivot(...)``: block after block."""
    from traceprop_nb.lineage.maps import Tile

    times, rest = divmod(call.recorder.table.rows(call.out), max(call.rows, 1))
    return emit(call, Tile(times, call.rows)) if not rest else None
