"""Polars' values, and where the rules for them stand.

Frames share no memory that anybody writes into, and none of their methods is tapped: a frame's
handle is noted as it passes (see ``frames``).
"""

from __future__ import annotations

from typing import Any

import polars as pl

from traceprop_nb.adapters.polars import frames, plans, several
from traceprop_nb.lineage.maps import All, Identity
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.broadcast import align
from traceprop_nb.tracing.rules import Call, RuleTable

_ROWWISE = (
    "abs cast ceil floor round clip exp log log10 log1p sqrt cbrt sin cos tan is_null is_not_null "
    "is_nan is_not_nan is_finite is_infinite is_between is_in fill_nan alias rename clone sign "
    "not_ eq ne lt le gt ge eq_missing ne_missing to_frame to_numpy to_pandas to_physical "
    "to_dummies"
)
_STATISTICS = (
    "mean sum min max median std var product quantile count n_unique null_count any all skew "
    "kurtosis entropy describe mode arg_max arg_min"
)


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.track(snapshot, align, pl.DataFrame, pl.Series)
    table.marks[pl.DataFrame] = handle
    table.trusted_roots.add("polars")
    table.method(_rowwise, pl.Series, _ROWWISE.split())
    table.method(_statistic, pl.Series, _STATISTICS.split())
    for part in (frames, several, plans):
        part.install(table)


def snapshot(value: pl.DataFrame | pl.Series) -> tuple[int, int, None]:
    """Axes and rows; polars has no row labels."""
    return (2 if isinstance(value, pl.DataFrame) else 1), len(value), None


def handle(frame: pl.DataFrame) -> Any:
    """What a frame is made again of while its call lasts."""
    return frame._df


def _rowwise(call: Call) -> bool | None:
    given = [*call.args, *call.kwargs.values()]
    if any(type(v) in call.recorder.table.recorded for v in given) and call.name != "is_in":
        return None
    rows = call.recorder.table.rows(call.out)
    if call.node is None or rows != call.rows:
        return None
    more = [
        e
        for v in given
        if type(v) in call.recorder.table.recorded
        for e in call.recorder.edge(v, All(call.recorder.table.rows(v), rows), Kind.CONTEXT)
    ]
    return call.emit((call.node, Identity(rows), Kind.DIRECT, Status.EXACT), *more)


def _statistic(call: Call) -> bool | None:
    if call.node is None:
        return None
    rows = call.recorder.table.rows(call.out)
    return call.emit((call.node, All(call.rows, rows), Kind.DIRECT, Status.EXACT))
