"""Whatever a session saw, as plain JSON that a record may carry.

Names that come from the user are values, never member names, and an object that is not plain
is written as its type: a record carries no one's data by accident, and no memory addresses.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Iterable, Mapping

import numpy as np

from traceprop_nb.reports.canonical import LARGEST_INT

LONGEST_LIST = 200
"""Entries of a captured list that are written out; the rest are counted."""

DEEPEST = 6
"""Nesting that is followed; deeper values are written as their type."""

PRIVATE = {"private": True}
"""Metadata of dataclass fields that never leave the session."""


def plain(value: object, depth: int = 0) -> object:
    """The value as JSON: mappings become lists of name and value, odd objects their type.

    Numbers that JSON cannot carry (NaN, infinities, integers beyond 2**53 - 1) become text.
    """
    if isinstance(value, np.generic):
        value = value.item()
    match value:
        case None | bool():
            return value
        case str():
            return text(value)
        case int():
            return int(value) if abs(value) <= LARGEST_INT else str(int(value))
        case float():
            return float(value) if math.isfinite(value) else str(float(value))
        case dt.date():
            return value.isoformat()
    return _kind(value) if depth >= DEEPEST else _nested(value, depth)


def _nested(value: object, depth: int) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return fact(value, depth)
    if isinstance(value, Mapping):
        members = ((text(str(key)), plain(item, depth + 1)) for key, item in value.items())
        return _shortened(
            [{"name": name, "value": item} for name, item in sorted(members, key=str)]
        )
    if isinstance(value, set | frozenset):
        return _shortened(sorted((plain(v, depth + 1) for v in value), key=str))
    if isinstance(value, list | tuple):
        return _shortened([plain(v, depth + 1) for v in value])
    return _kind(value)


def fact(value: object, depth: int = 0) -> dict[str, object]:
    """A dataclass as a JSON object, without its private fields."""
    return {
        field.name: plain(getattr(value, field.name), depth + 1)
        for field in dataclasses.fields(value)  # type: ignore[arg-type]  # callers checked it
        if not field.metadata.get("private")
    }


def text(value: str) -> str:
    """The text with lone surrogates (undecodable file names) written out as escapes."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8")


def listed(names: Iterable[str], most: int = 8) -> str:
    """Names in a sentence: the first few, and how many more there are."""
    every = list(names)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(text(name) for name in every[:most]) + more


def _shortened(items: list[object]) -> list[object]:
    if len(items) <= LONGEST_LIST:
        return items
    return [*items[:LONGEST_LIST], f"and {len(items) - LONGEST_LIST} more"]


def _kind(value: object) -> str:
    kind = type(value)
    return f"<{kind.__module__}.{kind.__qualname__}>"
