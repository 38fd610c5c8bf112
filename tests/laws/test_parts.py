"""Law: a graph that was stored in parts answers as the whole; with a part lost, never wrongly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tests.laws.test_lineage_queries import graphs, sets_of
from traceprop_nb.errors import StoreError
from traceprop_nb.lineage import query
from traceprop_nb.lineage.graph import EDGE, NODE, LineageGraph
from traceprop_nb.lineage.nodes import Site, Source, Status
from traceprop_nb.lineage.parts import LOST, Assembly, Extent, tail_of
from traceprop_nb.lineage.segment import Pool, pack, unpack


def replayed(graph, cuts):
    """The graph recorded again, with the bytes of a part made at each cut and at the end."""
    again, since, parts = LineageGraph(), Extent(), []
    for node in range(len(graph)):
        if node in cuts:
            since = since.plus(cut(again, since, parts))
        source = graph.sources.get(node)
        if source is not None:
            again.append_source(name=source.name, kind=source.kind, n_rows=source.n_rows)
            continue
        flat = [
            number
            for parent, m, kind, status in graph.edges(node)
            for number in (parent, again.map(m), kind * 4 + status)
        ]
        op = again.op(graph.op_name(node))
        site = again.add_site(Site(graph.op_name(node), graph.cell(node), node + 1, 2, "secret"))
        again.append(op, site, graph.cell(node), graph.rows(node), graph.status(node), flat)
    cut(again, since, parts)
    return again, parts


def cut(graph, since, parts):
    pool = Pool()
    nodes = graph.node_log[since.nodes * NODE :].tobytes()
    edges = graph.edge_log[since.edges * EDGE :].tobytes()
    size, part = tail_of(graph, since, nodes, edges, pool)
    part["sources"] = [
        {"node": n, "name": graph.sources[n].name, "kind": graph.sources[n].kind,
         "rows": graph.sources[n].n_rows} for n in part["sources"]
    ]  # fmt: skip
    parts.append((size, pack(part, pool.arrays)))
    return size


def a_source(told):
    return Source(told["node"], told["name"], told["kind"], None, told["rows"])


def together(parts, lost=()):
    made = Assembly()
    for number, (size, data) in enumerate(parts):
        if number in lost:
            made.lose(size)
        else:
            made.add(*unpack(data), a_source)
    return made


some_cuts = st.sets(st.integers(1, 9), max_size=4)


@settings(deadline=None)
@given(graphs(), some_cuts)
def test_a_graph_in_parts_is_the_graph(drawn, cuts):
    graph, parts = replayed(drawn[0], cuts)
    made = together(parts)
    again = made.graph
    assert np.array_equal(again.columns().nodes, graph.columns().nodes)
    assert np.array_equal(again.columns().edges, graph.columns().edges)
    assert (again.ops, again.sources, made.lost) == (graph.ops, graph.sources, set())
    assert [(s.op, s.cell, s.line, s.col) for s in again.sites] == [
        (s.op, s.cell, s.line, s.col) for s in graph.sites
    ]
    assert "secret" not in {s.text for s in again.sites}
    for node in range(len(graph)):
        for row in range(graph.rows(node)):
            was = query.backward(graph, node, row, context=True)
            now = query.backward(again, node, row, context=True)
            assert sets_of(now.sources) == sets_of(was.sources)
            assert sets_of(now.context) == sets_of(was.context)
            assert (now.status, now.context_status, now.path) == (
                was.status, was.context_status, was.path,
            )  # fmt: skip


@settings(deadline=None)
@given(graphs(), some_cuts, st.data())
def test_with_a_part_lost_an_answer_is_the_same_or_unknown(drawn, cuts, data):
    graph, parts = replayed(drawn[0], cuts)
    lost = data.draw(st.sets(st.integers(0, len(parts) - 1), min_size=1, max_size=2))
    made = together(parts, lost)
    assert len(made.graph) == len(graph)
    for node in range(len(graph)):
        if node in made.lost:
            assert made.graph.status(node) == Status.UNKNOWN
            assert made.graph.op_name(node) == LOST
            continue
        for row in range(graph.rows(node)):
            was = query.backward(graph, node, row)
            now = query.backward(made.graph, node, row)
            if set(was.path) & made.lost:
                assert now.status == Status.UNKNOWN
            elif now.status != Status.UNKNOWN:
                assert (sets_of(now.sources), now.status) == (sets_of(was.sources), was.status)


def whole(n=4):
    graph = LineageGraph()
    graph.append_source(name="s", kind="file", n_rows=n)
    graph.append(graph.op("copy"), -1, 1, n, 0, (0, graph.identity(n), 0))
    graph.append(graph.op("sum"), -1, 2, 1, 0, (1, graph.all(n, 1), 0))
    return replayed(graph, {2})[1]


def test_a_lost_map_is_unknown_and_a_kept_one_says_how_many_rows_a_lost_node_had():
    made = together(whole(), lost={0})
    assert [made.graph.rows(node) for node in range(3)] == [0, 4, 1]
    assert query.backward(made.graph, 2, 0).status == Status.UNKNOWN
    assert made.at == Extent(3, 2, 2, 3, 2)


def test_a_part_that_does_not_follow_or_contradicts_itself_is_refused_whole():
    parts = whole()
    made = Assembly()
    with pytest.raises(StoreError, match="does not follow"):
        made.add(*unpack(parts[1][1]), a_source)
    header, arrays = unpack(parts[0][1])
    for wrong in (
        {"size": [2, 1, 1, 2, 2]}, {"nodes": 9}, {"ops": []}, {"maps": []}, {"maps": [["?"]]},
        {"sources": [{}]}, {"edges": header["nodes"]},
    ):  # fmt: skip
        with pytest.raises(StoreError, match=r"a part of a lineage|describes no row map"):
            made.add(header | wrong, arrays, a_source)
        assert (len(made.graph), made.graph.ops, made.at) == (0, [], Extent())
    made.add(header, arrays, a_source)
    made.add(*unpack(parts[1][1]), a_source)
    assert query.backward(made.graph, 2, 0).sources[0].tolist() == [0, 1, 2, 3]


def test_a_map_that_was_lost_makes_a_later_value_unknown_though_its_parent_is_there():
    graph = LineageGraph()
    graph.append_source(name="s", kind="file", n_rows=4)
    for cell in (1, 2):
        graph.append(graph.op("copy"), -1, cell, 4, 0, (0, graph.identity(4), 0))
    made = together(replayed(graph, {1, 2})[1], lost={1})
    assert made.lost == {1}
    found = query.backward(made.graph, 2, 3)
    assert found.status == Status.UNKNOWN
    assert 3 in found.sources[0]
