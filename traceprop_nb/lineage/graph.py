"""The lineage graph: an append-only log of operations in flat columns.

A node is six integers and an edge three, in two growing arrays: a record costs well under a
microsecond and some 80 bytes, and nothing of it is ever rewritten but a source's late digest.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from struct import Struct, pack
from typing import Any

import numpy as np

from traceprop_nb.errors import ShapeError
from traceprop_nb.lineage.columns.table import ColumnTable
from traceprop_nb.lineage.maps import All, Identity, Ints, RowMap
from traceprop_nb.lineage.nodes import Kind, Site, Source, Status

NODE = 6
"""Integers a node: op, site, cell, rows, status, first edge."""
EDGE = 3
"""Integers an edge: parent, map, kind * 4 + status."""
CONTEXT = 4
"""Edge codes from here on are of kind CONTEXT."""

# packing is 4 times faster than array.extend with a tuple
_pack_node = Struct(f"{NODE}q").pack
_pack_few = {EDGE * k: Struct(f"{EDGE * k}i").pack for k in range(8)}


def _pack_edges(edges: Sequence[int]) -> bytes:
    if len(edges) % EDGE:
        raise ShapeError(f"{len(edges)} integers are no edges; give parent, map, code for each")
    return pack(f"{len(edges)}i", *edges)


@dataclass(frozen=True)
class Columns:
    """A copy of the log.

    Attributes:
        nodes: int64 (n, 6): op, site (-1 for none), cell, rows, status, first edge.
        edges: int64 (m, 3): parent, map, kind * 4 + status; those of a node are neighbours.
    """

    nodes: Ints
    edges: Ints

    def children(self) -> Ints:
        """The node of each edge, int64 (m,)."""
        every = np.arange(len(self.edges))
        return np.searchsorted(self.nodes[:, 5], every, side="right") - 1

    def worst(self) -> Ints:
        """Each node's own status, or that of its worst direct edge, int64 (n,)."""
        found = self.nodes[:, 4].copy()
        direct = self.edges[:, 2] < CONTEXT
        np.maximum.at(found, self.children()[direct], self.edges[direct, 2])
        return found


class LineageGraph:
    """Nodes 0, 1, 2, ... in the order of recording; a parent is always smaller than its child.

    One writer at a time: the recorder holds the lock. Readers need none.

    Attributes:
        sites: The site table.
        reasons: Why the operation at a site is not exact, where that is known; not stored.
        sources: What entered from outside, by node.
        ops: Operation names, in the order of their interning.
        maps: The map table.
        column_table: What is known of columns; not stored.
        node_log: NODE integers a node; for queries, read-only.
        edge_log: EDGE integers an edge; for queries, read-only.
    """

    __slots__ = (
        "_all", "_child", "_head", "_identities", "_next", "_op_ids",
        "column_table", "edge_log", "maps", "node_log", "ops", "reasons", "sites", "sources",
    )  # fmt: skip

    def __init__(self) -> None:
        self.sites: list[Site] = []
        self.reasons: dict[int, str] = {}
        self.sources: dict[int, Source] = {}
        self.ops: list[str] = []
        self.maps: list[RowMap] = []
        self.column_table = ColumnTable()
        self.node_log = array("q")
        self.edge_log = array("i")
        self._op_ids: dict[str, int] = {}
        self._identities: dict[int, int] = {}
        self._all: dict[tuple[int, int], int] = {}
        self._child, self._head, self._next = array("i"), array("i"), array("i")

    # -- writing ---------------------------------------------------------------------------

    def add_site(self, site: Site) -> int:
        """Add to the site table."""
        self.sites.append(site)
        return len(self.sites) - 1

    def op(self, name: str) -> int:
        """The number of an operation's name."""
        found = self._op_ids.get(name)
        if found is None:
            found = self._op_ids[name] = len(self.ops)
            self.ops.append(name)
        return found

    def map(self, m: RowMap) -> int:
        """The number of a map; equal Identity and All maps share theirs."""
        if type(m) is Identity:
            return self.identity(m.n_in)
        if type(m) is All:
            return self.all(m.n_in, m.n_out)
        if self.maps and self.maps[-1] is m:
            return len(self.maps) - 1
        return self._add(m)

    def identity(self, n: int) -> int:
        """The number of the identity of n rows."""
        found = self._identities.get(n)
        if found is None:
            found = self._identities[n] = self._add(Identity(n))
        return found

    def all(self, n_in: int, n_out: int) -> int:
        """The number of the full map."""
        found = self._all.get((n_in, n_out))
        if found is None:
            found = self._all[n_in, n_out] = self._add(All(n_in, n_out))
        return found

    def _add(self, m: RowMap) -> int:
        self.maps.append(m)
        return len(self.maps) - 1

    def append(  # noqa: PLR0913  # the integers of a node
        self,
        op: int,
        site: int,
        cell: int,
        rows: int,
        status: int,
        edges: Sequence[int],
        labels: int = -1,
    ) -> int:
        """Record a value.

        Args:
            op: Number of the operation's name.
            site: Number of the site, -1 for none.
            cell: Number of the cell.
            rows: Rows of the value, 1 for one without a row axis.
            status: The value's own, beside those of its edges; UNKNOWN for an origin unseen.
            edges: Flat: parent, map, kind * 4 + status, parent, ...
            labels: Number of its column labels, -1 where it has none.

        Returns:
            The node.

        Raises:
            ShapeError: The edges are not three integers each.
        """
        log, edge_log = self.node_log, self.edge_log
        # packed before either log grows: a bad argument leaves no half of a record
        node = _pack_node(op, site, cell, rows, status, len(edge_log) // EDGE)
        few = _pack_few.get(len(edges))
        edge_log.frombytes(_pack_edges(edges) if few is None else few(*edges))
        log.frombytes(node)
        self.column_table.of.append(labels)
        return len(log) // NODE - 1

    def append_source(  # noqa: PLR0913  # the fields of Source
        self,
        *,
        name: str,
        kind: str,
        n_rows: int,
        path: str | None = None,
        digest: str | None = None,
        cell: int = 0,
        line: int = 0,
        site: int = -1,
        detail: Mapping[str, Any] | None = None,
        labels: int = -1,
    ) -> int:
        """Record that something entered from outside; of kind "unknown" its status is UNKNOWN.

        Returns:
            The node. The arguments are those of ``Source``.
        """
        status = Status.UNKNOWN if kind == "unknown" else Status.EXACT
        node = self.append(self.op("source"), site, cell, n_rows, status, (), labels)
        self.sources[node] = Source(
            node, name, kind, path, n_rows, digest, cell, line, dict(detail or {})
        )
        return node

    def set_digest(self, node: int, digest: str) -> None:
        """Add the digest of a source, computed after it was recorded."""
        self.sources[node] = replace(self.sources[node], digest=digest)

    # -- reading ---------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.node_log) // NODE

    def __repr__(self) -> str:
        return f"LineageGraph({len(self)} nodes, {len(self.edge_log) // EDGE} edges)"

    def op_name(self, node: int) -> str:
        """Name of the operation that made it."""
        return self.ops[self.node_log[self._at(node)]]

    def site(self, node: int) -> Site | None:
        """Where in the user's source it was made."""
        site = self.node_log[self._at(node) + 1]
        return self.sites[site] if site >= 0 else None

    def cell(self, node: int) -> int:
        """Number of the cell that made it."""
        return self.node_log[self._at(node) + 2]

    def rows(self, node: int) -> int:
        """Number of its rows."""
        log, at = self.node_log, node * NODE + 3
        return log[at] if 0 <= at < len(log) else log[self._at(node) + 3]

    def status(self, node: int) -> Status:
        """Its own status, without those of its edges."""
        return Status(self.node_log[self._at(node) + 4])

    def span(self, node: int) -> tuple[int, int]:
        """First and last-plus-one of its edges."""
        at = self._at(node) + NODE - 1
        log = self.node_log
        end = log[at + NODE] if at + NODE < len(log) else len(self.edge_log) // EDGE
        return log[at], end

    def edges(self, node: int) -> list[tuple[int, RowMap, Kind, Status]]:
        """What it was made of: (parent, map from its rows to the parent's, kind, status)."""
        first, end = self.span(node)
        log = self.edge_log
        found = []
        for at in range(first * EDGE, end * EDGE, EDGE):
            kind, status = divmod(log[at + 2], 4)
            found.append((log[at], self.maps[log[at + 1]], Kind(kind), Status(status)))
        return found

    def outgoing(self, node: int) -> list[tuple[int, int]]:
        """Edges that start here: (child, number of the edge), latest first."""
        if len(self._head) * NODE < len(self.node_log):
            self._index_children()
        self._at(node)
        found = []
        edge = self._head[node]
        while edge >= 0:
            found.append((self._child[edge], edge))
            edge = self._next[edge]
        return found

    def columns(self) -> Columns:
        """A copy of the log as two integer arrays."""
        nodes = np.array(self.node_log, np.int64).reshape(-1, NODE)
        return Columns(nodes, np.array(self.edge_log, np.int64).reshape(-1, EDGE))

    def nbytes(self) -> int:
        """Bytes of the log and of the maps."""
        logs = (self.node_log, self.edge_log, self._child, self._head, self._next)
        return sum(log.itemsize * len(log) for log in logs) + sum(m.nbytes for m in self.maps)

    def _at(self, node: int) -> int:
        if not 0 <= node < len(self):
            raise IndexError(f"there is no node {node} among {len(self)}")
        return node * NODE

    def _index_children(self) -> None:
        """Bring the linked lists of outgoing edges up to date: head per node, next per edge."""
        log, head, child, following = self.edge_log, self._head, self._child, self._next
        for node in range(len(head), len(self)):
            head.append(-1)
            first, end = self.span(node)
            for edge in range(first, end):
                parent = log[edge * EDGE]
                child.append(node)
                following.append(head[parent])
                head[parent] = edge
