"""Looks at the user's objects without asking them: their own methods must not run for us.

``isinstance`` reads ``__class__``, and ``getattr`` runs descriptors and ``__getattr__``: code that
may count, print, be slow, or be traced itself and so come back here without end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import FunctionType, MethodType, ModuleType
from typing import Any
from weakref import WeakMethod


def kept(value: Any) -> Any:
    """A callee until its call is over: of a method only what does not hold its owner."""
    if type(value) is not MethodType or type(value.__self__).__weakrefoffset__ == 0:
        return value
    return WeakMethod(value)


def attributes(thing: Any) -> Mapping[str, Any]:
    """What an object holds in its own dictionary; nothing where it has none."""
    try:
        found = object.__getattribute__(thing, "__dict__")
    except (AttributeError, TypeError):
        return {}
    return found if type(found) is dict else {}


def found(owner: Any, name: str, default: Any = None) -> Any:
    """An attribute as a module or class holds it, functions unwrapped; nothing is called."""
    if not issubclass(type(owner), type):
        return attributes(owner).get(name, default)
    for base in ancestors(owner):
        held = _dictionary(base).get(name, _MISSING)
        if held is not _MISSING:
            return held.__func__ if type(held) in (staticmethod, classmethod) else held
    return default


def home(callee: Any) -> str:
    """Name of the module that a class, function or module belongs to; of a module its own."""
    if issubclass(type(callee), ModuleType):
        name = attributes(callee).get("__name__")
    elif issubclass(type(callee), type):
        name = type.__getattribute__(callee, "__module__")
    elif type(callee) is MethodType:
        name = home(callee.__func__) if type(callee.__func__) is FunctionType else ""
    else:
        name = getattr(callee, "__module__", None) or ""
    return name if type(name) is str else ""


_MISSING = object()
ancestors: Callable[[type], tuple[type, ...]] = type.__dict__["__mro__"].__get__
"""A class and its bases in the order in which attributes are looked for."""
_dictionary: Callable[[type], Mapping[str, Any]] = type.__dict__["__dict__"].__get__
