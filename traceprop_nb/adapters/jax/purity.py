"""Whether a function may be traced once more: it can change nothing that anyone would see.

Tracing runs a function's Python body on stand-ins. That is invisible only if the body writes no
global, and everything it can reach by name is a number, an array, JAX itself, or such a function.
What it makes or is given while it is traced may be changed freely: those are the stand-ins. Where
a list, dict or NumPy array is in reach, nothing at all may be written.
"""

from __future__ import annotations

import dis
from collections.abc import Iterator
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import jax
import numpy as np

from traceprop_nb.tracing.syntax import HOOKS

_ROOTS = frozenset("jax jaxlib flax equinox optax einops numpyro jaxtyping".split())
_OUTSIDE = frozenset(
    "STORE_GLOBAL DELETE_GLOBAL IMPORT_NAME IMPORT_FROM IMPORT_STAR DELETE_DEREF"
    " YIELD_VALUE GET_AWAITABLE".split()
)
_BUILTINS = frozenset(
    "abs all any bool complex dict divmod enumerate filter float frozenset int isinstance"
    " issubclass len list map max min pow range reversed round set slice sorted str sum tuple"
    " type zip super getattr hasattr callable ValueError TypeError AssertionError".split()
)
_FORBIDDEN = frozenset(
    "random save savez savetxt load loadtxt fromfile memmap seterr set_printoptions config"
    " profiler monitoring experimental distributed clear_caches io_callback tofile breakpoint"
    " setbufsize errstate default_device".split()
)
"""Attributes of modules that read or change something outside."""
_WRITING = frozenset(
    "append extend insert pop remove clear update setdefault popitem fill sort put itemset resize"
    " setflags partition copyto place putmask fill_diagonal reverse".split()
)
_PLAIN = (
    int, float, complex, bool, str, bytes, type(None), type(Ellipsis), np.generic, np.dtype,
    jax.Array, range, slice, frozenset,
)  # fmt: skip
_GLOBALS = ("LOAD_GLOBAL", "LOAD_NAME")
_DEEP = 12


def pure(function: Any) -> bool:
    """Whether tracing a callable again can change nothing."""
    judge = _Judge()
    return judge.call(function, 0) and not (judge.mutable and judge.writes)


class _Judge:
    """One walk over what a function can reach.

    Attributes:
        mutable: Whether something was in reach that could be written into.
        writes: Whether any function in reach writes into anything.
    """

    def __init__(self) -> None:
        self.mutable = self.writes = False
        self._seen: set[int] = set()

    def call(self, function: Any, depth: int) -> bool:
        """Whether a callable is pure."""
        if id(function) in self._seen:
            return True
        self._seen.add(id(function))
        if depth > _DEEP:
            return False
        if isinstance(function, MethodType):
            own = self.value(function.__self__, depth + 1)
            return own and self.call(function.__func__, depth + 1)
        if of_jax(function):
            wrapped = getattr(function, "__wrapped__", None)
            inside = wrapped is None or self.call(wrapped, depth + 1)
            return inside and self._module(function, depth)
        if isinstance(function, FunctionType):
            return self._function(function, depth)
        return self._module(function, depth, needed=True)

    def value(self, value: Any, depth: int) -> bool:  # noqa: PLR0911  # one for each kind
        """Whether nothing that lasts can be changed through a value, unless someone writes."""
        if isinstance(value, (*_PLAIN, np.ufunc)):
            return True
        if isinstance(value, np.ndarray):
            self.mutable = True
            return True
        if isinstance(value, list | dict | tuple):
            self.mutable |= not isinstance(value, tuple)
            members = value.values() if isinstance(value, dict) else value
            return depth < _DEEP and all(self.value(member, depth + 1) for member in members)
        if isinstance(value, ModuleType):
            return value.__name__.partition(".")[0] in (*_ROOTS, "numpy", "math", "functools")
        if isinstance(value, type):
            known = value.__module__.partition(".")[0] in (*_ROOTS, "numpy", "builtins")
            return known or hasattr(value, "_fields")
        if isinstance(value, BuiltinFunctionType):
            return value.__module__ in ("math", "builtins", "_functools", "numpy")
        return self.call(value, depth)

    def _function(self, function: FunctionType, depth: int) -> bool:
        code = function.__code__
        if not all(self._quiet(line, code) for code in _codes(code) for line in _lines(code)):
            return False
        reached = _reached(function)
        return reached is not None and all(self.value(v, depth + 1) for v in reached)

    def _quiet(self, line: dis.Instruction, code: CodeType) -> bool:
        name, what = line.opname, line.argval
        if name in _OUTSIDE or (name == "STORE_DEREF" and what not in code.co_cellvars):
            return False
        if name.startswith(("LOAD_ATTR", "LOAD_METHOD")):
            self.writes |= what in _WRITING
            return what not in _FORBIDDEN
        if name.startswith(("STORE_SUBSCR", "STORE_ATTR", "DELETE_SUBSCR", "DELETE_ATTR")):
            self.writes = True
        if name == "BINARY_OP" and line.argrepr.endswith("="):
            self.writes = True
        return True

    def _module(self, value: Any, depth: int, *, needed: bool = False) -> bool:
        """An Equinox-like module: a frozen dataclass of harmless fields, with a pure call."""
        fields = getattr(type(value), "__dataclass_fields__", None)
        params = getattr(type(value), "__dataclass_params__", None)
        if fields is None or params is None or not params.frozen:
            return not needed
        call = type(value).__dict__.get("__call__")
        own = call is None or of_jax(call) or self.call(call, depth + 1)
        return own and all(self.value(getattr(value, name, None), depth + 1) for name in fields)


def of_jax(function: Any) -> bool:
    """Whether a callable was made by JAX or a library on top of it."""
    if isinstance(function, FunctionType):
        name = function.__globals__.get("__name__", "")
    elif isinstance(function, BuiltinFunctionType | type):
        name = function.__module__ or ""
    else:
        name = getattr(type(function), "__module__", "") or ""
    return str(name).partition(".")[0] in _ROOTS


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _lines(code: CodeType) -> Iterator[dis.Instruction]:
    """Instructions; ``jax.random`` is an attribute that is not forbidden after ``jax``."""
    before = None
    for line in dis.get_instructions(code):
        if line.argval == "random" and before == "jax":
            before = line.argval
            continue
        before = line.argval
        yield line


def _reached(function: FunctionType) -> list[Any] | None:
    """What a function can reach by name; None where a name is not bound or not allowed."""
    found: list[Any] = []
    names = {
        line.argval
        for code in _codes(function.__code__)
        for line in dis.get_instructions(code)
        if line.opname in _GLOBALS
    } - {HOOKS}
    for name in names:
        if name in function.__globals__:
            found.append(function.__globals__[name])
        elif name not in _BUILTINS:
            return None
    for cell in function.__closure__ or ():
        try:
            found.append(cell.cell_contents)
        except ValueError:  # not filled yet
            return None
    found += function.__defaults__ or ()
    found += (function.__kwdefaults__ or {}).values()
    return found
