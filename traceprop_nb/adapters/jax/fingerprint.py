"""What tells one function from another: itself for the user's, its parts for JAX's wrappers.

``jax.grad(loss)`` makes a new function every time; what it does is decided by its code and by what
it closes over.
"""

from __future__ import annotations

import weakref
from collections.abc import Hashable
from types import CodeType, FunctionType
from typing import Any

import jax
import numpy as np

_NUMBERS = (int, float, complex, bool, str, bytes, type(None), type(Ellipsis), type, CodeType)
_DEEP = 8


class Print:
    """A function's fingerprint.

    Attributes:
        key: Equal for functions that do the same, as long as ``alive``.
    """

    def __init__(self, function: Any) -> None:
        self._refs: list[weakref.ref[Any]] = []
        self.key: Hashable = self._of(function, 0)

    @property
    def alive(self) -> bool:
        """Whether everything whose address is in the key still lives."""
        return all(ref() is not None for ref in self._refs)

    def _of(self, value: Any, depth: int) -> Hashable:
        if isinstance(value, _NUMBERS):
            return (type(value), value)
        if isinstance(value, tuple | list) and depth < _DEEP:
            return (type(value), tuple(self._of(member, depth + 1) for member in value))
        if isinstance(value, dict) and depth < _DEEP:
            members = [(self._of(k, depth + 1), self._of(v, depth + 1)) for k, v in value.items()]
            return (dict, tuple(members))
        if isinstance(value, FunctionType) and depth < _DEEP:
            return self._function(value, depth)
        return self._itself(value)

    def _itself(self, value: Any) -> Hashable:
        try:
            self._refs.append(weakref.ref(value))
        except TypeError:
            if isinstance(value, np.ndarray | jax.Array):
                return (type(value), object())
            try:
                hash(value)
            except TypeError:
                return (type(value), object())  # like nothing else
            return (type(value), value)
        return (type(value), id(value))

    def _function(self, function: FunctionType, depth: int) -> Hashable:
        cells = tuple(self._of(_content(cell), depth + 1) for cell in function.__closure__ or ())
        given = self._of((function.__defaults__ or (), function.__kwdefaults__ or {}), depth + 1)
        names: tuple[Hashable, ...] = ()
        if function.__globals__.get("__name__", "").partition(".")[0] not in ("jax", "flax"):
            names = tuple(
                (name, self._of(function.__globals__[name], depth + 1))
                for name in function.__code__.co_names
                if name in function.__globals__ and not name.startswith("__")
            )
        return (function.__code__, cells, given, names)


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return None
