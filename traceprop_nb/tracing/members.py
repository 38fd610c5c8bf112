"""The members of a container as it holds them: a class of the user's may count who asks it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any


def members(value: list[Any] | tuple[Any, ...], most: int = 1000) -> Sequence[Any]:
    """The first members of a list or tuple, whatever its class says about reading it."""
    if isinstance(value, list):
        return list.__getitem__(value, slice(most))
    return tuple.__getitem__(value, slice(most))


def flat(value: Any) -> Iterator[Any]:
    """A value, or the members of a list, tuple or dict, two levels deep."""
    if issubclass(type(value), dict):
        value = list(dict.values(value))
    if not issubclass(type(value), list | tuple):
        yield value
        return
    for member in _all_of(value):
        if issubclass(type(member), list | tuple):
            yield from _all_of(member)
        else:
            yield member


def _all_of(value: list[Any] | tuple[Any, ...]) -> Sequence[Any]:
    """All of them; of a long list that begins with plain values, the beginning."""
    first = members(value)
    if all(type(v) in _PLAIN for v in first):
        return first
    return members(value, list.__len__(value) if isinstance(value, list) else tuple.__len__(value))


_PLAIN = frozenset((int, float, str, bool, complex, bytes, type(None)))
