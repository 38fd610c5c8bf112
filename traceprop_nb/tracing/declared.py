"""What a user says of a function that no rule knows: where the rows of its result come from.

It holds for every session of the process, and is always ASSUMED: the user's word, checked by
nobody unless ``probe`` did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.lineage.maps import All, Gather, Identity, Ints, Ragged, RowMap
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.operand import Operand

if TYPE_CHECKING:
    from traceprop_nb.tracing.rules import Call, Edge

Positions = Callable[[Sequence[Any], Mapping[str, Any], Any], Any]
"""(arguments, named arguments, result) -> rows of the first argument behind each row of the
result: one number or several a row; or {argument's place or name: such rows}."""

RULES: dict[Any, Callable[[Call], bool | None]] = {}
HELD: set[FunctionType] = set()
"""Functions whose arguments are held while they run, because a rule reads them afterwards."""


def holds(callee: Any) -> bool:
    """Whether a rule of the user's reads the arguments of a function, or of one in a module."""
    if type(callee) is ModuleType:
        return any(function.__module__ == callee.__name__ for function in HELD)
    return type(callee) is FunctionType and callee in HELD


def rowwise(function: Any) -> None:
    """Row i of the result comes from row i of every argument that has as many rows."""
    RULES[function] = lambda call: _each(call, _aligned, "declared row by row")


def opaque(function: Any, why: str) -> None:
    """Nothing is known of it but that its result comes from its arguments."""

    def stand_back(call: Call) -> None:
        call.recorder.graph.reasons[call.site] = why

    RULES[function] = stand_back


def positions(function: Any, rule: Positions) -> None:
    """The rows of the result come from the rows that ``rule`` names."""

    def named(call: Call, out: Any, _: int) -> list[Edge]:
        found = rule(call.args, call.kwargs, out)
        each = found if isinstance(found, Mapping) else {0: found}
        edges: list[Edge] = []
        for key, behind in each.items():
            thing = call.args[key] if isinstance(key, int) else call.kwargs[key]
            for node, n in _placed(call, thing):
                edges.append((node, _map(behind, n), Kind.DIRECT, Status.ASSUMED))
        return edges

    RULES[function] = lambda call: _each(call, named, "by a declared rule")
    if isinstance(function, FunctionType):
        HELD.add(function)


def forget(function: Any) -> None:
    """Take back what was said of a function."""
    RULES.pop(function, None)
    HELD.discard(function)


def _each(call: Call, edges: Callable[[Call, Any, int], list[Edge]], why: str) -> bool | None:
    """Record every result that has rows; a result that no rule fits leaves all to the opaque."""
    table = call.recorder.table
    outs = call.out if isinstance(call.out, tuple | list) else (call.out,)
    outs = [out for out in outs if type(out) in table.recorded]
    found = [edges(call, out, table.rows(out)) for out in outs]
    if not found or not all(found):
        return None
    call.recorder.graph.reasons[call.site] = why
    for out, its in zip(outs, found, strict=True):
        call.emit(*its, out=out)
    return True


def _aligned(call: Call, _: Any, rows: int) -> list[Edge]:
    direct: list[Edge] = []
    context: list[Edge] = []
    for thing in (call.receiver_operand(), *call.args, *call.kwargs.values()):
        for node, n in _placed(call, thing):
            if n == rows:
                direct.append((node, Identity(n), Kind.DIRECT, Status.ASSUMED))
            else:
                context.append((node, All(n, rows), Kind.CONTEXT, Status.ASSUMED))
    return direct + context if direct else []


def _placed(call: Call, thing: Any) -> Iterator[tuple[int, int]]:
    """Node and rows of an argument, if it has any."""
    if type(thing) is Operand:
        node = thing.node
    elif type(thing) in call.recorder.table.recorded:
        node = call.recorder.node_of(thing)
    else:
        node = call.recorder.identity.node(thing)
    if node is not None:
        yield node, call.recorder.graph.rows(node)


def _map(behind: Any, n_in: int) -> RowMap:
    """Rows behind each row of a result: one number each, or a list of them each."""
    behind = list(behind)
    if all(np.ndim(row) == 0 for row in behind):
        return Gather(np.asarray(behind, np.int64), n_in)
    each: list[Ints] = [np.unique(np.asarray(row, np.int64)) for row in behind]
    start = np.cumsum([0, *map(len, each)])
    return Ragged(start, np.concatenate(each), n_in)
