"""Readers: the file, table or query behind a frame, and which record each of its rows is.

Text files have a tap of their own (see ``taps``), because pandas reads them for others too.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import pandas as pd

from traceprop_nb.tracing.files import came_in, path_of
from traceprop_nb.tracing.rules import Call, RuleTable
from traceprop_nb.tracing.tables import queried, queries_only_its_own

_FILES = "parquet feather orc json excel pickle stata xml html"
_ROWS_CHOSEN = {
    "parquet": ("filters", "partitioning"),
    "stata": ("iterator",),
    "excel": ("skiprows", "nrows", "skipfooter", "comment"),
    "json": (),
    "xml": ("xpath",),
    "html": ("match", "skiprows", "attrs"),
}
"""Options by which record i of the result need not be record i of the file."""
_KEPT = ("lines", "orient", "nrows", "header", "sheet_name", "key")
_PLAIN = (str, int, bool, type(None))


def install(table: RuleTable) -> None:
    """Fill the table."""
    for name in _FILES.split():
        reader = getattr(pd, f"read_{name}", None)
        if reader is not None:
            table.function(_read, reader)
    table.function(_text, pd.read_csv, pd.read_table, pd.read_fwf)
    table.method(_parsed, pd.ExcelFile, ("parse",))
    table.function(_sql, pd.read_sql, pd.read_sql_query, pd.read_sql_table)


def _text(call: Call) -> bool | None:
    """Seen already: a tap stands behind these, and at the chunks that they give."""
    frame = isinstance(call.out, pd.DataFrame | pd.Series)
    return True if not frame or call.recorder.identity.node(call.out) is not None else None


def _read(call: Call) -> bool | None:
    target = call.argument(0, "path")
    if not call.args and target is None:
        target = next((call.kwargs[k] for k in _TARGETS if k in call.kwargs), None)
    return _entered(call, _file_behind(target), call.name.removeprefix("read_"))


_TARGETS = ("path", "path_or_buf", "io", "filepath_or_buffer", "path_or_buffer")


def _parsed(call: Call) -> bool | None:
    return _entered(call, _file_behind(call.receiver), "excel")


def _file_behind(target: Any) -> Any:
    """The path of what a reader was given: a path, an open file or an ``ExcelFile``."""
    for name in ("io", "_io", "name"):
        if target is not None and not isinstance(target, str | os.PathLike):
            target = getattr(target, name, target)
    return target


def _entered(call: Call, target: Any, reader: str) -> bool | None:
    """One source for each table of the result; a sheet of a workbook is named with it."""
    if isinstance(call.out, pd.DataFrame | pd.Series):
        sheet = call.argument(1 if reader == "excel" and call.name != "parse" else 0, "sheet_name")
        sheet = sheet if reader == "excel" else None
        return _one(call, call.out, target, reader, "" if sheet in (None, 0) else sheet)
    members = call.out.items() if isinstance(call.out, dict) else enumerate(_listed(call.out))
    tables = [(key, out) for key, out in members if isinstance(out, pd.DataFrame | pd.Series)]
    for key, out in tables:
        _one(call, out, target, reader, "" if (key, reader) == (0, "html") else key)
    return True if tables else None


def _listed(out: Any) -> list[Any]:
    return out if isinstance(out, list) else []


def _one(call: Call, out: Any, target: Any, reader: str, part: Any) -> bool:
    odd = [name for name in _ROWS_CHOSEN.get(reader, ()) if call.kwargs.get(name) is not None]
    options = {k: v for k, v in call.kwargs.items() if k in _KEPT and isinstance(v, _PLAIN)}
    first = _first_sheet_row(call) if reader == "excel" and not odd else None
    if first is not None:
        options["first_row"] = first
    name = ", ".join([f"{k}={call.kwargs[k]!r}"[:60] for k in odd if k == "filters"])
    suffix = f"[{part}]" * (part != "") + f" ({name})" * bool(name)
    return came_in(
        call, out, path_of(target), suffix, reader=reader, options=options, unusual=odd
    )  # fmt: skip


def _first_sheet_row(call: Call) -> int | None:
    """Row of the sheet, from 1, in which the first record stands."""
    header = call.kwargs.get("header", 0)
    if header is None:
        return 1
    return header + 2 if type(header) is int and "index_col" not in call.kwargs else None


def _sql(call: Call) -> bool | None:
    """A query or a table of a database: record i is row i of what it gave."""
    query, con = (
        str(call.argument(0, "sql", call.kwargs.get("table_name"))),
        call.argument(1, "con"),
    )
    if not isinstance(call.out, pd.DataFrame):
        return None
    if not queries_only_its_own(con, query):
        return None
    return queried(call, query, **_database(con))


def _database(con: Any) -> Mapping[str, str]:
    """Where a database is, without its password, and its file if it is one."""
    if isinstance(con, str):
        scheme, _, place = con.partition("://")
        shown = f"{scheme}://{place.rpartition('@')[2]}"
        return {"database": shown, "path": place.removeprefix("/") if "sqlite" in scheme else ""}
    url = getattr(getattr(con, "engine", con), "url", None)
    if url is None or not hasattr(url, "render_as_string"):
        return {}
    path = url.database if url.drivername.startswith("sqlite") else ""
    return {"database": url.render_as_string(hide_password=True), "path": path or ""}
