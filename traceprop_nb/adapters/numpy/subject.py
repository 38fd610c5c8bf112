"""What a call of NumPy acts on, and how its result is recorded: the parts that all rules share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from traceprop_nb.lineage.maps import All, RowMap
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing import carriers, opaque
from traceprop_nb.tracing.identity import Tracked
from traceprop_nb.tracing.operand import Operand
from traceprop_nb.tracing.rules import Call, Edge

DIRECT, CONTEXT = Kind.DIRECT, Kind.CONTEXT
EXACT, INEXACT = Status.EXACT, Status.INEXACT


@dataclass(slots=True)  # not frozen: made for every call, and frozen takes four times as long
class Subject:
    """The array that a function or method acts on, which may be gone already.

    Attributes:
        node: Its node.
        ndim: Number of axes.
        rows: Length of its first axis, 1 without one.
        ref: Its entry in the identity table, or None.
        array: The object, while it is alive.
        at: Position of the argument after it.
    """

    node: int
    ndim: int
    rows: int
    ref: Tracked | None
    array: Any
    at: int


def subject(call: Call, name: str = "a") -> Subject | None:
    """The receiver of a method, or the first argument of a function, if it is recorded."""
    if call.node is not None and call.kind in call.recorder.table.recorded:
        return Subject(call.node, call.ndim, call.rows, call.ref, call.receiver, 0)
    return recorded(call, call.argument(0, name), 1)


def recorded(call: Call, value: Any, at: int = 0) -> Subject | None:
    """An argument as a subject, if it has rows."""
    if type(value) not in call.recorder.table.recorded:
        return None
    noted = call.recorder.operand(value)
    if noted.node is None or noted.ndim < 0:
        return None
    return Subject(noted.node, noted.ndim, noted.rows, noted.ref, value, at)


def others(call: Call, at: int, *but: str) -> Iterator[Subject]:
    """The other recorded arguments, from a position on, members of lists included."""
    named = (v for k, v in call.kwargs.items() if k != "out" and k not in but)
    for value in flat((*call.args[at:], *named)):
        found = recorded(call, value) if value is not call.kwargs.get("out") else None
        if found is not None:
            yield found


def readable(call: Call, value: Any) -> bool:
    """Whether a value may be read again: an object of the user's own class may count that."""
    return type(value) in _PLAIN or type(value) in call.recorder.table.recorded


_PLAIN = frozenset((list, tuple, range, int, float, complex, bool, str, bytes))


def flat(values: Iterable[Any]) -> Iterator[Any]:
    """Values and the members of their lists and tuples."""
    for value in values:
        if isinstance(value, list | tuple):
            yield from flat(value[:1000])
        else:
            yield value


def context(call: Call, at: int, rows: int, *but: str) -> list[Edge]:
    """Edges to the other recorded arguments, spread over all rows."""
    return [(one.node, All(one.rows, rows), CONTEXT, EXACT) for one in others(call, at, *but)]


def edge(one: Subject, row_map: RowMap, kind: Kind = DIRECT, status: Status = EXACT) -> Edge:
    """An edge to rows of a subject."""
    return one.node, row_map, kind, status


def every(call: Call, one: Subject, rows: int, kind: Kind = DIRECT) -> Edge:
    """All rows of a subject, used whole."""
    node = carriers.whole(call.recorder, one.node)
    return node, All(one.rows, rows), kind, EXACT


def each(one: Subject, rows: int, kind: Kind = DIRECT) -> Edge:
    """All rows of a subject, of which each part of the result uses a part."""
    return one.node, All(one.rows, rows), kind, EXACT


def finish(call: Call, *edges: Edge, out: Any = None) -> bool:
    """Record a result with these edges; one that was given as ``out`` was written into."""
    target = call.out if out is None else out
    recorder = call.recorder
    node = recorder.emit(call.site, call.name, target, edges)
    if wrote(call, target):
        opaque.aliases_written(recorder, call.site, recorder.identity.find(target), node)
    return True


def along(call: Call, axis: int, *edges: Edge, out: Any = None, lines: Sequence[int] = ()) -> bool:
    """Record a result along one axis of which each position comes from rows of the parents."""
    target = call.out if out is None else out
    if axis == 0 or wrote(call, target):
        folded = edges if axis == 0 else [carriers.folded(e, len(target)) for e in edges]
        return finish(call, *folded, out=target)
    carriers.emit(call.recorder, (call.site, call.name), target, axis, edges, lines)
    return True


def wrote(call: Call, target: Any) -> bool:
    """Whether a result is an array that was given to be written into."""
    if len(call.args) < 2 and "out" not in call.kwargs:
        return False
    if not isinstance(target, np.ndarray):
        return False
    return call.kwargs.get("out") is target or any(v is target for v in call.args[1:])


def share(call: Call, base: Any, out: Any = None) -> None:
    """A result may be a view of ``base``: remember that they share memory."""
    target = call.out if out is None else out
    if not isinstance(target, np.ndarray) or not isinstance(base, np.ndarray) or target is base:
        return
    if target.base is not None and np.may_share_memory(target, base):
        call.recorder.identity.share(base, target)


def axis_of(axis: Any, ndim: int) -> int | None:
    """An axis counted from 0; None where it is not one whole number."""
    if isinstance(axis, bool) or not isinstance(axis, int | np.integer) or ndim < 1:
        return None
    return int(axis) % ndim


def axes_of(axis: Any, ndim: int) -> list[int] | None:
    """Axes counted from 0: every one for None; None where they are not whole numbers."""
    if axis is None:
        return list(range(ndim))
    if not isinstance(axis, tuple | list):
        axis = (axis,)
    found = [axis_of(one, max(ndim, 1)) for one in axis]
    return None if None in found else found  # type: ignore[return-value]  # checked


def operands(call: Call, values: Iterable[Any]) -> list[Operand]:
    """The recorded ones of these values."""
    known = call.recorder.table.recorded
    return [call.recorder.operand(v) for v in values if type(v) in known]
