"""``.str``, ``.dt`` and ``.cat``: row by row over the series behind the accessor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pandas.core.indexes.accessors import Properties

from traceprop_nb.adapters.pandas.align import by_label
from traceprop_nb.lineage.maps import All, Deferred, Identity
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.record import Recorder
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

TEXT = (
    "capitalize casefold center contains count decode encode endswith extract find findall "
    "fullmatch get get_dummies index isalnum isalpha isascii isdecimal isdigit islower isnumeric "
    "isspace istitle isupper join len ljust lower lstrip match normalize pad partition "
    "removeprefix removesuffix repeat replace rfind rindex rjust rpartition rsplit rstrip slice "
    "slice_replace split startswith strip swapcase title translate upper wrap zfill"
)
TIME = (
    "as_unit asfreq ceil components date day day_name day_of_week day_of_year dayofweek dayofyear "
    "days days_in_month daysinmonth end_time floor hour is_leap_year is_month_end is_month_start "
    "is_quarter_end is_quarter_start is_year_end is_year_start isocalendar microsecond "
    "microseconds minute month month_name nanosecond nanoseconds normalize quarter qyear round "
    "second seconds start_time strftime time timetz to_period to_pydatetime to_pytimedelta "
    "to_timestamp total_seconds tz_convert tz_localize week weekday weekofyear year"
)
CATEGORY = (
    "add_categories as_ordered as_unordered codes remove_categories remove_unused_categories "
    "rename_categories reorder_categories set_categories"
)


def install(table: RuleTable) -> None:
    """Fill the table."""
    text, category = pd.Series.str, pd.Series.cat
    table.method(_row_by_row, text, TEXT.split())
    table.method(_category, category, CATEGORY.split())
    table.method(_row_by_row, Properties, TIME.split())
    table.method(_joined, text, ("cat",))
    table.method(_extracted, text, ("extractall",))
    for kind in (text, Properties):
        table.any_method(_row_by_row, kind)
    table.no_rows(*((Properties, name) for name in ("freq", "tz", "unit")))
    table.no_rows((category, "categories"), (category, "ordered"))


def remember(recorder: Recorder, accessor: Any, series: Any) -> None:
    """``series.cat`` knows its values only: note which rows they are."""
    node = recorder.identity.node(series)  # noted by its own read, just before
    if node is not None and recorder.graph.rows(node) == len(series):
        recorder.identity.set(accessor, node)


def _category(call: Call) -> bool | None:
    node = call.recorder.identity.node(call.receiver)
    if node is None or _others(call) or not isinstance(call.out, pd.Series):
        return None
    n = call.recorder.graph.rows(node)
    if len(call.out) != n:
        return None
    return call.emit((node, Identity(n), Kind.DIRECT, Status.EXACT))


def _behind(call: Call) -> pd.Series | None:
    holder = call.receiver
    parent = getattr(holder, "_orig", None)
    parent = parent if parent is not None else getattr(holder, "_parent", None)
    return parent if isinstance(parent, pd.Series) else None


def _others(call: Call) -> list[Any]:
    given: list[Any] = []
    for value in (*call.args, *call.kwargs.values()):
        given += value if isinstance(value, list | tuple) else [value]
    return [v for v in given if type(v) in call.recorder.table.recorded]


def _row_by_row(call: Call) -> bool | None:
    parent, out = _behind(call), call.out
    if parent is None or _others(call):
        return None
    if not isinstance(out, pd.Series | pd.DataFrame | np.ndarray) or len(out) != len(parent):
        return None
    return call.emit(*call.recorder.edge(parent, Identity(len(parent))))


def _joined(call: Call) -> bool | None:
    """``s.str.cat(others)``: row by row, others by label; without others one text of all rows."""
    parent, others = _behind(call), _others(call)
    if parent is None or not isinstance(call.out, pd.Series) or not others:
        return None
    found: list[Edge] = []
    for one in (parent, *others):
        if isinstance(one, pd.Series | pd.DataFrame):
            row_map, status = by_label(one.index, call.out.index)
        else:
            n = call.recorder.table.rows(one)
            row_map = Identity(n) if n == len(call.out) else All(n, len(call.out))
            status = Status.EXACT if n == len(call.out) else Status.INEXACT
        edge = call.recorder.edge(one, row_map, Kind.DIRECT, status)
        found += [e for e in edge if e[0] not in [f[0] for f in found]]
    return call.emit(*found)


def _extracted(call: Call) -> bool | None:
    """``s.str.extractall``: a row for each match, labelled with the row that it was found in."""
    parent = _behind(call)
    if parent is None or not parent.index.is_unique or not isinstance(call.out, pd.DataFrame):
        return None
    rows = parent.index.get_indexer(call.out.index.droplevel(-1))
    return call.emit(*call.recorder.edge(parent, Deferred(rows, len(parent))))
