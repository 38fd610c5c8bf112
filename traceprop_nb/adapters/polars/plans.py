"""Plans: ``d.lazy()...collect()``. Beside each plan goes one that carries row numbers.

It is collected right after the user's, and only of row numbers. A plan with a step that is not
known to give the same rows in the same order again is followed as a whole: INEXACT.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import Any

import polars as pl
from polars.lazyframe.group_by import LazyGroupBy

from traceprop_nb.adapters.polars.expressions import Reach, reach, repeats
from traceprop_nb.adapters.polars.frames import NUMBER, again
from traceprop_nb.lineage.maps import All, Gather
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.rules import Call, RuleTable

_STEPS = "filter remove sort head tail limit slice reverse gather_every explode drop rename cast"
_COLUMNS = "select with_columns"


@dataclass(frozen=True)
class Beside:
    """The plan that carries row numbers.

    Attributes:
        node: The frame that the plan begins with.
        plan: With a column of its row numbers.
        context: Whether statistics of all rows came into it.
    """

    node: int
    plan: pl.LazyFrame
    context: bool = False


_BESIDE: dict[int, tuple[weakref.ref[Any], Beside]] = {}
"""By a plan's id, with the plan: it cannot be hashed, and its id is given away once it is gone."""


def _beside(plan: Any) -> Beside | None:
    found = _BESIDE.get(id(plan))
    return found[1] if found is not None and found[0]() is plan else None


def _put(plan: pl.LazyFrame, beside: Beside) -> None:
    key = id(plan)

    def gone(ref: weakref.ref[Any]) -> None:
        if _BESIDE.get(key, (None,))[0] is ref:
            del _BESIDE[key]

    _BESIDE[key] = (weakref.ref(plan, gone), beside)


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.method(_begun, pl.DataFrame, ("lazy",))
    table.method(_step, pl.LazyFrame, _STEPS.split())
    table.method(_columns, pl.LazyFrame, _COLUMNS.split())
    table.method(_collected, pl.LazyFrame, ("collect",))
    for kind in (pl.LazyFrame, LazyGroupBy):
        table.any_method(_other, kind)


def _begun(call: Call) -> bool | None:
    if call.node is None or call.mark is None:
        return None
    call.recorder.identity.set(call.out, call.node)
    _put(call.out, Beside(call.node, again(call.mark).lazy().with_row_index(NUMBER)))
    return True


def _step(call: Call) -> bool | None:
    values = [*call.args, *call.kwargs.values()]
    beside = _beside(call.receiver)
    simple = repeats(values) or call.name in ("cast", "rename", "drop")
    if beside is None or not simple:
        return _other(call)
    plan = getattr(beside.plan, call.name)(*call.args, **call.kwargs)
    return _goes_on(call, Beside(beside.node, plan, beside.context))


def _columns(call: Call) -> bool | None:
    values = [*call.args, *call.kwargs.values()]
    beside, far = _beside(call.receiver), reach(values)
    if beside is None or far == Reach.ANY or (call.name == "select" and far > Reach.ROW):
        return _other(call)
    more = (NUMBER,) if call.name == "select" else ()
    plan = getattr(beside.plan, call.name)(*call.args, *more, **call.kwargs)
    return _goes_on(call, Beside(beside.node, plan, beside.context or far == Reach.STATISTIC))


def _goes_on(call: Call, beside: Beside) -> bool | None:
    if isinstance(call.out, pl.LazyFrame):
        call.recorder.identity.set(call.out, beside.node)
        _put(call.out, beside)
    return True


def _other(call: Call) -> bool | None:
    """A step of another kind: the plan is still the frame's, or that of several frames."""
    if not isinstance(call.out, pl.LazyFrame | LazyGroupBy):
        return None
    nodes = {call.node}
    for value in (*call.args, *call.kwargs.values()):
        nodes.add(call.recorder.identity.node(value))
    known = [node for node in nodes if node is not None]
    edges = [(n, All(call.recorder.graph.rows(n), 1), Kind.DIRECT, Status.INEXACT) for n in known]
    call.recorder.emit(call.site, call.name, call.out, edges, rows=1)
    return True


def _collected(call: Call) -> bool | None:
    beside, node = _beside(call.receiver), call.node
    if not isinstance(call.out, pl.DataFrame) or node is None:
        return None
    rows, graph = call.out.height, call.recorder.graph
    if beside is None:
        return call.emit((node, All(graph.rows(node), rows), Kind.DIRECT, Status.INEXACT))
    numbers: Any = beside.plan.select(NUMBER).collect().to_series()
    n = graph.rows(beside.node)
    if len(numbers) != rows:
        return call.emit((beside.node, All(n, rows), Kind.DIRECT, Status.INEXACT))
    row_map = Gather(numbers.cast(pl.Int64).fill_null(-1).to_numpy(), n)
    edge = (beside.node, row_map, Kind.DIRECT, Status.EXACT)
    if not beside.context:
        return call.emit(edge)
    return call.emit(edge, (beside.node, All(n, rows), Kind.CONTEXT, Status.EXACT))
