"""``duckdb.sql(query).df()``: a source, unless the query read the user's own variables.

DuckDB may find a table's name among the frames of the cell. The text that a relation gives of
itself then names a source of its own making, and the frame's rows are not known: UNKNOWN.
"""

from __future__ import annotations

import duckdb

from traceprop_nb.tracing.rules import Call, RuleTable
from traceprop_nb.tracing.tables import queried

_VARIABLE = "__duckdb_source_"
"""In a relation's text: something of this process, not of the database."""
_TELLS = int(duckdb.__version__.partition(".")[0]) >= 2
"""Before that, a relation's text does not tell a table from a variable."""


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.trusted_roots.update(("duckdb", "_duckdb"))
    table.method(_fetched, duckdb.DuckDBPyRelation, ("df", "to_df", "fetchdf", "pl"))
    table.opaque(
        "which query it was is not seen",
        *((duckdb.DuckDBPyConnection, name) for name in ("df", "fetchdf", "fetch_df", "pl")),
    )


def _fetched(call: Call) -> bool | None:
    relation = call.receiver
    if not _TELLS or not isinstance(relation, duckdb.DuckDBPyRelation):
        return None
    text = relation.sql_query()
    return queried(call, text) if text and _VARIABLE not in text else None
