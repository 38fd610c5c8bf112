"""Tables that a database gave: named by their table or query, counted in the order they came."""

from __future__ import annotations

import os
from typing import Any

from traceprop_nb.tracing.files import came_in, path_of
from traceprop_nb.tracing.rules import Call

_LONGEST = 80
"""Characters of a query that its source is named by."""


def queried(call: Call, query: str, *, database: str = "", path: str = "") -> bool:
    """Record that a call's result is what a query, or a table of that name, gave.

    Args:
        call: Its result is the table.
        query: The query, or the table's name.
        database: Where, fit to be shown.
        path: The database's file, or empty.
    """
    text = " ".join(query.split())
    name = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    more = {"database": database} if database else {}
    return came_in(call, call.out, path_of(path or None), "", name=name, reader="sql", **more)


def queries_only_its_own(con: Any, query: str) -> bool:
    """Whether a query can read nothing but the database and files on disk.

    A database inside the process may read the user's own variables by name; that is no source.
    """
    names = getattr(con, "get_table_names", None)
    if names is None:
        return True
    own = _own_tables(con)
    return all(name in own or os.path.exists(name.strip("'\"")) for name in names(query))


def _own_tables(con: Any) -> frozenset[str]:
    """Tables and views that another connection to the same database sees too."""
    other = con.cursor()
    try:
        found = other.execute("select table_name from information_schema.tables").fetchall()
    finally:
        other.close()
    return frozenset(name for (name,) in found)
