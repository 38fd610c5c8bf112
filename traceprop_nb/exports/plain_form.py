"""The picture of a session as plain JSON values and back, checked on the way in.

Fields that hold their default are left out. What comes in was written by anybody: a wrong member
is an error that names its place, never a wrong picture.
"""

from __future__ import annotations

import json
import math
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from traceprop_nb.errors import FormatError

T = TypeVar("T")


def as_json(value: Any) -> str:
    """JSON text, indented, without NaN; members stay in the order in which they were made."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def compact(value: Any) -> str:
    """JSON text on one line."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def one_line(value: Any) -> str:
    """JSON text in ASCII: no character in it is a line break to anybody, as U+0085 is to some."""
    return json.dumps(value, allow_nan=False)


def from_json(data: bytes | str) -> Any:
    """JSON as plain values.

    Raises:
        FormatError: It is no JSON, or not UTF-8.
    """
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"the file is not JSON: {error}") from error


def to_plain(thing: Any) -> Any:
    """A dataclass as a dict without the fields that hold their default; tuples as lists."""
    if is_dataclass(thing):
        return {
            field.name: to_plain(getattr(thing, field.name))
            for field in fields(thing)
            if field.default is MISSING or getattr(thing, field.name) != field.default
        }
    if isinstance(thing, tuple | list):
        return [to_plain(one) for one in thing]
    return thing


def from_plain(kind: type[T], value: Any, place: str = "") -> T:
    """The dataclass that a dict of ``to_plain`` stands for.

    Args:
        kind: A dataclass of ``model``.
        value: What came in.
        place: Where it stood, for errors.

    Raises:
        FormatError: A member that is missing, unknown, or of another type.
    """
    if not isinstance(value, Mapping):
        raise FormatError(f"{place or kind.__name__}: expected an object, got {_said(value)}")
    hints = _hints(cast(type, kind))
    unknown = sorted(set(map(str, value)) - set(hints))
    if unknown:
        raise FormatError(f"{place or kind.__name__}: no member {unknown[0]!r} in {kind.__name__}")
    given = {
        name: _read(hints[name], one, f"{place or kind.__name__}.{name}")
        for name, one in value.items()
    }
    needed = [f.name for f in fields(cast(Any, kind)) if f.default is MISSING]
    absent = [name for name in needed if name not in given]
    if absent:
        raise FormatError(f"{place or kind.__name__}: the member {absent[0]!r} is missing")
    return kind(**given)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(hint: Any, value: Any, place: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if is_dataclass(hint):
        return from_plain(cast(type, hint), value, place)
    if origin is tuple:
        return _sequence(arguments, value, place)
    if origin is Literal:
        if value in arguments:
            return value
        raise FormatError(f"{place}: expected one of {', '.join(arguments)}, got {_said(value)}")
    allowed = arguments if origin in (Union, types.UnionType) else (hint,)
    if float in allowed and type(value) is int:
        value = float(value)
    if type(value) not in allowed or (type(value) is float and not math.isfinite(value)):
        names = " or ".join("null" if a is type(None) else a.__name__ for a in allowed)
        raise FormatError(f"{place}: expected {names}, got {_said(value)}")
    return value


def _sequence(arguments: tuple[Any, ...], value: Any, place: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise FormatError(f"{place}: expected a list, got {_said(value)}")
    if arguments[-1] is Ellipsis:
        return tuple(_read(arguments[0], v, f"{place}[{k}]") for k, v in enumerate(value))
    if len(value) != len(arguments):
        raise FormatError(f"{place}: expected {len(arguments)} entries, got {len(value)}")
    return tuple(
        _read(a, v, f"{place}[{k}]") for k, (a, v) in enumerate(zip(arguments, value, strict=True))
    )


def _said(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
