"""Payloads say what the values say: no more, no less, and nothing that JSON cannot hold."""

import json

import numpy as np
import pytest

from tests.golden import examples as ex
from traceprop_nb.errors import NotFiniteError
from traceprop_nb.lineage.graph import LineageGraph
from traceprop_nb.lineage.maps import Identity
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.payloads.influence_table import (
    InfluenceEntry,
    InfluenceHeader,
    influence_table,
)
from traceprop_nb.payloads.lineage_graph import lineage_graph
from traceprop_nb.payloads.record import record
from traceprop_nb.payloads.unlearning import unlearning


def chain(cells: list[int], rows: int = 3) -> LineageGraph:
    """A source and one step after the other, in the given cells."""
    graph = LineageGraph()
    graph.append_source(name="a.csv", kind="file", n_rows=rows)
    for k, cell in enumerate(cells):
        same = graph.map(Identity(rows))
        graph.append(graph.op(f"op{k}"), -1, cell, rows, Status.EXACT, [k, same, Kind.DIRECT * 4])
    return graph


def test_an_empty_session_is_an_empty_drawing():
    payload = lineage_graph(LineageGraph())
    assert payload["nodes"]["id"] == payload["cells"] == payload["sources"] == []


def test_operations_are_grouped_by_the_run_of_their_cell():
    payload = lineage_graph(chain([1, 1, 2, 1, 0]))
    assert [c["number"] for c in payload["cells"]] == [1, 2, 1, 0]
    assert payload["nodes"]["cell"] == [-1, 0, 0, 1, 2, 3]


def test_a_group_never_feeds_an_earlier_group():
    payload = lineage_graph(chain([3, 0, 3, 0, 5, 3]))
    cell = payload["nodes"]["cell"]
    for a, b in zip(payload["edges"]["start"], payload["edges"]["end"], strict=True):
        assert cell[a] <= cell[b]


def test_two_edges_between_the_same_values_are_one_and_direct_wins():
    graph = chain([1])
    same = graph.map(Identity(3))
    both = [1, same, Kind.CONTEXT * 4, 1, same, Kind.DIRECT * 4]
    graph.append(graph.op("z"), -1, 1, 3, Status.EXACT, both)
    graph.append(graph.op("fit"), -1, 1, 1, Status.EXACT, [2, same, Kind.CONTEXT * 4])
    edges = lineage_graph(graph)["edges"]
    found = list(zip(edges["start"], edges["end"], edges["context"], strict=True))
    assert found == [(0, 1, 0), (1, 2, 0), (2, 3, 1)]


def test_a_step_is_as_uncertain_as_its_worst_edge():
    graph = chain([1])
    same = graph.map(Identity(3))
    code = Kind.DIRECT * 4 + Status.INEXACT
    graph.append(graph.op("odd"), -1, 1, 3, Status.EXACT, [1, same, code])
    assert lineage_graph(graph)["nodes"]["status"] == [0, 0, Status.INEXACT]


def test_names_belong_to_the_cell_that_made_them():
    payload = lineage_graph(chain([1, 2]), names={1: "a", 2: "b", 0: "raw"})
    assert [c["names"] for c in payload["cells"]] == ["a", "b"]
    assert payload["names"][0] == {"node": 0, "name": "raw"}


def test_too_many_operations_are_counted_and_the_sources_kept():
    payload = lineage_graph(chain([1] * 50), limit=10, focus=3)
    assert payload["omitted"] == 51 - 12
    assert payload["nodes"]["id"] == [0, 3, *range(41, 51)]
    assert payload["focus"] == 1
    assert all(a < 12 and b < 12 for a, b in zip(*list(payload["edges"].values())[:2], strict=True))


HEADER = InfluenceHeader(title="q", method="cg", estimand="leave_one_out", n_train=9)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_an_influence_that_is_no_number_is_refused(bad):
    entry = InfluenceEntry(1, 4, "a.csv", 4, 6, "x", bad)
    with pytest.raises(NotFiniteError, match=r"training row 4 is .*look for NaN"):
        influence_table(HEADER, [entry])
    header = InfluenceHeader("q", "cg", "leave_one_out", 9, by_source=[("a.csv", bad)])
    with pytest.raises(NotFiniteError, match=r"total of source 'a.csv'"):
        influence_table(header, [])


def test_numpy_numbers_become_plain_ones():
    entry = InfluenceEntry(
        np.int64(1), np.int64(4), "a.csv", np.int64(4), None, "x", np.float64(0.5)
    )
    assert json.dumps(influence_table(HEADER, [entry]))


def test_an_estimator_without_an_lds_says_so():
    assert influence_table(HEADER, [])["lds"] == "not measured"


def test_what_was_not_measured_is_left_out_of_the_panel():
    payload = unlearning(ex.unlearning_done(gold=False), title="source b")
    names = [s["name"] for s in payload["series"]]
    assert "test_loss" not in names
    assert "distance_to_gold" not in names
    assert names[0] == "forget_loss"
    assert {s["gold"] for s in payload["series"]} == {None}
    assert payload["verified"] is None


def test_the_panel_opens_at_the_unlearned_model_and_marks_what_is_past_it():
    payload = unlearning(ex.unlearning_done(), title="source b")
    assert payload["strength"][payload["at"]] == 1.0
    assert payload["over_from"] == payload["at"] + 1
    gold = {s["name"]: s["gold"] for s in payload["series"]}
    assert gold["forget_loss"] == pytest.approx(0.55, abs=1e-3)
    assert (payload["forgotten"], payload["n_train"]) == (612, 7971)


def test_a_measure_of_a_class_or_slice_is_grouped_and_named():
    series = {s["name"]: s for s in unlearning(ex.unlearning_done(), title="b")["series"]}
    one = series["test_accuracy[class=default]"]
    assert (one["group"], one["label"]) == ("test accuracy by class", "class default")
    assert (series["test_accuracy"]["group"], series["test_accuracy"]["label"]) == (
        "", "test accuracy",
    )  # fmt: skip
    assert series["forget_loss"]["band"] == [0.52, 0.58]
    assert one["band"] is None


def test_each_baseline_has_a_value_a_point_where_it_was_measured():
    series = {s["name"]: s for s in unlearning(ex.unlearning_done(), title="b")["series"]}
    found = {b["name"]: b["values"] for b in series["forget_loss"]["baselines"]}
    assert list(found) == ["random rows", "nothing"]
    assert set(found["nothing"]) == {0.2}
    assert len(found["random rows"]) == 33


def test_a_value_that_is_no_number_is_refused():
    with pytest.raises(NotFiniteError, match="training row 4"):
        ex.valuation_of([InfluenceEntry(1, 4, "a.csv", 4, None, "x", np.nan)])


def test_a_single_missing_value_stays_a_gap():
    done = ex.unlearning_done()
    done.trajectory["membership_auc"][3] = np.nan
    auc = next(s for s in unlearning(done, title="b")["series"] if s["name"] == "membership_auc")
    assert auc["values"][3] is None
    assert auc["values"][4] is not None


def test_each_of_the_six_states_is_counted():
    assert set(record(ex.record_document())["counts"].values()) == {1}


def test_an_empty_record_is_an_empty_view():
    payload = record({})
    assert payload["sections"] == []
    assert set(payload["counts"].values()) == {0}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("words", "words"),
        (0, "0"),
        (True, "yes"),
        ([1, 2], "- 1\n- 2"),
        ({"a": 1, "b": [1, 2], "c": []}, "a: 1\nb: 1, 2\nc: none"),
        ({"a": {"b": None}}, "a:\n  b: not measured"),
        ([{"a": 1, "b": 2}], "- a: 1\n  b: 2"),
    ],
)
def test_a_value_reads_as_words(value, text):
    field = {"id": "x", "state": "partial", "value": value}
    sections = [{"id": "s", "title": "S", "fields": [field]}]
    assert record({"sections": sections})["sections"][0]["fields"][0]["value"] == text


def test_an_endless_value_is_cut():
    field = {"id": "x", "state": "partial", "value": "a" * 10_000}
    sections = [{"id": "s", "title": "S", "fields": [field]}]
    shown = record({"sections": sections})["sections"][0]["fields"][0]["value"]
    assert len(shown) == 2000
    assert shown.endswith("…")
