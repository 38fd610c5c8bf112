"""Laws of the questions to a lineage graph, against a recursive walk over sets."""

from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st

from tests.laws.maps_strategies import between
from tests.oracles.row_sets import provenance
from traceprop_nb.lineage import query
from traceprop_nb.lineage.graph import LineageGraph
from traceprop_nb.lineage.nodes import Kind, Status


@st.composite
def graphs(draw):
    """A graph, and its nodes as (status, [(parent, sets, kind, status)])."""
    graph, nodes, rows = LineageGraph(), [], []
    statuses = st.sampled_from([0, 0, 0, 0, 1, 2, 3])
    sizes = st.sampled_from([3, 4, 5, 2, 1, 0])
    for k in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["file", "file", "unknown"]))
        rows.append(draw(sizes))
        graph.append_source(name=f"s{k}", kind=kind, n_rows=rows[-1])
        nodes.append((3 if kind == "unknown" else 0, []))
    for k in range(draw(st.integers(0, 7))):
        n, edges, flat = draw(sizes), [], []
        # the latest nodes first: long ways, and ways that part and meet again
        back = st.integers(1, min(len(nodes), 4)).map(lambda back: len(nodes) - back)
        parents = draw(st.lists(back, min_size=1, max_size=3))
        for parent in parents:
            m, sets = draw(between(rows[parent], n))
            kind, status = draw(st.sampled_from([0, 0, 1])), draw(statuses)
            edges.append((parent, sets, kind, status))
            flat += (parent, graph.map(m), kind * 4 + status)
        own = draw(statuses)
        graph.append(graph.op(f"op{k}"), -1, k, n, own, flat)
        nodes.append((own, edges))
        rows.append(n)
    return graph, nodes


def sets_of(found):
    return {node: set(np.asarray(rows).tolist()) for node, rows in found.items()}


def questions(data, n):
    """Each row alone, all rows, none, and a drawn selection with repeats."""
    some = data.draw(st.lists(st.integers(0, n - 1), max_size=4) if n else st.just([]))
    return [[row] for row in range(n)] + [list(range(n)), [], some]


@given(graphs(), st.data())
def test_backward_follows_every_way_of_every_row(drawn, data):
    graph, nodes = drawn
    node = len(graph) - 1 - data.draw(st.integers(0, min(len(graph) - 1, 3)))
    for rows in questions(data, graph.rows(node)):
        direct, aside, visited, worst, behind = by_the_oracle(nodes, node, rows)
        answer = query.backward(graph, node, rows, context=True)
        assert sets_of(answer.sources) == direct
        assert sets_of(answer.context) == aside
        assert answer.status == worst
        assert answer.context_status == behind
        assert answer.path == sorted(visited)
        plain = query.backward(graph, node, rows)
        assert sets_of(plain.sources) == direct
        assert (plain.status, plain.path, plain.context) == (answer.status, answer.path, {})
        assert plain.context_status == Status.EXACT


def by_the_oracle(nodes, node, rows):
    direct, aside, visited, worst, behind = {}, {}, set(), 0, 0
    for row in rows:
        found, context, status, context_status, went = provenance(nodes, node, row)
        for into, some in ((direct, found), (aside, context)):
            for source, records in some.items():
                into.setdefault(source, set()).update(records)
        visited |= went
        worst, behind = max(worst, status), max(behind, context_status)
    return direct, aside, visited, worst, behind


@given(graphs(), st.booleans(), st.data())
def test_forward_is_backward_read_the_other_way(drawn, context, data):
    graph, nodes = drawn
    start = data.draw(st.integers(0, min(len(graph) - 1, 3)))
    for rows in questions(data, graph.rows(start)):
        touched = reached_by_sets(nodes, start, set(rows), context)
        assert sets_of(query.forward(graph, start, rows, context=context)) == touched
        found = query.impact(graph, start, rows, context=context)
        assert sets_of(found.reached) == touched
        assert found.statuses == worst_on_the_way(nodes, touched, start, set(rows), context)
        assert found.status >= max(found.statuses.values(), default=0)
        if not rows:
            assert found.status == Status.EXACT


def reached_by_sets(nodes, start, rows, context):
    touched = {start: rows}
    for node in range(start + 1, len(nodes)):
        hit = {
            out
            for parent, sets, kind, _ in nodes[node][1]
            if context or kind == Kind.DIRECT
            for out, behind in enumerate(sets)
            if behind & touched.get(parent, set())
        }
        if hit:
            touched[node] = hit
    del touched[start]
    return touched


def worst_on_the_way(nodes, touched, start, rows, context):
    """For each reached node the worst status of a node or edge between it and the start."""
    reached, worst = touched | {start: rows}, {start: nodes[start][0]}
    for node in sorted(touched):
        for parent, sets, kind, status in nodes[node][1]:
            carried = any(behind & reached.get(parent, set()) for behind in sets)
            if carried and (context or kind == Kind.DIRECT):
                here = max(worst[parent], status, nodes[node][0])
                worst[node] = max(worst.get(node, 0), here)
    return {node: Status(worst[node]) for node in touched}


@given(graphs(), st.data())
def test_all_rows_at_once_agree_with_row_by_row(drawn, data):
    graph, _ = drawn
    node = data.draw(st.integers(0, len(graph) - 1))
    composed = query.to_sources(graph, node)
    for row in range(graph.rows(node)):
        one = {source: m.back(np.array([row])).tolist() for source, m in composed.items()}
        direct = query.backward(graph, node, row).sources
        assert {s: r for s, r in one.items() if r} == {s: r.tolist() for s, r in direct.items()}


@given(graphs(), st.data())
def test_ancestors_and_descendants_are_two_sides_of_one_relation(drawn, data):
    graph, nodes = drawn
    above = [{parent for parent, *_ in edges} for _, edges in nodes]
    for node in range(len(nodes)):  # parents are smaller, so this closes the relation
        above[node] |= set().union(*(above[parent] for parent in above[node]))
    for node in range(len(nodes)):
        assert query.ancestors(graph, node) == sorted(above[node])
        below = [child for child in range(len(nodes)) if node in above[child]]
        assert query.descendants(graph, node) == below


@given(graphs(), st.data())
def test_inexact_steps_are_those_of_direct_lineage_that_are_not_exact(drawn, data):
    graph, nodes = drawn
    node = data.draw(st.integers(0, len(graph) - 1))
    walked = {node}
    for k in range(node, -1, -1):
        if k in walked:
            walked |= {parent for parent, _, kind, _ in nodes[k][1] if kind == Kind.DIRECT}
    bad = {
        k
        for k in walked
        if nodes[k][0] or any(status for _, _, kind, status in nodes[k][1] if not kind)
    }
    assert query.inexact_steps(graph, node) == sorted(bad)
    rows = range(graph.rows(node))
    if not bad:
        assert query.backward(graph, node, list(rows)).status == Status.EXACT
