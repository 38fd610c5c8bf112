"""What a cell added, and what its operations are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from traceprop_nb.lineage.graph import EDGE, LineageGraph
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.session.cells import CellRun, CellSummary

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session


def summary(session: Session, cell: CellRun) -> CellSummary:
    """What a cell that has ended added."""
    graph = session.graph
    fresh = range(cell.first_node, len(graph))
    first = graph.span(cell.first_node)[0] if len(fresh) else 0
    doubtful = any(code % 4 for code in graph.edge_log[first * EDGE + 2 :: EDGE])
    inexact = [n for n in fresh if doubtful and _own_status(graph, n) == Status.INEXACT]
    opaque = [n for n in fresh if graph.status(n) == Status.UNKNOWN]
    return CellSummary(
        cell.name,
        cell.number,
        len(fresh),
        tuple(dict.fromkeys(s.name for n, s in graph.sources.items() if n in fresh)),
        tuple(dict.fromkeys(graph.op_name(n) for n in inexact)),
        tuple(dict.fromkeys(describe(graph, n) for n in opaque)),
    )


def by_status(graph: LineageGraph) -> dict[str, int]:
    """Operations by the worst of their own status and their direct edges'."""
    worst = graph.columns().worst() % 4
    return {s.name.lower(): int((worst == s).sum()) for s in Status}


def _own_status(graph: LineageGraph, node: int) -> Status:
    edges = graph.edges(node)
    return max([graph.status(node), *(s for _, _, kind, s in edges if not kind)])


def describe(graph: LineageGraph, node: int) -> str:
    """An operation's name; for a source, that it was read."""
    source = graph.sources.get(node)
    if source is None:
        return graph.op_name(node)
    return f"read_{source.detail.get('reader', source.kind)}" if source.path else source.name
