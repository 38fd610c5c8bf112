"""Counts over the data on record: what they are, what they leave out, and what they never say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from tests.record_examples import clock, fields, session as example
from tests.records.notebook import IMPORTS, Lab, people, trained
from traceprop_nb.adapters.pandas.profile import counts
from traceprop_nb.reports import build
from traceprop_nb.session import profile

HOLES = """\
table = pd.DataFrame({
    "name": ["Ada", "Bob", "Bob", None], "age": [1.0, 2.0, 2.0, np.nan], "unit": ["kg"] * 4,
})
table.to_csv("holes.csv", index=False)
"""


def of(field: dict, name: str) -> dict:
    """The entry of a source or run in a field's value."""
    (found,) = (one for one in field["value"] if one["of"] == name)
    return found


@pytest.fixture
def holes(tmp_path, monkeypatch) -> Lab:
    monkeypatch.chdir(tmp_path)
    lab = Lab()
    lab(IMPORTS)
    lab(HOLES, traced=False)
    lab("frame = pd.read_csv('holes.csv')")
    return lab


def test_missing_repeated_and_constant_are_counted_in_a_file_that_was_read(holes):
    found = holes.fields()
    assert found["data.quantity"]["state"] == found["data.quality"]["state"] == "established"
    sizes, counted = of(found["data.quantity"], "holes.csv"), found["data.quality"]
    assert (sizes["rows"], sizes["columns"], sizes["kind"]) == (4, 3, "source")
    assert of(counted, "holes.csv") == {
        "of": "holes.csv", "kind": "source", "missing_cells": 2, "duplicate_rows": 1,
        "constant_columns": 1,
    }  # fmt: skip
    assert "Ada" not in holes.session.report().to_json()


@pytest.mark.parametrize("change", ["frame['age'] = 0.0", "del frame", "frame = frame.dropna()"])
def test_a_frame_that_is_no_longer_as_it_was_read_is_not_counted(holes, change):
    holes(change)
    found = holes.fields()
    assert found["data.quality"]["missing"]["why"] == "not_observed"
    assert found["data.quantity"]["state"] == "not_established"


def test_one_frame_of_two_makes_the_answer_partial_and_names_the_other(holes):
    holes("other = pd.read_csv('holes.csv')\narray = np.arange(6.0).reshape(3, 2)")
    holes.source("grid", np.arange(6.0).reshape(3, 2))
    holes("del frame, other")
    field = holes.fields()["data.quantity"]
    assert field["state"] == "partial"
    assert "holes.csv" in field["missing"]["how_to_establish"]
    assert of(field, "grid")["columns"] == 2


def test_a_run_is_counted_by_the_rows_that_its_model_was_given():
    lab = trained()
    found = lab.fields()
    assert of(found["data.quantity"], "screen") == {
        "of": "screen", "kind": "run", "rows": 140, "columns": 2
    }  # fmt: skip
    assert of(found["data.quality"], "screen")["constant_columns"] == 0
    (run,) = found["data.classes"]["value"]
    known = people().y[:140].value_counts().tolist()
    assert run["by_label"] == [
        {"label": "class 1", "rows": known[0]}, {"label": "class 2", "rows": known[1]}
    ]  # fmt: skip


def test_labels_that_are_numbers_are_said_unless_names_are_hidden(tmp_path):
    fit = "model = LogisticRegression().fit(X, (y == 'sick').to_numpy().astype(int) + 7)"
    (run,) = trained(fit).fields()["data.classes"]["value"]
    assert {one["label"] for one in run["by_label"]} == {"7", "8"}
    lab = Lab()
    lab.session.open(tmp_path / "store.db", names="keyed")
    lab(IMPORTS)
    lab.source("table", people())
    lab("X, y = table[['a', 'b']], (table['y'] == 'sick').to_numpy().astype(int) + 7")
    lab.train("screen", "model = LogisticRegression().fit(X, y)")
    (run,) = lab.fields()["data.classes"]["value"]
    assert [one["label"] for one in run["by_label"]] == ["class 1", "class 2"]
    lab.session.storage.close()


def test_very_many_labels_are_added_up(monkeypatch):
    monkeypatch.setattr(profile, "MOST_CLASSES", 3)
    lab = trained("model = LogisticRegression().fit(X, np.arange(140) // 20)")
    (run,) = lab.fields()["data.classes"]["value"]
    assert [one["rows"] for one in run["by_label"]] == [20, 20, 20, 80]
    assert run["by_label"][-1]["label"] == "4 other classes"


def test_tables_that_are_too_large_have_their_size_and_no_counts(monkeypatch):
    monkeypatch.setattr(profile, "MOST_CELLS", 500)
    found = trained().fields()
    assert of(found["data.quantity"], "table")["rows"] == 200
    assert of(found["data.quality"], "table")["missing_cells"] is None
    assert found["data.quality"]["state"] == "partial"
    assert "table" in found["data.quality"]["missing"]["how_to_establish"]


def test_all_tables_together_have_a_bound(monkeypatch):
    lab = trained()
    lab.source("more", people(seed=5))
    monkeypatch.setattr(profile, "MOST_CELLS", 700)
    field = lab.fields()["data.quality"]
    counted = [of(field, name)["missing_cells"] for name in ("table", "more", "screen")]
    assert counted == [0, None, 0]


def test_rows_that_were_recorded_otherwise_are_a_contradiction():
    whole = example()
    shrunk = replace(whole.profiles[0], rows=299)
    record = build(replace(whole, profiles=(shrunk, *whole.profiles[1:])), clock=clock)
    field = fields(record)["data.quantity"]
    assert field["state"] == "contradicted"
    assert field["check"]["detail"] == "hospital_a.csv has 299 rows, 300 recorded"


def test_labels_that_do_not_add_up_are_partial():
    whole = example()
    fewer = replace(whole.profiles[2], classes=whole.profiles[2].classes[:1])
    record = build(replace(whole, profiles=(*whole.profiles[:2], fewer)), clock=clock)
    assert fields(record)["data.classes"]["state"] == "partial"


cells = st.lists(st.lists(st.sampled_from([0.0, -0.0, 1.0, np.nan]), min_size=2, max_size=2),
                 min_size=1, max_size=8)  # fmt: skip


@given(cells)
def test_counts_of_an_array_are_those_of_plain_loops(rows):
    found = profile._matrix(np.array(rows), 100)
    words = [tuple(str(cell + 0.0) for cell in row) for row in rows]
    assert found == {
        "rows": len(rows),
        "columns": 2,
        "missing": sum(np.isnan(cell) for row in rows for cell in row),
        "duplicates": len(words) - len(set(words)),
        "constant": sum(
            len({row[k] for row in words}) == 1 and words[0][k] != "nan" for k in range(2)
        ),
    }


@given(cells)
def test_counts_of_a_frame_are_those_of_the_array(rows):
    frame = pd.DataFrame(rows)
    array = profile._matrix(np.array(rows), 100)
    found = counts(frame, 100)
    assert found is not None
    assert {**found, "constant": 0} == {**array, "constant": 0}
    assert counts(frame, 1) == {"rows": len(rows), "columns": 2}


def test_cells_that_cannot_be_compared_are_not_counted_as_rows():
    found = counts(pd.DataFrame({"a": [[1], [1]]}), 100)
    assert found == {"rows": 2, "columns": 1, "missing": 0, "duplicates": None, "constant": None}
    assert counts(pd.Series([1, 1]), 100)["duplicates"] == 1
    assert counts(pd.Index([1]), 100) is None
