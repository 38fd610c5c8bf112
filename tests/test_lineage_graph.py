"""The lineage graph: what is appended is what is read."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from traceprop_nb.errors import ShapeError
from traceprop_nb.lineage.graph import LineageGraph
from traceprop_nb.lineage.maps import All, Gather, Identity, Range
from traceprop_nb.lineage.nodes import Kind, Site, Source, Status


@pytest.fixture
def graph():
    """A file of 3 rows, a filter of it, and a mean of the filter."""
    graph = LineageGraph()
    file = graph.append_source(
        name="a.csv", kind="file", n_rows=3, path="in/a.csv", cell=1, line=2, detail={"skip": 1}
    )
    site = graph.add_site(Site("getitem", 2, 1, 4, "a[a.x > 0]"))
    kept = graph.append(graph.op("getitem"), site, 2, 2, 0, (file, graph.map(Range(0, 2, 2, 3)), 0))
    graph.append(
        graph.op("mean"), -1, 3, 1, Status.ASSUMED,
        (kept, graph.map(All(2, 1)), 0, file, graph.map(All(3, 1)), Kind.CONTEXT * 4 + 2),
    )  # fmt: skip
    return graph


def test_nodes_are_read_as_they_were_recorded(graph):
    assert len(graph) == 3
    assert [graph.op_name(n) for n in range(3)] == ["source", "getitem", "mean"]
    assert [graph.cell(n) for n in range(3)] == [1, 2, 3]
    assert [graph.rows(n) for n in range(3)] == [3, 2, 1]
    assert [graph.status(n) for n in range(3)] == [Status.EXACT, Status.EXACT, Status.ASSUMED]
    assert graph.site(1) == Site("getitem", 2, 1, 4, "a[a.x > 0]")
    assert graph.site(0) is graph.site(2) is None


def test_edges_are_read_as_they_were_recorded(graph):
    assert graph.edges(0) == []
    [(parent, m, kind, status)] = graph.edges(1)
    assert (parent, type(m), kind, status) == (0, Range, Kind.DIRECT, Status.EXACT)
    edges = [(parent, kind, status) for parent, _, kind, status in graph.edges(2)]
    assert edges == [(1, Kind.DIRECT, Status.EXACT), (0, Kind.CONTEXT, Status.INEXACT)]


def test_outgoing_edges_lead_to_the_children_recorded_so_far(graph):
    assert sorted(graph.outgoing(0)) == [(1, 0), (2, 2)]
    late = graph.append(graph.op("copy"), -1, 4, 3, 0, (0, graph.identity(3), 0))
    assert sorted(graph.outgoing(0)) == [(1, 0), (2, 2), (late, 3)]
    assert graph.outgoing(late) == []


def test_equal_maps_share_an_entry(graph):
    assert graph.map(Identity(3)) == graph.map(Identity(3)) == graph.identity(3)
    assert graph.map(All(3, 1)) == graph.all(3, 1) != graph.all(1, 3) != graph.identity(1)
    m = Gather(np.array([0]), 1)
    assert graph.map(m) == graph.map(m)
    assert graph.map(m) != graph.map(Gather(np.array([0]), 1))
    assert graph.maps[graph.identity(3)].n_in == 3


def test_names_of_operations_are_interned(graph):
    assert graph.op("mean") == graph.op("mean") != graph.op("getitem")


def test_a_source_keeps_what_its_reader_knew(graph):
    assert graph.sources == {0: Source(0, "a.csv", "file", "in/a.csv", 3, None, 1, 2, {"skip": 1})}


def test_only_the_digest_of_a_source_comes_later(graph):
    before = graph.sources[0]
    graph.set_digest(0, "sha256:00")
    assert graph.sources[0].digest == "sha256:00"
    assert before.digest is None
    assert graph.sources[0].detail == before.detail


def test_the_detail_of_a_source_is_a_copy():
    graph, detail = LineageGraph(), {"skip": 1}
    graph.append_source(name="a", kind="array", n_rows=1, detail=detail)
    detail["skip"] = 2
    assert graph.sources[0].detail == {"skip": 1}


def test_a_source_of_unknown_kind_has_status_unknown():
    graph = LineageGraph()
    statuses = [
        graph.status(graph.append_source(name="x", kind=kind, n_rows=1))
        for kind in ("file", "array", "table", "generated", "unknown")
    ]
    assert statuses == [Status.EXACT] * 4 + [Status.UNKNOWN]


def test_columns_are_a_copy_that_later_records_leave_alone(graph):
    columns = graph.columns()
    assert columns.nodes.tolist()[1] == [graph.op("getitem"), 0, 2, 2, 0, 0]
    assert columns.edges.tolist() == [[0, 0, 0], [1, 1, 0], [0, 2, 6]]
    graph.append_source(name="b", kind="array", n_rows=1)
    assert len(columns.nodes) == 3


def test_an_empty_graph_has_empty_columns():
    columns = LineageGraph().columns()
    assert columns.nodes.shape == (0, 6)
    assert columns.edges.shape == (0, 3)


@pytest.mark.parametrize("node", [-1, 3])
def test_a_node_that_does_not_exist_is_refused(graph, node):
    for ask in (graph.rows, graph.edges, graph.outgoing, graph.site):
        with pytest.raises(IndexError, match=f"there is no node {node} among 3"):
            ask(node)


def test_half_an_edge_is_refused_and_leaves_nothing_behind(graph):
    before = graph.columns()
    for edges in ((0, 1), (0, 1, 0, 0)):
        with pytest.raises(ShapeError, match=f"{len(edges)} integers are no edges"):
            graph.append(0, -1, 1, 1, 0, edges)
    with pytest.raises(struct.error, match="integer"):
        graph.append(0, -1, 1, None, 0, (0, 1, 0))
    after = graph.columns()
    assert after.nodes.tolist() == before.nodes.tolist()
    assert after.edges.tolist() == before.edges.tolist()


def test_an_operation_costs_at_most_120_bytes():
    graph = LineageGraph()
    graph.append_source(name="a", kind="array", n_rows=9)
    op, same = graph.op("add"), graph.identity(9)
    for node in range(1000):
        graph.append(op, -1, 1, 9, 0, (node, same, 0))
    assert graph.nbytes() / len(graph) <= 120
    held = graph.nbytes()
    graph.map(Gather(np.zeros(50, np.int64), 200))
    assert graph.nbytes() - held == 100


def test_statuses_are_ordered_from_best_to_worst():
    assert max(Status.EXACT, Status.INEXACT, Status.ASSUMED) is Status.INEXACT
    assert max(Status) is Status.UNKNOWN
