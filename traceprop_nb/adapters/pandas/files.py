"""Files that pandas writes: record i of the file is row i of the frame, or that is not said."""

from __future__ import annotations

import pandas as pd

from traceprop_nb.tracing.files import wrote
from traceprop_nb.tracing.rules import Call, RuleTable

_PLAIN = frozenset(
    "path_or_buf sep header index na_rep float_format columns index_label encoding compression "
    "date_format decimal chunksize mode".split()
)
"""Options of ``to_csv`` that keep one record a row, in order, as any plain reader reads them."""


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.method(_csv, pd.DataFrame, ("to_csv",))
    table.method(_csv, pd.Series, ("to_csv",))
    table.method(_columns, pd.DataFrame, ("to_parquet", "to_feather", "to_pickle"))
    table.method(_columns, pd.Series, ("to_pickle",))


def _csv(call: Call) -> bool | None:
    if call.kwargs.get("mode", "w") not in ("w", "x", "wt", "xt"):
        return True  # a file that held records of others before
    separator = call.kwargs.get("sep", ",")
    plain = len(call.args) <= 1 and _PLAIN.issuperset(call.kwargs)
    plain = plain and isinstance(separator, str) and len(separator) == 1
    target = call.argument(0, "path_or_buf")
    text = separator if isinstance(separator, str) else ""
    return wrote(call, target, call.node, "csv", separator=text, exact=plain)


def _columns(call: Call) -> bool | None:
    return wrote(call, call.argument(0, "path"), call.node, call.name.removeprefix("to_"))
