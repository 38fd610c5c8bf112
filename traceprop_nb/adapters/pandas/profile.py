"""Counts over the cells of a frame or series: missing ones, repeated rows, constant columns."""

from __future__ import annotations

from typing import Any

import pandas as pd


def counts(table: Any, most_cells: int) -> dict[str, int | None] | None:
    """Rows, columns, missing cells, repeated rows and constant columns, by these names.

    Args:
        table: Not changed.
        most_cells: With more cells than that only rows and columns are told.

    Returns:
        None for what is neither a frame nor a series; a count that cannot be made is None.
    """
    if isinstance(table, pd.Series):
        table = table.to_frame()
    if not isinstance(table, pd.DataFrame):
        return None
    sizes: dict[str, int | None] = {"rows": len(table), "columns": table.shape[1]}
    if table.size > most_cells:
        return sizes
    sizes["missing"] = int(table.isna().to_numpy().sum())
    try:
        sizes["duplicates"] = int(table.duplicated().sum())
        sizes["constant"] = int((table.nunique(dropna=False) <= 1).sum())
    except TypeError:  # cells that cannot be compared, such as lists
        sizes |= {"duplicates": None, "constant": None}
    return sizes
