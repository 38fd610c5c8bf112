"""Edges between chosen nodes of a lineage graph, with the steps between them drawn together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from traceprop_nb.lineage.graph import LineageGraph
from traceprop_nb.lineage.nodes import Kind, Status


@dataclass(frozen=True)
class Link:
    """That a chosen node was made of another, over steps that were not chosen.

    Attributes:
        kind: DIRECT if every step is.
        status: The worst of all ways of this kind.
    """

    parent: int
    child: int
    kind: Kind
    status: Status


_Ways = dict[tuple[int, int], int]
"""(chosen node, kind) -> worst status."""


def contracted(graph: LineageGraph, chosen: set[int], ends: set[int]) -> list[Link]:
    """All links between chosen nodes, by child, then parent.

    Args:
        graph: The log.
        chosen: Nodes to show.
        ends: Nodes that become parents even though they were not chosen, so that a way that
            begins at one does not vanish.
    """
    stops = chosen | ends
    needed = _behind(graph, chosen)
    ways: dict[int, _Ways] = {}
    links = []
    for node in sorted(needed | chosen):
        here = _ways(graph, node, stops, ways)
        if node in chosen:
            links += [
                Link(parent, node, Kind(kind), Status(status))
                for (parent, kind), status in sorted(here.items())
            ]
        else:
            ways[node] = here
    return links


def _ways(graph: LineageGraph, node: int, stops: set[int], ways: dict[int, _Ways]) -> _Ways:
    own = int(graph.status(node))
    found: _Ways = {}
    for (parent, kind), status in _steps(graph, node, stops, ways):
        found[parent, kind] = max(found.get((parent, kind), 0), status, own)
    return found


def _steps(
    graph: LineageGraph, node: int, stops: set[int], ways: dict[int, _Ways]
) -> Iterator[tuple[tuple[int, int], int]]:
    for parent, _, kind, status in graph.edges(node):
        if parent in stops:
            yield (parent, int(kind)), int(status)
            continue
        for (far, before), worst in ways[parent].items():
            yield (far, max(int(kind), before)), max(int(status), worst)


def _behind(graph: LineageGraph, chosen: set[int]) -> set[int]:
    """Nodes from which a chosen one was made over nodes that were not chosen."""
    seen: set[int] = set()
    todo = sorted(chosen)
    while todo:
        for parent, *_ in graph.edges(todo.pop()):
            if parent not in seen and parent not in chosen:
                seen.add(parent)
                todo.append(parent)
    return seen
