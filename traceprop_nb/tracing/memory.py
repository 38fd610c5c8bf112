"""Which live values share memory where no rule said so: views made by code that nobody knows.

A write through such a view moves rows of the values it is a view of, so that it has to be known
before that. Addresses tell; they are only compared where a library made the view itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy import ndarray

from traceprop_nb.lineage.maps import All
from traceprop_nb.lineage.nodes import Kind, Status

if TYPE_CHECKING:
    from traceprop_nb.tracing.identity import Tracked
    from traceprop_nb.tracing.record import Recorder
    from traceprop_nb.tracing.writer import Writer


def share(recorder: Writer, one: Any, other: Any) -> None:
    """Remember that two recorded values share memory, if they do."""
    if one is not other and _overlap(recorder, one, other):
        recorder.identity.share(one, other)


def meet(recorder: Recorder, ref: Tracked) -> None:
    """Before rows move in a view that no value is known to share: look for those that do."""
    view = ref()
    if ref.group or type(view) is not ndarray or view.base is None:
        return
    for thing, _ in recorder.identity:
        share(recorder, thing, view)


def view_of(recorder: Writer, value: Any) -> int | None:
    """Record an array that iteration or unknown code made as a view of a recorded one.

    Returns:
        Its node; None where it is a view of nothing recorded.
    """
    base = value.base if type(value) is ndarray else None
    ref = recorder.identity.find(base) if type(base) is ndarray else None
    if ref is None:
        return None
    n, rows = recorder.graph.rows(ref.node), recorder.table.rows(value)
    node = recorder.emit(-1, "view", value, [(ref.node, All(n, rows), Kind.DIRECT, Status.INEXACT)])
    recorder.identity.share(base, value)
    return node


def _overlap(recorder: Writer, one: Any, other: Any) -> bool:
    memory = recorder.table.memory
    first, second = memory.get(type(one)), memory.get(type(other))
    if first is None or second is None:
        return False
    (low, high), (start, stop) = first(one), second(other)
    return low < stop and start < high
