"""Canonical JSON: the one spelling of a value, so that its digest names the value.

The form is the JSON Canonicalization Scheme (RFC 8785, doi:10.17487/RFC8785): no white space,
members sorted by UTF-16 code units, numbers as ECMAScript prints them, UTF-8.
"""

from __future__ import annotations

import hashlib
import json
import math

from traceprop_nb.errors import RecordError

LARGEST_INT = 2**53 - 1
"""Integers beyond this are not exact in the double that a JSON reader may use."""


def canonical(value: object) -> bytes:
    """The canonical UTF-8 bytes of a JSON value.

    Args:
        value: None, bool, int, float, str, or lists, tuples and str-keyed dicts of these.

    Raises:
        RecordError: for NaN, infinities, integers beyond 2**53 - 1, lone surrogates, keys that
            are not text, and every type that JSON does not have.
    """
    try:
        return _text(value).encode("utf-8")
    except UnicodeEncodeError as error:
        raise RecordError(
            f"text with a lone surrogate has no canonical form: {error.object[:40]!r}"
        ) from error


def digest(value: object) -> str:
    """``"sha256:"`` and the SHA-256 of the value's canonical bytes, in hex."""
    return "sha256:" + hashlib.sha256(canonical(value)).hexdigest()


def read(text: str | bytes) -> object:
    """JSON as values whose canonical form is the same again.

    A large float is printed without a point (1e20 as 100000000000000000000), so an integer
    beyond 2**53 - 1 in the text is read as the float that it is.

    Raises:
        RecordError: where an object has a member twice, on which readers would disagree.
        ValueError: where the text is not JSON.
    """
    return json.loads(text, parse_int=_read_integer, object_pairs_hook=_read_members)


def _read_integer(digits: str) -> int | float:
    value = int(digits)
    return value if abs(value) <= LARGEST_INT else float(digits)


def _read_members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise RecordError(f"a member comes twice among {[name for name, _ in pairs][:8]}")
    return members


def _text(value: object) -> str:
    match value:
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case str():
            return json.dumps(value, ensure_ascii=False)
        case int():
            return _integer(value)
        case float():
            return number(value)
        case list() | tuple():
            return "[" + ",".join(map(_text, value)) + "]"
        case dict():
            return _members(value)
    raise RecordError(f"JSON has no {type(value).__name__}; write it as text or a number first")


def _members(members: dict[object, object]) -> str:
    named = {key: item for key, item in members.items() if isinstance(key, str)}
    if len(named) < len(members):
        raise RecordError(f"JSON members need text as names, got {set(members) - set(named)!r}")
    keys = sorted(named, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
    return "{" + ",".join(f"{_text(key)}:{_text(named[key])}" for key in keys) + "}"


def _integer(value: int) -> str:
    if abs(value) > LARGEST_INT:
        raise RecordError(f"{value} is beyond 2**53 - 1; write it as text")
    return str(int(value))


def number(value: float) -> str:
    """A finite float as ECMAScript's Number::toString prints it.

    Python's ``repr`` gives the same shortest digits; only the layout differs.
    """
    if not math.isfinite(value):
        raise RecordError(f"JSON has no {value}; write it as text")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(float(value))).partition("e")
    whole, _, fraction = mantissa.partition(".")
    point = len(whole) + int(exponent or 0)
    digits = whole + fraction
    point -= len(digits) - len(digits.lstrip("0"))
    return sign + _layout(digits.strip("0"), point)


def _layout(digits: str, point: int) -> str:
    """0.DIGITS x 10**point, laid out by ECMA-262, Number::toString, steps 6 to 10."""
    if len(digits) <= point <= 21:
        return digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    dotted = digits if len(digits) == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{dotted}e{point - 1:+d}"
