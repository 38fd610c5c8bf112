"""How far a value's lineage may be trusted, step by step, and what would make it exact."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.errors import StoreError
from traceprop_nb.lineage import query
from traceprop_nb.lineage.graph import NODE, LineageGraph
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.session import continued
from traceprop_nb.session.answers import Doubt, WhyAnswer
from traceprop_nb.session.questions import found
from traceprop_nb.session.traced import Traced

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session


def why(session: Session, x: Any) -> WhyAnswer:
    """See ``traceprop_nb.why``."""
    where, node, notes = found(session, x)
    answer = why_of(where, node)
    return replace(answer, notes=(*notes, *answer.notes)) if notes else answer


def why_of(traced: Traced, node: int, seen: frozenset[str] = frozenset()) -> WhyAnswer:
    """How far the lineage of a node may be trusted; ``seen`` as in ``of_node``."""
    graph, doubts, notes = traced.graph, list[Doubt](), list[str]()
    for at in query.inexact_steps(graph, node):
        site = graph.site(at)
        text, line = (site.text, site.line) if site is not None else ("", 0)
        own = (s for _, _, kind, s in graph.edges(at) if not kind)
        status = Status(max([graph.status(at), *own]))
        what, remedy = traced.describe(at), _remedy(graph, at, status)
        doubts.append(Doubt(what, graph.cell(at), line, status, text, remedy))
    behind = {node, *query.ancestors(graph, node)}
    for at, source in graph.sources.items():
        if at not in behind:
            continue
        if source.detail.get("assumed"):
            doubts.append(Doubt(source.name, source.cell, source.line, Status.ASSUMED, _BUILT))
        more, said = _doubts_before(traced, at, seen)
        doubts += more
        notes += said
    if not traced.lost.isdisjoint(behind):
        notes += traced.damage
    worst = max((d.status for d in doubts), default=Status.EXACT)
    name = traced.names().get(node, graph.op_name(node))
    return WhyAnswer(name, worst, doubts, tuple(dict.fromkeys(notes)))


_BUILT = "built from Python values"
INEXACT = (
    "no rule knows this call with these arguments: declare it with tp.rowwise or tp.rule, or let "
    "tp.probe run it on some rows"
)
_UNSEEN = "nobody saw it made: put %%trace on the cell that makes it"
_UNREAD = (
    "its code was not traced: define it in a traced cell, or name its module in %trace modules"
)


def _remedy(graph: LineageGraph, node: int, status: Status) -> str:
    """Why a step is not exact, and what would make it so."""
    site = graph.node_log[node * NODE + 1]
    if site in graph.reasons:
        return graph.reasons[site]
    if status == Status.INEXACT:
        return INEXACT
    if status == Status.UNKNOWN:
        return _UNSEEN if site < 0 or node in graph.sources else _UNREAD
    return ""


def _doubts_before(
    traced: Traced, source: int, seen: frozenset[str]
) -> tuple[list[Doubt], list[str]]:
    """What to say of a file that a session of the store wrote, or that is not any more what it was.

    An operation of another session says so behind its name.
    """
    every = np.arange(traced.graph.rows(source), dtype=np.int64)
    name = traced.graph.sources[source].name
    try:
        further = continued.onward(traced, source, every, seen)
        if further is None:
            return [], list(filter(None, [continued.changed(traced, source)]))
    except StoreError as error:
        return [Doubt(name, 0, 0, Status.UNKNOWN, str(error))], [str(error)]
    before = why_of(further.where, further.node, seen | {further.digest})
    place = "" if further.where is traced else f" ({further.where.title})"
    doubts = [replace(doubt, operation=doubt.operation + place) for doubt in before.doubts]
    if further.why:
        doubts.append(Doubt(name, 0, 0, Status.INEXACT, further.why))
    return doubts, [further.said, *before.notes]
