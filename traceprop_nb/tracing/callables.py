"""What a function handed to an operation may bring in: tracked values among its globals."""

from __future__ import annotations

import sys
import sysconfig
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
    function = (
        getattr(function, "__func__", function) if isinstance(function, MethodType) else function
    )
    if not isinstance(function, FunctionType):
        return []
    values = [function.__globals__.get(name) for name in _names(function.__code__)]
    for cell in function.__closure__ or ():
        try:
            values.append(cell.cell_contents)
        except ValueError:  # not filled yet
            continue
    values += list(function.__defaults__ or ())
    edges: list[Edge] = []
    for value in values:
        node = recorder.identity.node(value)
        if node is not None and all(node != edge[0] for edge in edges):
            found = All(recorder.graph.rows(node), rows)
            edges.append((node, found, Kind.DIRECT, Status.INEXACT))
    return edges


def _names(code: CodeType) -> list[str]:
    names = list(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names += _names(constant)
    return names


_LIBRARIES = tuple(
    path
    for key in ("stdlib", "platstdlib", "purelib", "platlib")
    if (path := sysconfig.get_path(key))
)


def is_user_module(name: str) -> bool:
    """Whether code of this module is the user's own rather than an installed library's."""
    if name == "__main__":
        return True
    module = sys.modules.get(name)
    file = getattr(module, "__file__", None)
    if module is None or file is None:
        return False  # built in, or made by a library
    return not str(file).startswith(_LIBRARIES) and "site-packages" not in str(file)
