"""What a cell that was not traced may have done to values that were.

Nobody saw it. A value that the cell only looked at stays what it is; one that it handed to a
call, wrote into or called a method of becomes ASSUMED: exact if its rows were not moved in place.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

from traceprop_nb.lineage.maps import Identity
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.record import Recorder

_NAME = re.compile(r"[^\W\d]\w*")
_LOOKING = frozenset(
    "print len display type repr str head tail describe info shape dtypes columns mean sum std min "
    "max value_counts unique nunique plot hist to_string to_csv to_html copy isna any all corr "
    "rows why lineage impact influence report sum item count groupby iloc loc columns script probe "
    "equals cells".split()
)


def mark(
    recorder: Recorder,
    source: str,
    namespace: Mapping[str, Any],
    origins: dict[int, tuple[str, int]],
    cell: int,
) -> None:
    """After an untraced cell: mark what it may have changed, and remember what it made.

    Args:
        recorder: Holds the lineage.
        source: The cell's text.
        namespace: The user's names now.
        origins: id of a value -> its name and the untraced cell that made it; added to.
        cell: The cell's number.
    """
    named = namespace.keys() & set(_NAME.findall(source))
    for name in named:
        value = namespace[name]
        if has_rows(value) and recorder.identity.node(value) is None:
            known = origins.get(id(value))
            if known is None or known[0] != name:
                origins[id(value)] = (name, cell)
    if not any(type(namespace[name]) in recorder.table.tracked for name in named):
        return  # it has to do with nothing of ours
    try:
        touched = sorted(set(_touched(ast.parse(source))))
    except SyntaxError:
        touched = sorted(named)  # magics inside: be careful
    for name in touched:
        _assume(recorder, namespace.get(name), cell)


def has_rows(value: Any) -> bool:
    """Whether it may be an array, a frame or a tensor, whatever framework is open yet."""
    kind = type(value)
    return hasattr(kind, "shape") and (hasattr(kind, "dtype") or hasattr(kind, "columns"))


def _assume(recorder: Recorder, value: Any, cell: int) -> None:
    if type(value) not in recorder.table.tracked:
        return
    node = recorder.identity.node(value)
    if node is None:
        return
    rows = recorder.table.rows(value)
    if recorder.graph.rows(node) != rows:
        recorder.source(value, f"changed in untraced cell {cell}", "unknown")
        return
    same = (node, Identity(rows), Kind.DIRECT, Status.ASSUMED)
    recorder.emit(-1, f"untraced cell {cell}", value, [same])


def _touched(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _handed_over(node)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if not isinstance(target, ast.Name):
                    yield from _root(target)
        elif isinstance(node, ast.AugAssign):
            yield from _root(node.target)


def _handed_over(node: ast.Call) -> Iterator[str]:
    function = node.func
    called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if called in _LOOKING:
        return
    if isinstance(function, ast.Attribute):
        yield from _root(function.value)
    for argument in (*node.args, *(k.value for k in node.keywords)):
        yield from _root(argument)


def _root(node: ast.expr) -> Iterator[str]:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Tuple | ast.List):
        for element in node.elts:
            yield from _root(element)
