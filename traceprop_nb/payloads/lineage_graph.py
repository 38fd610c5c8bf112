"""A lineage graph as the drawing's data: columns of operations, grouped by notebook cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypedDict

from traceprop_nb.lineage.graph import LineageGraph
from traceprop_nb.lineage.maps import RowMap
from traceprop_nb.lineage.nodes import Kind, Status

Direction = Literal["both", "up", "down"]
Edges = list[tuple[int, RowMap, Kind, Status]]

SCHEMA = "lineage/1"
LIMIT = 20_000
"""Operations that cross to the browser at most, the latest ones; the rest is counted."""


class CellCard(TypedDict):
    """One run of operations of one cell; a cell that ran on after another has two."""

    number: int
    names: str


class SiteText(TypedDict):
    """An expression of the user's source."""

    line: int
    text: str


class NodeColumns(TypedDict):
    """One entry a node in each list; node k of the payload has graph id ``id[k]``."""

    id: list[int]
    label: list[int]
    cell: list[int]
    rows: list[int]
    status: list[int]
    site: list[int]


class EdgeColumns(TypedDict):
    """One entry an edge in each list; ends count nodes of the payload."""

    start: list[int]
    end: list[int]
    context: list[int]


class NodeName(TypedDict):
    """A variable that holds a node's value."""

    node: int
    name: str


class SourceCard(TypedDict):
    """A file, array or table that entered the session."""

    node: int
    name: str
    kind: str
    path: str | None
    rows: int
    digest: str | None
    line: int


class LineagePayload(TypedDict):
    """What crosses to the browser. Mirrored in js/src/payloads/lineage.ts.

    Attributes:
        focus: Node of the payload whose lineage is asked for, or None for the session.
        omitted: Earlier operations that were left out because there are too many.
        cells: Cards in the order in which they ran; ``nodes.cell`` counts them, -1 for sources.
        labels: Operation names that ``nodes.label`` counts.
    """

    schema: str
    focus: int | None
    direction: Direction
    omitted: int
    labels: list[str]
    cells: list[CellCard]
    sites: list[SiteText]
    nodes: NodeColumns
    edges: EdgeColumns
    names: list[NodeName]
    sources: list[SourceCard]


def lineage_graph(
    graph: LineageGraph,
    *,
    focus: int | None = None,
    direction: Direction = "both",
    names: Mapping[int, str] | None = None,
    limit: int = LIMIT,
) -> LineagePayload:
    """The graph as its widget and its static picture draw it.

    Args:
        graph: The session's log.
        focus: Node id to start from; the drawing then opens on what led to it or came of it.
        direction: With a focus: everything before it, after it, or both.
        names: Variables that hold a value now, by node id.
        limit: Most recent nodes that are sent; sources always are.
    """
    kept = _kept(graph, limit, focus)
    place = {node: k for k, node in enumerate(kept)}
    named = {n: name for n, name in (names or {}).items() if n in place}
    cells, cell_of = _cells(graph, kept, named)
    made_of = {node: graph.edges(node) for node in kept}
    labels, sites, nodes = _nodes(graph, made_of, cell_of)
    return {
        "schema": SCHEMA,
        "focus": None if focus is None else place[focus],
        "direction": direction,
        "omitted": len(graph) - len(kept),
        "labels": labels,
        "cells": cells,
        "sites": sites,
        "nodes": nodes,
        "edges": _edges(made_of, place),
        "names": [{"node": place[n], "name": named[n]} for n in sorted(named)],
        "sources": _sources(graph, place),
    }


def _kept(graph: LineageGraph, limit: int, focus: int | None) -> list[int]:
    first = max(0, len(graph) - limit)
    early = {n for n in graph.sources if n < first}
    if focus is not None and focus < first:
        early.add(focus)
    return sorted(early) + list(range(first, len(graph)))


def _cells(
    graph: LineageGraph, kept: list[int], named: Mapping[int, str]
) -> tuple[list[CellCard], list[int]]:
    """Runs of operations of one cell: a later run never feeds an earlier one, so no cycle."""
    cells: list[CellCard] = []
    cell_of: list[int] = []
    for node in kept:
        if node in graph.sources:
            cell_of.append(-1)
            continue
        number = int(graph.cell(node))
        if not cells or cells[-1]["number"] != number:
            cells.append({"number": number, "names": ""})
        cell_of.append(len(cells) - 1)
    held: list[list[str]] = [[] for _ in cells]
    for node, c in zip(kept, cell_of, strict=True):
        if c >= 0 and node in named and named[node] not in held[c]:
            held[c].append(named[node])
    for cell, variables in zip(cells, held, strict=True):
        cell["names"] = ", ".join(variables)
    return cells, cell_of


def _nodes(
    graph: LineageGraph, made_of: Mapping[int, Edges], cell_of: list[int]
) -> tuple[list[str], list[SiteText], NodeColumns]:
    labels: dict[str, int] = {}
    sites: dict[tuple[int, str], int] = {}
    columns: NodeColumns = {
        "id": [], "label": [], "cell": cell_of, "rows": [], "status": [], "site": [],
    }  # fmt: skip
    for node, edges in made_of.items():
        source = graph.sources.get(node)
        label = source.name if source is not None else graph.op_name(node)
        site = graph.site(node)
        columns["id"].append(int(node))
        columns["label"].append(labels.setdefault(label, len(labels)))
        columns["rows"].append(int(graph.rows(node)))
        columns["status"].append(_status(graph.status(node), edges))
        columns["site"].append(
            -1 if site is None else sites.setdefault((int(site.line), site.text), len(sites))
        )
    return list(labels), [{"line": line, "text": text} for line, text in sites], columns


def _status(own: Status, edges: Edges) -> int:
    """The worst that can be said of the step: its own status, or that of an edge into it."""
    return int(max([own, *(status for _, _, _, status in edges)]))


def _edges(made_of: Mapping[int, Edges], place: Mapping[int, int]) -> EdgeColumns:
    drawn: dict[tuple[int, int], bool] = {}
    for node, edges in made_of.items():
        k = place[node]
        for parent, _, kind, _ in edges:
            start = place.get(int(parent))
            if start is not None:
                only_context = kind == Kind.CONTEXT
                drawn[start, k] = drawn.get((start, k), True) and only_context
    return {
        "start": [a for a, _ in drawn],
        "end": [b for _, b in drawn],
        "context": [int(context) for context in drawn.values()],
    }


def _sources(graph: LineageGraph, place: Mapping[int, int]) -> list[SourceCard]:
    return [
        {
            "node": place[node],
            "name": s.name,
            "kind": s.kind,
            "path": s.path,
            "rows": int(s.n_rows),
            "digest": s.digest,
            "line": int(s.line),
        }
        for node, s in sorted(graph.sources.items())
    ]
