"""The picture of a session: links between what is shown, rows and columns that leave no doubt."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from traceprop_nb.exports.loss import Loss, without
from traceprop_nb.exports.model import Column, SessionGraph, Source, Value
from traceprop_nb.exports.stretches import pairs, stretches
from traceprop_nb.lineage import query
from traceprop_nb.lineage.graph import LineageGraph
from traceprop_nb.lineage.maps import All, Identity
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.session.contracted import contracted
from traceprop_nb.session.picture import picture
from traceprop_nb.session.row_links import row_lineage
from traceprop_nb.session.same_columns import column_lineage


@given(st.sets(st.tuples(st.integers(0, 12), st.integers(0, 12))))
def test_stretches_hold_each_pair_once(wanted):
    rows, records = (np.array([p[k] for p in sorted(wanted)], np.int64) for k in (0, 1))
    diagonal, fan = stretches(rows, records)
    assert sum(n for *_, n in (*diagonal, *fan)) == len(wanted)
    back = pairs(diagonal, fan)
    assert list(zip(back[0].tolist(), back[1].tolist(), strict=True)) == sorted(wanted)


def test_rows_that_kept_their_order_are_one_stretch():
    n = np.arange(1000)
    assert stretches(n, n + 7) == (((0, 7, 1000),), ())
    assert stretches(np.zeros(5, np.int64), np.arange(5)) == ((), ((0, 0, 5),))


@st.composite
def graphs(draw):
    """Any small graph, with a choice of nodes to show."""
    graph = LineageGraph()
    graph.append_source(name="s", kind="table", n_rows=2)
    link = graph.map(Identity(2))
    for node in range(1, draw(st.integers(2, 9))):
        parents = draw(st.lists(st.integers(0, node - 1), max_size=3, unique=True))
        codes = [draw(st.integers(0, 7)) for _ in parents]
        flat = [x for p, c in zip(parents, codes, strict=True) for x in (p, link, c)]
        own = draw(st.sampled_from((Status.EXACT, Status.ASSUMED, Status.UNKNOWN)))
        graph.append(graph.op("f"), -1, 1, 2, own, flat)
    return graph, draw(st.sets(st.integers(0, len(graph) - 1)))


def walked(graph, shown):
    """Every way between two shown nodes over others, one by one."""
    found: dict[tuple[int, int, int], int] = {}

    def walk(child, node, kind, worst):
        worst = max(worst, graph.status(node))
        for parent, _, way, status in graph.edges(node):
            k, s = max(kind, int(way)), max(worst, int(status))
            if parent in shown:
                found[parent, child, k] = max(found.get((parent, child, k), 0), s)
            else:
                walk(child, parent, k, s)

    for child in shown:
        walk(child, child, 0, 0)
    return found


@given(graphs())
@settings(max_examples=200)
def test_links_are_all_ways_between_shown_nodes_with_the_worst_status(drawn):
    graph, shown = drawn
    links = contracted(graph, shown, set())
    assert {(e.parent, e.child, int(e.kind)): int(e.status) for e in links} == walked(graph, shown)


def test_what_nobody_saw_made_stays_in_sight():
    graph = LineageGraph()
    lost = graph.append_source(name="x", kind="unknown", n_rows=2)
    link = graph.map(Identity(2))
    graph.append(graph.op("f"), -1, 1, 2, Status.EXACT, [lost, link, 0])
    last = graph.append(graph.op("g"), -1, 1, 2, Status.EXACT, [1, link, 0])
    assert [(e.parent, e.child) for e in contracted(graph, {last}, {lost})] == [(lost, last)]
    assert contracted(graph, {last}, set()) == []


def test_rows_of_a_session_are_those_that_the_graph_says(cells):
    cells("late = d.sort_values('v')\nmeans = d.groupby('c')[['v']].mean()\nall_ = d.v.sum()")
    whole, graph = picture(cells.session), cells.session.graph
    assert {v.name for v in whole.values} >= {"d", "late", "means", "X"}
    for one in whole.row_lineage:
        node, source = int(one.value.split("/")[1]), int(one.source.split("/")[1])
        rows, records = pairs(one.diagonal, one.fan)
        for row in range(graph.rows(node)):
            found = query.backward(graph, node, row).sources.get(source, ())
            assert records[rows == row].tolist() == list(found)


def test_too_many_stretches_are_left_out_and_it_is_said():
    graph = LineageGraph()
    source = graph.append_source(name="s", kind="table", n_rows=3000)
    full = graph.map(All(3000, 3000))
    node = graph.append(graph.op("f"), -1, 1, 3000, Status.EXACT, [source, full, Status.INEXACT])
    ids = {source: "source/0", node: "value/1"}
    (cut,) = row_lineage(graph, [node], ids)
    assert (cut.complete, cut.diagonal, cut.fan, cut.status) == (False, (), (), "inexact")


def columns(graph, last, held):
    """What is known of the columns of the last node, all sources and it having these."""
    sources = [
        Source(f"source/{n}", s.name, columns=tuple(map(Column, held[n])))
        for n, s in graph.sources.items()
    ]
    value = Value(f"value/{last}", columns=tuple(map(Column, held[last])))
    found = column_lineage(graph, [last], sources, [value])
    return {(c.column, c.source, c.how) for c in found}


def steps(*names, sources=1):
    """A graph in which each step takes all that the one before it made."""
    graph = LineageGraph()
    before = [graph.append_source(name=f"s{k}", kind="file", n_rows=2) for k in range(sources)]
    link = graph.map(Identity(2))
    for name in names:
        flat = [x for p in before for x in (p, link, Kind.DIRECT)]
        before = [graph.append(graph.op(name), -1, 1, 2, Status.EXACT, flat)]
    return graph, before[0]


@pytest.mark.parametrize(
    ("names", "sources", "held", "known"),
    [
        (("dropna", "sort_values"), 1, ["ab", "abz"], {("a", 0, "identity"), ("b", 0, "identity")}),
        (("fillna",), 1, ["a", "a"], {("a", 0, "transformation")}),
        (("dropna", "rename"), 1, ["ab", "ab"], set()),
        (("concat",), 2, ["a", "a", "a"], {("a", 0, "identity"), ("a", 1, "identity")}),
        (("[]", "concat"), 1, ["a", "a"], set()),
        (("merge",), 2, ["ka", "kb", "kab"], {("a", 0, "identity"), ("b", 1, "identity")}),
        (("merge",), 3, ["a", "b", "c", "abc"], set()),
        (("dropna",), 1, ["a1", "a1"], {("a", 0, "identity")}),
        (("dropna",), 1, ["ab", "aab"], {("b", 0, "identity")}),
    ],
)
def test_a_column_is_a_source_s_only_without_a_doubt(names, sources, held, known):
    graph, last = steps(*names, sources=sources)
    spread = dict(enumerate(held[:-1])) | {last: held[-1]}
    assert columns(graph, last, spread) == {(c, f"source/{s}", how) for c, s, how in known}


def test_frames_of_a_session_know_their_columns(cells):
    cells("late = d.sort_values('v')\nkept = a.dropna().sort_values('v')")
    whole = picture(cells.session)
    names = {v.id: v.name for v in whole.values}
    told = {(names[c.value], c.column) for c in whole.column_lineage}
    assert told == {("kept", "id"), ("kept", "v"), ("kept", "c")}  # d has a column set in place


def test_losses_blank_whole_parts_and_members_of_parts():
    graph = SessionGraph("s", sources=(Source("source/0", "a", records=3, path="p"),))
    assert without(graph, [Loss("sources", "-")]).sources == ()
    (left,) = without(graph, [Loss("sources.path", "-")]).sources
    assert (left.path, left.records) == ("", 3)
    assert without(graph, [Loss("sources", "-", when="sometimes")]) == graph
