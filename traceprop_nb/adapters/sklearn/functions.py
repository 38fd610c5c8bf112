"""scikit-learn's functions, by what each of their results is made of.

A code a result: ``r`` the row of the first argument, with every row of all of them as context;
``o`` the row of the first argument only, with the other arguments as context; ``b`` the same row
of the first two, with all as context; ``p`` the
same row of the first two and nothing else; ``a`` every row of every argument; ``x`` pairs
of rows of two arguments, or of one with itself; ``-`` no rows.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import sklearn
from sklearn.utils import Bunch

from traceprop_nb.adapters.sklearn.behaviour import Trust, trust, users
from traceprop_nb.adapters.sklearn.function_table import (
    BY_CLASS,
    BY_OUTPUT,
    NO_ROWS,
    NUMBERS,
    OPAQUE,
    OVER_COLUMNS,
    SPEC,
)
from traceprop_nb.adapters.sklearn.models import nodes
from traceprop_nb.lineage.maps import All, Identity
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing import opaque
from traceprop_nb.tracing.rules import Call, Edge, Rule, RuleTable

_ALONE = {"o": 1, "p": 2}
"""How many of the arguments are no context of other rows."""
_SPREAD = frozenset(("seuclidean", "mahalanobis"))
"""Distances that measure the spread of all rows first."""


def install(table: RuleTable) -> None:
    """Fill the table."""
    for name, codes in SPEC.items():
        for function in _named(name):
            table.function(_rule(codes, table.functions.get(function)), function)
    for name in (*BY_OUTPUT, *BY_CLASS, *NUMBERS):
        for function in _named(f"metrics.{name}"):
            table.function(_rule("a", table.functions.get(function)), function)
    for name in (*NO_ROWS, *(f"metrics.{name}" for name in NUMBERS)):
        table.no_rows(*_named(name))
    for why, names in OPAQUE.items():
        for name in names.split():
            table.opaque(why, *_named(name))


def _named(name: str) -> Iterator[Any]:
    """The function of that name, where this version has it."""
    module, _, function = name.rpartition(".")
    path = f"{sklearn.__name__}.{module}" if module else sklearn.__name__
    try:
        found = getattr(import_module(path), function, None)
    except ModuleNotFoundError:
        return
    if found is not None:
        yield found


def _rule(codes: str, before: Rule | None) -> Rule:
    """A rule, after one that takes note of the call for another reason."""

    def rule(call: Call) -> bool | None:
        if before is not None:
            before(call)
        return _recorded(call, codes)

    return rule


def _recorded(call: Call, codes: str) -> bool | None:
    bound = inspect.signature(call.function).bind(*call.args, **call.kwargs).arguments
    if any(map(users, bound.values())):
        return None  # a function of the user's may mix rows
    codes = _of_arguments(call, codes, bound)
    outs = call.out if isinstance(call.out, tuple | list) else (call.out,)
    given = _values(call, bound)
    found = []
    for k, out in enumerate(outs):
        if type(out) in call.recorder.table.recorded or type(out) is Bunch:
            edges = _edges(call, codes[min(k, len(codes) - 1)], out, given)
            if edges is None:
                return None
            found.append((out, edges))
    for out, edges in found:
        rows = 1 if type(out) is Bunch else None
        node = call.recorder.emit(call.site, call.name, out, edges, rows=rows)
        if given and out is given[0]:
            opaque.aliases_written(call.recorder, call.site, call.recorder.identity.find(out), node)
    return True


def _of_arguments(call: Call, codes: str, bound: dict[str, Any]) -> str:
    """The codes of this call, where an argument decides."""
    name = call.function.__name__
    if name in OVER_COLUMNS:
        axis = bound.get("axis", OVER_COLUMNS[name])
        return "oo" if axis == 1 else "ra"
    if codes != "x":
        return codes
    if bound.get("axis", 1) != 1:
        return "?"
    if bound.get("metric") == "precomputed":
        return "o"
    return "r" if bound.get("Y") is None or bound.get("metric") in _SPREAD else "o"


def _values(call: Call, bound: dict[str, Any]) -> list[Any]:
    """The recorded values among the arguments, in their order, each once."""
    given = [v for k in bound.values() for v in (k if isinstance(k, tuple | list) else (k,))]
    found: list[Any] = []
    for value in given:
        known = call.recorder.identity.node(value) is not None or hasattr(value, "get_params")
        if (known or type(value) in call.recorder.table.recorded) and not any(
            value is v for v in found
        ):
            found.append(value)
    return found


def _edges(call: Call, code: str, out: Any, given: list[Any]) -> list[Edge] | None:
    table = call.recorder.table
    rows = 1 if type(out) is Bunch else table.rows(out)
    kept = {"r": 1, "o": 1, "b": 2, "p": 2, "a": 0, "-": 0}.get(code)
    if kept is None or not given or any(table.rows(v) != rows for v in given[:kept]):
        return None
    edges: list[Edge] = []
    for value in given[:kept]:
        edges += call.recorder.edge(value, Identity(rows))
    kind = Kind.CONTEXT if kept else Kind.DIRECT
    for value in () if code == "-" else given[_ALONE.get(code, 0) :]:
        for node in _nodes(call, value):
            n = call.recorder.graph.rows(node)
            edges.append((node, All(n, rows), kind, _status(value)))
    return edges


def _nodes(call: Call, value: Any) -> list[int]:
    if hasattr(value, "get_params"):
        return nodes(call.recorder, value, call.site)
    node = call.recorder.node_of(value)
    return [] if node is None else [node]


def _status(value: Any) -> Status:
    if not hasattr(value, "get_params"):
        return Status.EXACT
    return Status.EXACT if trust(value) == Trust.PROVEN else Status.ASSUMED
