"""What a function handed to an operation may bring in: tracked values among its globals."""

from __future__ import annotations

import dis
import sys
import sysconfig
from functools import lru_cache
from importlib.util import find_spec
from types import CodeType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from traceprop_nb.lineage.maps import All
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.rules import Edge

if TYPE_CHECKING:
    from traceprop_nb.tracing.record import Recorder


def brought_in(recorder: Recorder, function: Any, rows: int) -> list[Edge]:
    """Edges to every recorded value that a Python function can reach by name.

    A function without Python code, such as a ufunc or a builtin, reaches none.
    """
    return [
        (node, All(recorder.graph.rows(node), rows), Kind.DIRECT, Status.INEXACT)
        for _, node in reached(recorder, function)
    ]


def reached(recorder: Recorder, function: Any) -> list[tuple[Any, int]]:
    """Those values themselves, each with its node."""
    if type(function) is MethodType:
        function = function.__func__
    if type(function) is not FunctionType:
        return []
    values = [function.__globals__.get(name) for name in names_read(function.__code__)]
    for cell in function.__closure__ or ():
        try:
            values.append(cell.cell_contents)
        except ValueError:  # not filled yet
            continue
    values += list(function.__defaults__ or ())
    values += list((function.__kwdefaults__ or {}).values())
    found: dict[int, Any] = {}
    for value in values:
        node = recorder.identity.node(value)
        if node is not None:
            found.setdefault(node, value)
    return [(value, node) for node, value in found.items()]


@lru_cache(maxsize=512)
def names_read(code: CodeType) -> tuple[str, ...]:
    """The globals that code reads, not the attributes, nested functions included."""
    names = [i.argval for i in dis.get_instructions(code) if i.opname in _READS]
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names += names_read(constant)
    return tuple(dict.fromkeys(names))


@lru_cache(maxsize=512)
def inert(code: CodeType) -> bool:
    """Whether code only hands on what it is given: it calls, computes and writes nothing."""
    return all(i.opname.startswith(_INERT) for i in dis.get_instructions(code))


_INERT = ("RESUME", "NOP", "LOAD_FAST", "LOAD_CONST", "LOAD_SMALL_INT", "RETURN_", "COPY_FREE_VARS",
          "LOAD_DEREF", "BUILD_TUPLE", "BUILD_LIST", "MAKE_CELL")  # fmt: skip
_READS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
_LIBRARIES = tuple(
    path
    for key in ("stdlib", "platstdlib", "purelib", "platlib")
    if (path := sysconfig.get_path(key))
)


def is_library(name: str) -> bool:
    """Whether a module belongs to Python or to an installed package; nothing is imported."""
    root = name.partition(".")[0]
    if root in sys.builtin_module_names or root in sys.stdlib_module_names:
        return True
    try:
        spec = find_spec(root)
    except (ImportError, ValueError):  # __main__ has none
        return False
    places = [] if spec is None else [spec.origin, *(spec.submodule_search_locations or ())]
    return any(_installed(str(place)) for place in places if place)


def _installed(path: str) -> bool:
    return path.startswith(_LIBRARIES) or "site-packages" in path


def is_user_module(name: str) -> bool:
    """Whether code of this module is the user's own rather than an installed library's."""
    if name == "__main__":
        return True
    module = sys.modules.get(name)
    file = getattr(module, "__file__", None)
    if module is None or file is None:
        return False  # built in, or made by a library
    return not _installed(str(file))
