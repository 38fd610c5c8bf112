"""Which row of a result each row's key is: seen where pandas still has the keys in its hands."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from traceprop_nb.lineage.maps.rowsets import Ints

Keyed = tuple[str, Ints, int]
"""``"keyed"``, for each row the number of the result's row or -1, and the result's rows."""


def keyed(labels: pd.Index, keys: pd.Index) -> Keyed | None:
    """For each key the number of the label that it is; None where labels repeat."""
    if not labels.is_unique:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            codes = labels.get_indexer(keys)
        except (TypeError, ValueError):  # labels that cannot be compared with the keys
            return None
    return "keyed", np.asarray(codes, np.int64), len(labels)


def of_counts(out: Any, values: Any, named: Mapping[str, Any]) -> Keyed | None:
    """Of ``value_counts`` of a series."""
    if named.get("bins") is not None or not isinstance(out, pd.Series):
        return None
    return keyed(out.index, pd.Index(values))


def of_frame_counts(out: pd.Series, frame: Any, subset: Any) -> Keyed | None:
    """Of ``value_counts`` of a frame."""
    if not isinstance(frame, pd.DataFrame):
        return None
    names = list(frame.columns) if subset is None else subset
    columns = frame[names if isinstance(names, list) else [names]]
    return keyed(out.index, pd.MultiIndex.from_frame(columns))


def of_pivot(out: Any, data: Any, named: Mapping[str, Any]) -> Keyed | None:
    """Of ``pivot`` and ``pivot_table``, where the rows' keys are columns or the labels."""
    index = named.get("index")
    if not isinstance(out, pd.DataFrame) or named.get("margins"):
        return None
    if index is pd.api.extensions.no_default:
        return keyed(out.index, data.index)
    names = index if isinstance(index, list) else [index]
    if not names or any(not isinstance(n, str | int) or n not in data.columns for n in names):
        return None
    if len(names) > 1:
        return keyed(out.index, pd.MultiIndex.from_frame(data[names]))
    return keyed(out.index, pd.Index(data[names[0]]))
