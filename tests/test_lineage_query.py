"""Examples of questions to a lineage graph: certainty, context, compactness, bad input."""

from __future__ import annotations

import numpy as np
import pytest

from traceprop_nb.errors import RowRangeError
from traceprop_nb.lineage import query
from traceprop_nb.lineage.graph import LineageGraph
from traceprop_nb.lineage.maps import All, Gather, Identity, Mask, Part, Runs, SameGroup
from traceprop_nb.lineage.maps.groups import Groups
from traceprop_nb.lineage.nodes import Kind, Status


def add(graph, rows, *edges, status=0):
    """A value from edges (parent, map, kind, status)."""
    flat = []
    for parent, m, kind, edge_status in edges:
        flat += (parent, graph.map(m), kind * 4 + edge_status)
    return graph.append(graph.op("op"), -1, 1, rows, status, flat)


def source(graph, n_rows, kind="file", name="a.csv"):
    return graph.append_source(name=name, kind=kind, n_rows=n_rows)


def direct(parent, m, status=Status.EXACT):
    return parent, m, Kind.DIRECT, status


def context(parent, m, status=Status.EXACT):
    return parent, m, Kind.CONTEXT, status


def test_a_standardised_row_comes_from_itself_and_its_context_is_everything():
    n = 10**7
    graph = LineageGraph()
    file = source(graph, n)
    mean = add(graph, 1, direct(file, All(n, 1)))
    scaled = add(graph, n, direct(file, Identity(n)), context(mean, All(1, n)))
    answer = query.backward(graph, scaled, 17, context=True)
    assert {k: v.tolist() for k, v in answer.sources.items()} == {file: [17]}
    assert answer.context == {file: range(n)}  # not an array of them
    assert answer.path == [file, scaled]


def test_context_of_context_stays_context():
    graph = LineageGraph()
    file = source(graph, 3)
    fit = add(graph, 1, direct(file, All(3, 1)))
    value = add(graph, 2, context(fit, All(1, 2)))
    answer = query.backward(graph, value, [0, 1], context=True)
    assert answer.sources == {}
    assert answer.context == {file: range(3)}
    assert answer.path == [value]


def test_an_inexact_step_counts_only_for_rows_it_gives():
    graph = LineageGraph()
    top, bottom = source(graph, 2), source(graph, 2)
    vague = add(graph, 2, direct(bottom, All(2, 2), Status.INEXACT))
    both = add(graph, 4, direct(top, Part(0, 2, 4)), direct(vague, Part(2, 2, 4)))
    assert query.backward(graph, both, 1).status == Status.EXACT
    assert query.backward(graph, both, 2).status == Status.INEXACT
    assert query.backward(graph, both, [0, 3]).status == Status.INEXACT


def test_an_empty_superset_is_the_truth_but_an_empty_assumption_is_not():
    for status, then in [
        (Status.INEXACT, Status.EXACT),
        (Status.ASSUMED, Status.ASSUMED),
        (Status.UNKNOWN, Status.UNKNOWN),
    ]:
        graph = LineageGraph()
        file = source(graph, 2)
        value = add(graph, 1, direct(file, Gather(np.array([-1]), 2), status))
        assert query.backward(graph, value, 0).status == then
        assert query.backward(graph, value, 0).sources == {}


def test_an_origin_that_nobody_saw_makes_the_answer_unknown():
    graph = LineageGraph()
    file, unseen = source(graph, 2), source(graph, 2, "unknown", "untraced ndarray")
    total = add(graph, 2, direct(file, Identity(2)), direct(unseen, Identity(2)))
    answer = query.backward(graph, total, 1)
    assert answer.status == Status.UNKNOWN
    assert {k: v.tolist() for k, v in answer.sources.items()} == {file: [1], unseen: [1]}
    lost = add(graph, 2, status=Status.UNKNOWN)
    answer = query.backward(graph, lost, 0)
    assert (answer.status, answer.sources, answer.path) == (Status.UNKNOWN, {}, [lost])
    assert query.backward(graph, file, 0).status == Status.EXACT


def test_unknown_context_leaves_direct_lineage_exact():
    graph = LineageGraph()
    file, unseen = source(graph, 2), source(graph, 1, "unknown")
    value = add(graph, 2, direct(file, Identity(2)), context(unseen, All(1, 2)))
    answer = query.backward(graph, value, 0, context=True)
    assert (answer.status, answer.context_status) == (Status.EXACT, Status.UNKNOWN)


def test_one_record_of_context_is_a_stretch_of_one():
    graph = LineageGraph()
    file = source(graph, 9)
    value = add(graph, 3, context(file, Gather(np.array([7, 7, 7]), 9)))
    assert query.backward(graph, value, 1, context=True).context == {file: range(7, 8)}


@pytest.mark.parametrize("rows", [[0], [0, 2], range(5), np.arange(30)])
def test_many_rows_go_through_a_full_map_between_unequal_numbers_of_rows(rows):
    graph = LineageGraph()
    file = source(graph, 40)
    few = add(graph, 2, direct(file, All(40, 2)))
    many = add(graph, 90, direct(few, All(2, 90)))
    assert {k: r.size for k, r in query.forward(graph, file, rows).items()} == {few: 2, many: 90}
    assert query.backward(graph, many, rows).sources[file].tolist() == list(range(40))


def test_no_rows_have_no_lineage_whatever_the_value():
    graph = LineageGraph()
    unseen = source(graph, 2, "unknown")
    answer = query.backward(graph, unseen, [])
    assert (answer.sources, answer.status, answer.path) == ({}, Status.EXACT, [])
    assert query.impact(graph, unseen, []).status == Status.EXACT


def test_a_source_in_the_middle_is_a_source_and_its_own_origins_are_followed():
    graph = LineageGraph()
    file = source(graph, 2)
    assert query.backward(graph, file, 1).sources[file].tolist() == [1]
    assert query.backward(graph, file, 1).path == [file]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (2, "no row 2: its rows are 0 to 1 .node 0, 'source', 2 rows"),
        (-1, "no row -1"),
        ([0, 5], "no row 5"),
        (np.array([True, False]), "whole numbers counted from 0, not bool"),
        ([0.5], "not float64"),
    ],
)
def test_a_row_that_the_value_does_not_have_is_refused(rows, says):
    graph = LineageGraph()
    file = source(graph, 2)
    for ask in (query.backward, query.forward, query.impact):
        with pytest.raises(RowRangeError, match=says):
            ask(graph, file, rows)


def test_numpy_integers_and_booleans_are_told_apart():
    graph = LineageGraph()
    file = source(graph, 2)
    assert query.backward(graph, file, np.int32(1)).sources[file].tolist() == [1]
    with pytest.raises(RowRangeError, match="not bool"):
        query.backward(graph, file, True)


def test_the_answer_does_not_share_memory_with_the_question():
    graph = LineageGraph()
    file = source(graph, 5)
    same = add(graph, 5, direct(file, Identity(5)))
    rows = np.array([1, 3])
    answer, reached = query.backward(graph, same, rows), query.forward(graph, file, rows)
    rows[:] = 0
    assert answer.sources[file].tolist() == reached[same].tolist() == [1, 3]


def test_thirty_joins_of_a_value_with_itself_are_walked_once_each():
    graph = LineageGraph()
    order = np.random.default_rng(0).permutation(50)
    node = source(graph, 50)
    for _ in range(30):
        moved = add(graph, 50, direct(node, Gather(order, 50)))
        kept = add(graph, 50, direct(node, Gather(order[::-1], 50)))
        node = add(graph, 50, direct(moved, Identity(50)), direct(kept, Identity(50)))
    assert query.backward(graph, node, 3).sources[0].size > 1
    assert query.to_sources(graph, node)[0].n_in == 50


def test_two_ways_to_one_source_are_both_followed_for_all_rows():
    graph = LineageGraph()
    file = source(graph, 4)
    moved = add(graph, 4, direct(file, Gather(np.array([1, 2, 3, -1]), 4)))
    both = add(graph, 4, direct(file, Identity(4)), direct(moved, Identity(4)))
    found = query.to_sources(graph, both)[file]
    assert [found.back(np.array([k])).tolist() for k in range(4)] == [[0, 1], [1, 2], [2, 3], [3]]
    assert found.forward(np.array([1])).tolist() == [0, 1]


def test_all_rows_of_a_value_lead_to_its_sources_by_compact_maps():
    graph = LineageGraph()
    a, b = source(graph, 1000), source(graph, 500)
    both = add(graph, 1500, direct(a, Part(0, 1000, 1500)), direct(b, Part(1000, 500, 1500)))
    keep = np.ones(1500, bool)
    keep[200:300] = False
    kept = add(graph, 1400, direct(both, Mask.of(keep)), context(a, All(1000, 1400)))
    maps = query.to_sources(graph, kept)
    assert {node: type(m) for node, m in maps.items()} == {a: Runs, b: Runs}
    assert maps[a].at(np.array([0, 200, 900, 1399])).tolist() == [0, 300, -1, -1]
    assert maps[b].at(np.array([0, 899, 900, 1399])).tolist() == [-1, -1, 0, 499]


def test_a_large_relation_is_not_spelled_out():
    n = 10_000
    graph = LineageGraph()
    file = source(graph, n)
    groups = SameGroup(Groups(np.zeros(n, np.int64), 1))
    value = add(graph, n, direct(file, groups))
    assert query.to_sources(graph, value)[file] is groups


def test_impact_names_the_worst_on_the_way_to_each_value():
    graph = LineageGraph()
    file = source(graph, 3)
    sure = add(graph, 3, direct(file, Identity(3)))
    vague = add(graph, 3, direct(sure, All(3, 3), Status.INEXACT))
    after = add(graph, 3, direct(vague, Identity(3)))
    aside = add(graph, 1, direct(sure, Gather(np.array([0]), 3), Status.ASSUMED))
    found = query.impact(graph, file, 2)
    assert found.statuses == {sure: 0, vague: 2, after: 2}
    assert found.reached[after] == range(3)
    assert query.impact(graph, file, 0).statuses[aside] == Status.ASSUMED
    assert query.forward(graph, vague, [1])[after].tolist() == [1]


def test_the_status_of_a_value_itself_counts_both_ways():
    graph = LineageGraph()
    file = source(graph, 2)
    vague = add(graph, 2, direct(file, Identity(2)), status=Status.INEXACT)
    after = add(graph, 2, direct(vague, Identity(2)))
    assert query.impact(graph, file, 0).statuses == {vague: Status.INEXACT, after: Status.INEXACT}
    assert query.backward(graph, after, 0).status == Status.INEXACT
    assert query.inexact_steps(graph, after) == [vague]


def test_an_assumption_that_may_hide_a_row_shows_in_the_impact():
    graph = LineageGraph()
    file = source(graph, 2)
    add(graph, 1, direct(file, Gather(np.array([0]), 2), Status.ASSUMED))
    found = query.impact(graph, file, 1)
    assert (found.reached, found.status) == ({}, Status.ASSUMED)
    graph = LineageGraph()
    file = source(graph, 2)
    add(graph, 1, direct(file, Gather(np.array([0]), 2), Status.INEXACT))
    assert query.impact(graph, file, 1).status == Status.EXACT
