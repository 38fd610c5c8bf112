"""What pandas' witnesses work on: a frame of six rows, one to join, one with repeated labels."""

from __future__ import annotations

import datetime as dt
import inspect
import zlib
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from tests.surface.witness import Setting

BASES = {"d": 1000, "e": 2000, "u": 3000}
_STEPS = (0.3, 50.0, -50.0)
_VALUES = ("v", "w", "z")
"""Columns that differ when a row changes; the others say which rows move, and stay."""


def _frames(numbers: dict[str, np.ndarray], labels: dict[str, Any]) -> dict[str, Any]:
    n = numbers["d"]
    d = pd.DataFrame(
        {"k": list("abbcaa"), "o": [3, 0, 4, 1, 5, 2], "g": [1, 1, 2, 2, 3, 3],
         "t": pd.date_range("2020-01-01", periods=6, freq="6h"), "v": n[0], "w": n[1]},
        index=labels["d"],
    )  # fmt: skip
    d.loc[d.index[2], "v"] = np.nan
    m = numbers["e"]
    e = pd.DataFrame({"k": list("bcdb"), "o": [4, 1, 7, 4], "z": m[0]}, index=[3, 7, 98, 9])
    u = pd.DataFrame({"k": list("abbca"), "w": numbers["u"][0]}, index=[7, 7, 9, 9, 5])
    return {"d": d, "e": e, "u": u}


_LABELS = {"d": [7, 3, 9, 1, 5, 2]}


def _values() -> dict[str, Any]:
    return {name: frame.copy() for name, frame in _drawn().items()}


@cache
def _drawn() -> dict[str, Any]:
    made = np.random.default_rng(0)
    numbers = {"d": made.normal(size=(2, 6)), "e": made.normal(size=(1, 4)),
               "u": made.normal(size=(1, 5))}  # fmt: skip
    return _frames(numbers, _LABELS)


def _carried() -> dict[str, Any]:
    sizes = {"d": (2, 6), "e": (1, 4), "u": (1, 5)}
    numbers = {
        name: np.tile(BASES[name] + np.arange(float(n)), (times, 1))
        for name, (times, n) in sizes.items()
    }
    return _frames(numbers, _LABELS)


def _changed(value: pd.DataFrame, row: int, k: int) -> pd.DataFrame:
    for name in (c for c in _VALUES if c in value):
        at = (row, list(value.columns).index(name))
        value.iat[at] += _STEPS[k]
    return value


def rows(out: Any) -> np.ndarray:
    """A result as numbers, a row each; what is no number is negative, or missing.

    Rounded: a running sum still feels what has left its window, in its last digits.
    """
    return np.round(_cells(out), 9)


def _cells(out: Any) -> np.ndarray:
    if isinstance(out, pd.DataFrame | pd.Series):
        cells = out.to_frame() if isinstance(out, pd.Series) else out
        parts = [_column(cells.index)] + [_column(cells.iloc[:, j]) for j in range(cells.shape[1])]
        return np.stack(parts, axis=1)
    if isinstance(out, np.ndarray) and out.ndim:
        made = out.reshape(len(out), -1)
        return np.stack([_column(made[:, j]) for j in range(made.shape[1])], axis=1)
    return _column(out if isinstance(out, pd.Index) else [out])


def _column(values: Any) -> np.ndarray:
    return np.array([_number(v) for v in values], dtype=float)


def _number(value: Any) -> float:
    if isinstance(value, tuple | list | set | np.ndarray | pd.Series):
        numbers = [_number(v) for v in value]
        return numbers[0] if len(numbers) == 1 else -float(zlib.crc32(repr(numbers).encode()))
    if value is None or value is pd.NaT or value is pd.NA:
        return float("nan")
    if isinstance(value, bool | np.bool_ | int | float | np.number):
        return float(value)
    if isinstance(value, dt.date | dt.timedelta | pd.Period):
        return -float(zlib.crc32(str(value).encode()))
    return -1.0 - float(zlib.crc32(str(value).encode()))


SETTING = Setting(
    "import numpy as np, pandas as pd", _values, _carried, BASES, _changed, rows, len(_STEPS)
)

_TYPES = {"DataFrame": pd.DataFrame, "Series": pd.Series, "Index": pd.Index}
_ATTRIBUTES = ("T", "values", "iloc", "loc", "at", "iat")


def public() -> dict[str, Any]:
    """Every public callable of pandas, by its full name; of accessors and groups too."""
    found: dict[str, Any] = {}
    for name in sorted(dir(pd)):
        thing = getattr(pd, name)
        if not name.startswith("_") and callable(thing) and not inspect.isclass(thing):
            found[f"pandas.{name}"] = thing
    for name in ("DataFrame", "Series", "array"):
        found[f"pandas.{name}"] = getattr(pd, name)
    for owner, kind in [*_TYPES.items(), *_parts()]:
        for name in members(kind):
            found[f"pandas.{owner}.{name}"] = (kind, name)
    return found


def _parts() -> Iterator[tuple[str, type]]:
    from pandas.core import resample, window
    from pandas.core.groupby import generic
    from pandas.core.indexes import accessors

    yield "GroupBy", generic.DataFrameGroupBy
    yield "SeriesGroupBy", generic.SeriesGroupBy
    yield "Resampler", resample.Resampler
    yield "Rolling", window.Rolling
    yield "Expanding", window.Expanding
    yield "ExponentialMovingWindow", window.ExponentialMovingWindow
    yield "Series.str", pd.Series.str
    yield "Series.cat", pd.Series.cat
    yield "Series.dt", accessors.CombinedDatetimelikeProperties


def members(kind: type) -> list[str]:
    """Public methods of a type, and the attributes that give its rows."""
    whole = kind.__module__.endswith(("accessors", "accessor", "categorical"))
    return [
        name
        for name in dir(kind)
        if not name.startswith("_")
        and (whole or callable(getattr(kind, name, None)) or name in _ATTRIBUTES)
        and not (kind is pd.Index and name in _ATTRIBUTES[2:])
    ]
