"""Facts of a record as JSON and arrays, and back as they were, for the store.

A fact's private fields stay away, but for the record numbers of its origins, which become arrays.
"""

from __future__ import annotations

import dataclasses
import math
import types
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.lineage.segment import Pool
from traceprop_nb.reports.evidence import Origins
from traceprop_nb.reports.plain import plain


def encoded(value: object, pool: Pool) -> Any:
    """A fact as JSON; what is no fact and not plain is written as its type.

    Args:
        value: A dataclass of ``reports``, or what its fields hold.
        pool: Takes the arrays.
    """
    if isinstance(value, Origins):
        rows = [[key, pool.add(np.asarray(r, np.int64))] for key, r in value.rows.items()]
        return {"status": value.status, "rows": rows}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        own = (f for f in dataclasses.fields(value) if not f.metadata.get("private"))
        return {field.name: encoded(getattr(value, field.name), pool) for field in own}
    if isinstance(value, Mapping):
        return {"pairs": [[str(key), encoded(item, pool)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        return [encoded(item, pool) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    return plain(value)


def decoded(hint: Any, value: Any, arrays: Sequence[NDArray[Any]]) -> Any:
    """What was encoded.

    Args:
        hint: Its type; members that the type does not have are left out, and those that the value
            does not have get their defaults.
        value: The JSON.
        arrays: Of the segment that it came in.
    """
    if value is None:
        return None
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(one for one in get_args(hint) if one is not type(None))
    if hint is Origins:
        rows = {int(key): arrays[at].astype(np.int64) for key, at in value["rows"]}
        return Origins(rows, value["status"])
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        told = ((name, own) for name, own in hints(hint).items() if name in value)
        return hint(**{name: decoded(own, value[name], arrays) for name, own in told})
    return _member(hint, value, arrays)


def _member(hint: Any, value: Any, arrays: Sequence[NDArray[Any]]) -> Any:
    inner = get_args(hint)
    if isinstance(value, list):
        own = inner[0] if inner else Any
        items = [decoded(own, item, arrays) for item in value]
        return tuple(items) if get_origin(hint) is tuple else items
    if isinstance(value, dict) and "pairs" in value:
        own = inner[1] if len(inner) == 2 else Any
        return {key: decoded(own, item, arrays) for key, item in value["pairs"]}
    return float(value["float"]) if isinstance(value, dict) else value


@cache
def hints(kind: Any) -> dict[str, Any]:
    """The types of a dataclass's fields."""
    return get_type_hints(kind)
