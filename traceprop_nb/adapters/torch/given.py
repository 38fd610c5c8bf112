"""A torch call read the same way whether it was written as a function, a method or an operator."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch

from traceprop_nb.lineage.maps import All, Identity, Range, RowMap
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing import memory, opaque, through
from traceprop_nb.tracing.broadcast import edges as broadcast
from traceprop_nb.tracing.operand import Operand
from traceprop_nb.tracing.rules import Call, Edge
from traceprop_nb.tracing.writer import Writer

Find = Callable[[Any], list[Edge] | None]
"""(a tensor of the result) -> its edges, or None where the call is not one that is known."""
Shape = tuple[int, ...]


def arguments(call: Call) -> tuple[list[Any], dict[str, Any]]:
    """All arguments; a method's receiver comes first, as the operand that was noted of it."""
    args, kwargs = list(call.args), dict(call.kwargs)
    if call.node is not None and call.kind in call.recorder.table.recorded:
        args.insert(0, received(call))
    elif not args and "input" in kwargs:
        args.insert(0, kwargs.pop("input"))
    return args, kwargs


def received(call: Call) -> Operand:
    """The receiver, with its shape before the call."""
    return Operand(
        call.node, call.kind, call.ndim, call.rows, call.index, None, call.ref, call.mark
    )


def seen(call: Call, value: Any) -> Operand | None:
    """A value as an operand; None where it has no rows."""
    if type(value) is Operand:
        return value if value.kind in call.recorder.table.recorded else None
    return call.recorder.operand(value) if type(value) in call.recorder.table.recorded else None


def tensor(call: Call, value: Any) -> Operand | None:
    """A value as an operand, if it is a tensor."""
    found = seen(call, value)
    return found if found is not None and issubclass(found.kind, torch.Tensor) else None


def shape(operand: Operand) -> Shape:
    """A tensor's shape when it passed."""
    return tuple(operand.mark) if operand.mark is not None else ()


def argument(
    args: list[Any], kwargs: dict[str, Any], at: int, name: str, default: Any = None
) -> Any:
    """An argument by its place, the receiver counted, or by its name."""
    return args[at] if 0 <= at < len(args) else kwargs.get(name, default)


def leaves(values: Iterable[Any]) -> Iterator[Any]:
    """Values, and what lists and tuples among them hold, two levels deep."""
    for value in values:
        if not isinstance(value, list | tuple):
            yield value
            continue
        for part in value:
            yield from part if isinstance(part, list | tuple) else (part,)


def operands(call: Call) -> list[Operand]:
    """Everything with rows that the call was given to read."""
    args, kwargs = arguments(call)
    given = [*args, *(v for name, v in kwargs.items() if name != "out")]
    found = (seen(call, value) for value in leaves(given))
    return [operand for operand in found if operand is not None]


def results(call: Call) -> list[Any]:
    """The tensors and arrays of a result."""
    tracked = call.recorder.table.tracked
    return [out for out in leaves((call.out,)) if type(out) in tracked]


def emit(call: Call, find: Find) -> bool | None:
    """Record every tensor of the result; None, and nothing recorded, where one is not known."""
    outs = results(call)
    found = [find(out) for out in outs]
    if not outs or any(edges is None for edges in found):
        return None
    into = "out" in call.kwargs
    for out, edges in zip(outs, found, strict=True):
        node = call.recorder.emit(call.site, call.name, out, edges or ())
        if into or out is call.receiver:
            _written(call, out, node, edges or [])
    return True


def _written(call: Call, out: Any, node: int, edges: list[Edge]) -> None:
    """Rows of others came into ``out``, or its own moved: so they did in what shares memory."""
    still = all(parent == call.node and isinstance(m, Identity) for parent, m, *_ in edges)
    if not still:
        opaque.aliases_written(call.recorder, call.site, call.recorder.identity.find(out), node)


def view(call: Call) -> None:
    """The results may be views of the first tensor that was given."""
    recorder, (args, _) = call.recorder, arguments(call)
    base = args[0] if args else None
    parts = base if isinstance(base, list | tuple) else (base,)
    for part in parts:
        ref = part.ref if type(part) is Operand else recorder.identity.find(part)
        one = ref() if ref is not None else None
        if one is None and ref is not None:  # a temporary: what it was a view of
            one = next((other for other, _ in recorder.identity.aliases(ref)), None)
        for out in results(call) if one is not None else ():
            memory.share(recorder, one, out)


def same(operand: Operand, kind: Kind = Kind.DIRECT) -> list[Edge]:
    """Row i comes from row i."""
    return edge(operand, Identity(operand.rows), kind)


def every(operand: Operand, rows: int, kind: Kind = Kind.DIRECT) -> list[Edge]:
    """Every row comes from every row."""
    return edge(operand, All(operand.rows, rows), kind)


def edge(operand: Operand, row_map: RowMap, kind: Kind = Kind.DIRECT) -> list[Edge]:
    """One exact edge, or none where the operand has no rows to speak of."""
    return [] if operand.node is None else [(operand.node, row_map, kind, Status.EXACT)]


def alone(recorder: Writer, node: int, depth: int = 16) -> bool:
    """Whether all rows of a value come from one row of whatever it is made of."""
    graph = recorder.graph
    if graph.rows(node) <= 1:
        return True
    if node in graph.sources or not depth or graph.status(node) != Status.EXACT:
        return False
    for parent, row_map, kind, status in graph.edges(node):
        one = row_map.n_in == 1 and through.same_row(row_map)
        one = one or (isinstance(row_map, Range) and row_map.step == 0)
        if kind == Kind.CONTEXT or (one and status == Status.EXACT):
            continue
        if not isinstance(row_map, Identity) or not alone(recorder, parent, depth - 1):
            return False
    return True


def spread(call: Call, out: Any, given: Iterable[Operand]) -> list[Edge]:
    """Edges of an element-wise result: NumPy's broadcasting, read for axis 0."""
    recorder = call.recorder
    ndim, rows, _ = recorder.table.snapshot(out)
    flat = broadcast(recorder, ndim, rows, given)
    maps = recorder.graph.maps
    return [
        (flat[k], maps[flat[k + 1]], Kind(flat[k + 2] // 4), Status(flat[k + 2] % 4))
        for k in range(0, len(flat), 3)
    ]
