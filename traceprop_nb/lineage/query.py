"""Questions to a lineage graph: which rows a row came from, which rows it reached.

Rows are carried from node to node through the maps of the edges, in the order of recording,
so that each node is visited once with everything that reaches it. Along DIRECT edges travels the
row itself; whatever came over a CONTEXT edge stays context from there on, and is followed only
when asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
from numpy.typing import ArrayLike

from traceprop_nb.errors import RowRangeError
from traceprop_nb.lineage.graph import EDGE, NODE, LineageGraph
from traceprop_nb.lineage.maps import (
    All,
    Identity,
    Ints,
    Mosaic,
    RowMap,
    Rows,
    compose,
    flatten,
    union,
)
from traceprop_nb.lineage.maps.rowsets import as_rows, each, materialise, merge, narrow
from traceprop_nb.lineage.nodes import Status

_CONTEXT = 4
"""Edge codes from here on are of kind CONTEXT."""
_FEW = 8
"""Rows up to which one after the other is faster than an array of them."""


@dataclass(frozen=True)
class Backward:
    """Where some rows came from.

    Attributes:
        sources: Source node -> its records, sorted, from 0; along DIRECT edges.
        context: Source node -> records that were behind a statistic or fit; a ``range`` stands
            for a stretch of records. Empty unless asked for.
        status: How far ``sources`` may be trusted: the worst of what was walked for these rows.
        context_status: The same for ``context``.
        path: Nodes through which the rows went, from the sources to the value asked about.
    """

    sources: dict[int, Ints]
    context: dict[int, Ints | range]
    status: Status
    context_status: Status
    path: list[int]


@dataclass(frozen=True)
class Forward:
    """What some rows reached.

    Attributes:
        reached: Later node -> its rows that came from them; a ``range`` stands for a stretch.
        status: The worst of what was walked.
        statuses: The worst on the ways to each reached node.
    """

    reached: dict[int, Ints | range]
    status: Status
    statuses: dict[int, Status]


@dataclass
class _Walk:
    """Rows on their way along one kind of edges."""

    pending: dict[int, Rows]
    heap: list[int]
    status: int = 0

    def push(self, key: int, node: int, rows: Rows) -> None:
        before = self.pending.get(node)
        if before is None:
            self.pending[node] = rows
            heappush(self.heap, key)
        else:
            self.pending[node] = merge(before, rows)


def backward(
    graph: LineageGraph, node: int, rows: int | ArrayLike, *, context: bool = False
) -> Backward:
    """The source records behind rows of a value.

    Args:
        graph: The log.
        node: The value.
        rows: A row or several, from 0.
        context: Also follow CONTEXT edges: what a statistic or fit depends on.

    Raises:
        RowRangeError: The value has no such row.
    """
    asked = _checked(graph, node, rows)
    direct, aside = _Walk({}, []), _Walk({}, [])
    if not isinstance(asked, int) and len(asked) == 0:
        return Backward({}, {}, Status.EXACT, Status.EXACT, [])
    direct.push(-node, node, asked)
    sources: dict[int, Ints] = {}
    path: list[int] = []
    while direct.heap:
        current = -heappop(direct.heap)
        found = direct.pending.pop(current)
        path.append(current)
        if current in graph.sources:
            sources[current] = materialise(found)
        _step_back(graph, current, found, direct, aside if context else None, current == node)
    path.reverse()
    behind = _walk_aside(graph, aside)
    return Backward(sources, behind, Status(direct.status), Status(aside.status), path)


def _step_back(
    graph: LineageGraph,
    node: int,
    rows: Rows,
    direct: _Walk,
    aside: _Walk | None,
    asked: bool = False,
) -> None:
    """Carry the rows of a node to its parents; ``aside`` None drops CONTEXT edges."""
    log, edge_log, maps = graph.node_log, graph.edge_log, graph.maps
    at = node * NODE + NODE - 1
    first = log[at] * EDGE
    end = log[at + NODE] * EDGE if at + NODE < len(log) else len(edge_log)
    if log[at - 1] > direct.status:
        direct.status = log[at - 1]
    for edge in range(first, end, EDGE):
        code = edge_log[edge + 2]
        if code < _CONTEXT:
            link = maps[edge_log[edge + 1]]
            if asked and type(link) is Mosaic:  # its rows are taken whole
                code = 0
            _carry(direct, edge_log[edge], link, rows, code)
        elif aside is not None:
            _carry(aside, edge_log[edge], maps[edge_log[edge + 1]], rows, code - _CONTEXT)


def _carry(walk: _Walk, parent: int, link: RowMap, rows: Rows, status: int) -> None:
    found = link.back_one(rows) if isinstance(rows, int) else _back(link, rows)
    empty = not isinstance(found, int) and len(found) == 0
    # an empty superset is the truth, an empty assumption is still an assumption
    if status > walk.status and not (empty and status == Status.INEXACT):
        walk.status = status
    if not empty:
        walk.push(-parent, parent, found)


def _back(link: RowMap, rows: range | Ints) -> Rows:
    if isinstance(link, Identity):
        return rows
    if isinstance(link, All):
        return range(link.n_in)
    if len(rows) <= _FEW and isinstance(rows, np.ndarray):
        return each(link.back_one, rows)
    return narrow(link.back(materialise(rows)))


def _walk_aside(graph: LineageGraph, aside: _Walk) -> dict[int, Ints | range]:
    behind: dict[int, Ints | range] = {}
    while aside.heap:
        current = -heappop(aside.heap)
        found = aside.pending.pop(current)
        if current in graph.sources:
            behind[current] = range(found, found + 1) if isinstance(found, int) else found
        _step_back(graph, current, found, aside, aside)
    return behind


def forward(
    graph: LineageGraph, source_node: int, rows: int | ArrayLike, *, context: bool = False
) -> dict[int, Ints]:
    """Every later node that these rows reached, with the rows that came from them, sorted.

    Args and errors are those of ``impact``.
    """
    found = impact(graph, source_node, rows, context=context)
    return {node: materialise(reached) for node, reached in found.reached.items()}


def impact(
    graph: LineageGraph, source_node: int, rows: int | ArrayLike, *, context: bool = False
) -> Forward:
    """What became of some rows.

    Args:
        graph: The log.
        source_node: A source, or any other value.
        rows: A row or several of it, from 0.
        context: Also follow CONTEXT edges: whatever a statistic of these rows touched.

    Raises:
        RowRangeError: The value has no such row.
    """
    asked = _checked(graph, source_node, rows)
    reached: dict[int, Ints | range] = {}
    if not isinstance(asked, int) and len(asked) == 0:
        return Forward(reached, Status.EXACT, {})
    statuses = {source_node: int(graph.status(source_node))}
    walk = _Walk({}, [], statuses[source_node])
    walk.push(source_node, source_node, asked)
    while walk.heap:
        current = heappop(walk.heap)
        found = walk.pending.pop(current)
        if current != source_node:
            reached[current] = range(found, found + 1) if isinstance(found, int) else found
        _step_forward(graph, current, found, walk, statuses, context)
    del statuses[source_node]
    return Forward(reached, Status(walk.status), {node: Status(statuses[node]) for node in reached})


def _step_forward(
    graph: LineageGraph, node: int, rows: Rows, walk: _Walk, statuses: dict[int, int], context: bool
) -> None:
    log, edge_log, maps = graph.node_log, graph.edge_log, graph.maps
    for child, edge in graph.outgoing(node):
        at = edge * EDGE
        code = edge_log[at + 2]
        if code >= _CONTEXT and not context:
            continue
        link, status = maps[edge_log[at + 1]], code % _CONTEXT
        found = link.forward_one(rows) if isinstance(rows, int) else _forward(link, rows)
        empty = not isinstance(found, int) and len(found) == 0
        if empty:
            if status != Status.INEXACT:
                walk.status = max(walk.status, status)
            continue
        worst = max(statuses[node], status, log[child * NODE + 4])
        statuses[child] = max(statuses.get(child, 0), worst)
        walk.status = max(walk.status, worst)
        walk.push(child, child, found)


def _forward(link: RowMap, rows: range | Ints) -> Rows:
    if isinstance(link, Identity):
        return rows
    if isinstance(link, All):
        return range(link.n_out)
    if len(rows) <= _FEW and isinstance(rows, np.ndarray):
        return each(link.forward_one, rows)
    return narrow(link.forward(materialise(rows)))


def ancestors(graph: LineageGraph, node: int) -> list[int]:
    """Everything it was made of, over edges of both kinds, ascending; not itself."""
    seen: set[int] = set()
    todo = [node]
    while todo:
        for parent, *_ in graph.edges(todo.pop()):
            if parent not in seen:
                seen.add(parent)
                todo.append(parent)
    return sorted(seen)


def descendants(graph: LineageGraph, node: int) -> list[int]:
    """Everything that was made of it, over edges of both kinds, ascending; not itself."""
    seen: set[int] = set()
    todo = [node]
    while todo:
        for child, _ in graph.outgoing(todo.pop()):
            if child not in seen:
                seen.add(child)
                todo.append(child)
    return sorted(seen)


def inexact_steps(graph: LineageGraph, node: int) -> list[int]:
    """Nodes whose own status, or a DIRECT edge's, keeps the value's lineage from being EXACT.

    Ascending; the value itself may be among them, but not for being a mosaic.
    """
    seen, todo, found = {node}, [node], []
    while todo:
        current = todo.pop()
        direct = [
            (parent, Status.EXACT if current == node and type(link) is Mosaic else status)
            for parent, link, kind, status in graph.edges(current)
            if not kind
        ]
        if max([graph.status(current), *(status for _, status in direct)]):
            found.append(current)
        fresh = {parent for parent, _ in direct} - seen
        seen |= fresh
        todo += fresh
    return sorted(found)


def to_sources(graph: LineageGraph, node: int) -> dict[int, RowMap]:
    """For each source behind a value, the map from all its rows to the source's records.

    Along DIRECT edges. Each map stands alone: evaluated and compressed where that is small, so
    that paths which part and meet again are not walked twice.
    """
    found = _to_each(graph, node)
    return dict(sorted((n, flatten(m)) for n, m in found if n in graph.sources))


def to_each(graph: LineageGraph, node: int) -> dict[int, RowMap]:
    """For the value and each one behind it, the map from the value's rows to its rows.

    Along DIRECT edges, in the order of making; the maps may be evaluated late.
    """
    return dict(sorted(_to_each(graph, node)))


def _to_each(graph: LineageGraph, node: int) -> Iterator[tuple[int, RowMap]]:
    maps: dict[int, RowMap] = {node: Identity(graph.rows(node))}
    heap = [-node]
    while heap:
        current = -heappop(heap)
        here = maps.pop(current)
        yield current, here
        for parent, link, kind, _ in graph.edges(current):
            if kind:
                continue
            step = compose(here, link)
            if parent in maps:
                step = flatten(union([maps[parent], step]))
            else:
                heappush(heap, -parent)
            maps[parent] = step


def _checked(graph: LineageGraph, node: int, rows: int | ArrayLike) -> int | Ints:
    """A row or a sorted set of rows of a node."""
    n = graph.rows(node)
    if isinstance(rows, int) and not isinstance(rows, bool) and 0 <= rows < n:
        return int(rows)
    try:
        found = as_rows(rows, n).copy()  # the answer must not change with the caller's array
    except RowRangeError as error:
        raise RowRangeError(f"{error} (node {node}, {graph.op_name(node)!r}, {n} rows)") from None
    return found.item() if found.size == 1 else found
