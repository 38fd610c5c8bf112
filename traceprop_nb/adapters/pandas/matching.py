"""Which records of a source an expression over its columns holds for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from traceprop_nb.lineage.maps import Ints
from traceprop_nb.lineage.nodes import Source

_PASSED_ON = (
    "sep",
    "delimiter",
    "header",
    "skiprows",
    "nrows",
    "comment",
    "encoding",
    "skip_blank_lines",
)


def matching(source: Source, where: str, live: Any = None) -> Ints | str:
    """Records for which ``where`` holds, in the language of ``DataFrame.query``.

    Args:
        source: The source; a file is read again as it was read.
        where: Such as ``"age > 90 and region == 'north'"``.
        live: The frame itself, if it is still what it was when it entered.

    Returns:
        int64 record indices, or why the source cannot be asked.
    """
    plain = _records(source, live)
    if isinstance(plain, str):
        return plain
    try:
        kept = plain.query(where, local_dict={}, global_dict={})
    except Exception as error:  # noqa: BLE001  # whatever the expression raises is the answer
        columns = ", ".join(map(str, plain.columns))
        return f"{source.name}: {type(error).__name__}: {error} (columns: {columns})"
    return np.asarray(kept.index, np.int64)


def holding(source: Source, column: str, keys: tuple[object, ...], live: Any = None) -> Ints | str:
    """Records whose cell in a column is one of these keys, compared as text.

    Args:
        source: The source; a file is read again as it was read.
        column: Name of the column.
        keys: What identifies the person.
        live: The frame itself, if it is still what it was when it entered.

    Returns:
        int64 record indices, or why the source cannot be asked; the keys are not in it.
    """
    plain = _records(source, live)
    if isinstance(plain, str):
        return plain
    if column not in plain.columns:
        return f"{source.name} has no column {column!r}"
    cells = plain[column]
    hit = cells.isin(list(keys)) | cells.astype(str).isin([str(key) for key in keys])
    return np.flatnonzero(hit.to_numpy()).astype(np.int64)


def _records(source: Source, live: Any) -> pd.DataFrame | str:
    """The source's records in order, or why they cannot be had."""
    frame = live if isinstance(live, pd.DataFrame) else _read_again(source)
    if isinstance(frame, str):
        return frame
    if len(frame) != source.n_rows:
        return f"{source.name} has {len(frame)} records now and had {source.n_rows}"
    return frame.reset_index(drop=True)


def _read_again(source: Source) -> pd.DataFrame | str:
    if source.path is None or source.detail.get("reader") != "csv":
        return f"{source.name} is no text file that can be read again"
    if source.detail.get("unusual"):
        return f"{source.name} was read with options that are not kept: {source.detail['unusual']}"
    options = source.detail.get("options", {})
    try:
        return pd.read_csv(
            source.path, **{k: options[k] for k in _PASSED_ON if options.get(k) is not None}
        )
    except (OSError, ValueError) as error:
        return f"{source.name} cannot be read again: {error}"
