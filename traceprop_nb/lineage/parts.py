"""A graph in parts: what was recorded since the last one, and a graph put together again.

A part holds the columns of its nodes and edges, the operations, sites and maps that are new in it,
and its sources. It says where it begins, so that a part that is lost leaves a gap of its own size:
nodes that are UNKNOWN, and never an answer that is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.errors import StoreError
from traceprop_nb.lineage.graph import EDGE, NODE, LineageGraph
from traceprop_nb.lineage.maps import Ints, RowMap
from traceprop_nb.lineage.maps.codec import read, write
from traceprop_nb.lineage.nodes import Site, Source, Status
from traceprop_nb.lineage.segment import Pool

LOST = "lost"
"""Name of the operation that stands for what a lost part held."""


@dataclass(frozen=True)
class Extent:
    """How far a graph has been written, or how much a part holds.

    Attributes:
        nodes: Number of nodes.
        edges: Number of edges.
        maps: Number of entries of the map table.
        ops: Number of operation names.
        sites: Number of sites.
    """

    nodes: int = 0
    edges: int = 0
    maps: int = 0
    ops: int = 0
    sites: int = 0

    def plus(self, other: Extent) -> Extent:
        """Both together."""
        return Extent(*map(add, self.listed(), other.listed()))

    def check(self, nodes: Ints, edges: Ints) -> None:
        """See that columns that end here refer to nothing behind it.

        Raises:
            StoreError: They do.
        """
        for column, most in ((nodes[:, 0], self.ops), (nodes[:, 1], self.sites),
                             (nodes[:, 5], self.edges + 1), (edges[:, 0], self.nodes),
                             (edges[:, 1], self.maps)):  # fmt: skip
            if len(column) and (column.max() >= most or column.min() < -1):
                raise StoreError(f"a part of a lineage refers to number {column.max()} of {most}")

    def listed(self) -> list[int]:
        """Its numbers, in the order of the attributes."""
        return [self.nodes, self.edges, self.maps, self.ops, self.sites]


def tail_of(
    graph: LineageGraph, since: Extent, nodes: bytes, edges: bytes, pool: Pool
) -> tuple[Extent, dict[str, Any]]:
    """What a graph holds since an extent.

    Args:
        graph: Where the names, sites, maps and sources are read; it may grow meanwhile.
        since: What has been written already.
        nodes: The node log from there on, copied while nobody wrote.
        edges: The edge log from there on, copied at that moment.
        pool: Takes the arrays.

    Returns:
        How much it is, and the part's members for a segment's header.

    Raises:
        StoreError: A map of a kind that cannot be stored.
    """
    columns = np.frombuffer(nodes, np.int64).reshape(-1, NODE)
    links = np.frombuffer(edges, np.int32).reshape(-1, EDGE)
    sites = graph.sites[since.sites :]
    places = [(graph.op(s.op), s.cell, s.line, s.col) for s in sites]
    maps, ops = graph.maps[since.maps :], graph.ops[since.ops :]
    size = Extent(len(columns), len(links), len(maps), len(ops), len(sites))
    last = since.nodes + len(columns)
    return size, {
        "from": since.listed(),
        "size": size.listed(),
        # by columns: neighbours are alike, and pack well
        "nodes": pool.add(np.ascontiguousarray(columns.T).reshape(-1)),
        "edges": pool.add(np.ascontiguousarray(links.T).reshape(-1)),
        "ops": ops,
        "sites": pool.add(np.array(places, np.int32).reshape(-1)),
        "maps": [write(one, pool) for one in maps],
        "sources": [n for n in list(graph.sources)[-len(columns) :] if since.nodes <= n < last]
        if len(columns)
        else [],
    }


class Assembly:
    """A graph that is put together from its parts, in their order.

    Attributes:
        graph: What is there so far.
        at: How far the parts so far reach, lost ones included.
        lost: Nodes of lost parts.
    """

    def __init__(self) -> None:
        self.graph = LineageGraph()
        self.at = Extent()
        self.lost: set[int] = set()
        self._ops: list[int] = []
        self._maps: list[int] = []

    def add(
        self,
        part: Mapping[str, Any],
        arrays: Sequence[NDArray[Any]],
        source: Callable[[Mapping[str, Any]], Source],
    ) -> None:
        """Add a part. Nothing of it is added where this raises.

        Args:
            part: From ``tail_of``, as it was read.
            arrays: Its arrays.
            source: What the part says of a source -> the source.

        Raises:
            StoreError: The part does not follow those before, or contradicts itself.
        """
        try:
            since, size = Extent(*part["from"]), Extent(*part["size"])
            nodes = np.array(arrays[part["nodes"]], np.int64).reshape(NODE, -1).T
            edges = np.array(arrays[part["edges"]], np.int64).reshape(EDGE, -1).T
            sites = np.asarray(arrays[part["sites"]]).reshape(-1, 4).tolist()
            maps = [read(one, arrays) for one in part["maps"]]
            ops = [str(name) for name in part["ops"]]
            sources = [source(told) for told in part["sources"]]
        except (LookupError, TypeError, ValueError) as error:
            raise StoreError(f"a part of a lineage cannot be read: {error}") from error
        if since != self.at:
            raise StoreError(f"a part of a lineage from {since} on does not follow {self.at}")
        self.at.plus(size).check(nodes, edges)
        if Extent(len(nodes), len(edges), len(maps), len(ops), len(sites)) != size:
            raise StoreError(f"a part of a lineage does not hold what it says: {size}")
        self._tables(ops, maps, sites)
        self._logs(nodes, edges, since)
        self.graph.sources |= {one.node: one for one in sources}
        self.at = self.at.plus(size)

    def lose(self, size: Extent) -> None:
        """A part of this size cannot be read: its nodes are UNKNOWN, its maps lost."""
        graph, first = self.graph, len(self.graph)
        place = graph.op(LOST)
        self._ops += [place] * size.ops
        self._maps += [-1] * size.maps
        graph.sites.extend([Site(LOST, 0, 0, 0, "")] * size.sites)
        for _ in range(size.nodes):
            graph.append(place, -1, 0, 0, Status.UNKNOWN, ())
        self.lost |= set(range(first, first + size.nodes))
        self.at = self.at.plus(size)

    def _tables(self, ops: list[str], maps: list[RowMap], sites: list[list[int]]) -> None:
        graph = self.graph
        self._ops += [graph.op(name) for name in ops]
        self._maps += range(len(graph.maps), len(graph.maps) + len(maps))
        graph.maps.extend(maps)
        names = [graph.ops[op] for op in self._ops]
        graph.sites.extend(
            Site(names[op] if 0 <= op < len(names) else "", cell, line, col, "")
            for op, cell, line, col in sites
        )

    def _logs(self, nodes: Ints, edges: Ints, since: Extent) -> None:
        """Append columns, in this graph's numbers of operations, edges and maps."""
        graph = self.graph
        before = len(graph.edge_log) // EDGE
        nodes[:, 0] = np.array([*self._ops, 0])[nodes[:, 0]]
        nodes[:, 5] += before - since.edges
        edges[:, 1] = np.array([*self._maps, 0])[edges[:, 1]]
        self._mend(nodes, edges, before)
        graph.edge_log.frombytes(np.ascontiguousarray(edges, np.int32).tobytes())
        graph.node_log.frombytes(np.ascontiguousarray(nodes, np.int64).tobytes())

    def _mend(self, nodes: Ints, edges: Ints, before: int) -> None:
        """Where an edge used what was lost: how many rows there were, or that nobody knows which.

        Args:
            nodes: Columns of the new nodes.
            edges: Their edges; a lost map is -1, and becomes the full one, UNKNOWN.
            before: Number of edges in the graph.
        """
        graph, first = self.graph, len(self.graph)
        for at in np.flatnonzero(np.isin(edges[:, 0], list(self.lost))).tolist():
            parent, number = edges[at, :2].tolist()
            if number >= 0:
                graph.node_log[parent * NODE + 3] = graph.maps[number].n_in
        owner = np.searchsorted(nodes[:, 5], before + np.arange(len(edges)), side="right") - 1
        for at in np.flatnonzero(edges[:, 1] < 0).tolist():
            parent = int(edges[at, 0])
            n_in = graph.rows(parent) if parent < first else int(nodes[parent - first, 3])
            edges[at, 1] = graph.all(n_in, int(nodes[owner[at], 3]))
            edges[at, 2] = edges[at, 2] // 4 * 4 + Status.UNKNOWN
