"""The layered layout: ranks follow the edges, nothing overlaps, nothing depends on chance."""

from hypothesis import given, settings, strategies as st

from tests.golden import examples as ex
from traceprop_nb.payloads.layout.cards import drawing, visible
from traceprop_nb.payloads.layout.layered import layered

graphs = st.integers(0, 24).flatmap(
    lambda n: st.tuples(
        st.lists(
            st.tuples(st.integers(20, 200).map(float), st.sampled_from([24.0, 44.0])),
            min_size=n, max_size=n,
        ),
        st.lists(
            st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda e: e[0] < e[1]),
            max_size=60, unique=True,
        )
        if n > 1
        else st.just([]),
    )
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(graphs)
def test_an_edge_goes_to_the_right_with_room_between(graph):
    sizes, edges = graph
    laid = layered(sizes, edges)
    for a, b in edges:
        right, left = laid.x[a] + sizes[a][0] / 2, laid.x[b] - sizes[b][0] / 2
        assert left - right >= 56 - 1e-9


@settings(max_examples=200, deadline=None)
@given(graphs)
def test_no_two_nodes_overlap_and_all_are_inside(graph):
    sizes, edges = graph
    laid = layered(sizes, edges)
    for i, (w, h) in enumerate(sizes):
        assert laid.x[i] - w / 2 >= -1e-9
        assert laid.x[i] + w / 2 <= laid.width + 1e-9
        assert laid.y[i] - h / 2 >= -1e-9
        assert laid.y[i] + h / 2 <= laid.height + 1e-9
        for j in range(i):
            apart_x = abs(laid.x[i] - laid.x[j]) >= (w + sizes[j][0]) / 2
            apart_y = abs(laid.y[i] - laid.y[j]) >= (h + sizes[j][1]) / 2 + 12 - 1e-6
            assert apart_x or apart_y


@settings(max_examples=100, deadline=None)
@given(graphs)
def test_a_long_edge_bends_around_the_nodes_on_its_way(graph):
    sizes, edges = graph
    laid = layered(sizes, edges)
    for bends in laid.bends:
        for x, y in bends:
            for i, (w, h) in enumerate(sizes):
                outside = abs(laid.x[i] - x) > w / 2 - 1e-9 or abs(laid.y[i] - y) > h / 2
                assert outside


def test_a_chain_is_a_straight_line():
    laid = layered([(80.0, 44.0)] * 4, [(0, 1), (1, 2), (2, 3)])
    assert len(set(laid.y)) == 1
    assert laid.x == [40, 176, 312, 448]


def test_crossings_are_taken_out_where_that_is_possible():
    laid = layered([(80.0, 44.0)] * 4, [(0, 3), (1, 2)])
    assert (laid.y[0] < laid.y[1]) == (laid.y[3] < laid.y[2])


def test_a_cycle_does_not_hang():
    laid = layered([(80.0, 44.0)] * 3, [(0, 1), (1, 2), (2, 1)])
    assert len(laid.x) == 3


def test_a_focus_draws_only_what_belongs_to_it():
    payload = ex.lineage_example()
    up = drawing({**payload, "focus": 4, "direction": "up"})
    assert [c.title for c in up.cards] == [
        "hospital_a.csv", "hospital_b.csv", "In [3] · fillna", "In [4] · df, X",
    ]  # fmt: skip
    assert up.cards[-1].detail == "1 operation → 7,971 rows"
    assert visible(payload, 4, "both") == visible(payload, 4, "up") | visible(payload, 4, "down")
    assert visible(payload, 4, "down") == {4, 5, 6, 7, 8, 9}


def test_only_the_latest_cells_are_drawn_if_there_are_too_many():
    assert [c.title for c in drawing(ex.lineage_example(), latest=2).cards] == [
        "hospital_a.csv", "hospital_b.csv", "In [6] · clean_up", "In [7] · model",
    ]  # fmt: skip


def test_a_card_is_as_uncertain_as_its_worst_step_and_a_wire_counts_its_edges():
    drawn = drawing(ex.lineage_example())
    assert {c.title: c.status for c in drawn.cards}["In [6] · clean_up"] == 2
    assert [(w.count, w.context) for w in drawn.wires] == [
        (1, False), (1, False), (2, False), (2, False), (1, False), (1, True),
    ]  # fmt: skip
