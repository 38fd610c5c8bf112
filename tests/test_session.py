"""The questions of a session about lineage: answers, what they look like, what is refused."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

from tests.merged import plain
from traceprop_nb.errors import OptionError, RowRangeError, UnknownNameError, UntracedError
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.session import certainty


def test_a_row_leads_to_records_lines_context_and_path(cells):
    answer = cells.answer("X", 0)
    assert plain(answer) == {"a.csv": [2], "b.csv": [2]}
    assert {name: lines.tolist() for name, lines in answer.lines.items()} == {
        "a.csv": [5], "b.csv": [4]
    }  # fmt: skip
    assert all(r.dtype == np.int64 for r in (*answer.sources.values(), *answer.lines.values()))
    assert answer.status == Status.EXACT
    assert answer.context == {"a.csv": 2, "b.csv": 2}
    operations = [operation for operation, _, _ in answer.path]
    assert operations[0] == "read_csv"
    assert operations[-3:] == ["[]=", "[]", "to_numpy"]
    assert ("merge", 1, 4) in answer.path
    assert answer.path[-1] == ("to_numpy", 1, 6)
    assert answer.notes == ()


def test_an_answer_reads_as_text(cells):
    text = repr(cells.answer("X", 0)).splitlines()
    assert text[0] == "status   EXACT"
    assert "source   a.csv: record 2, line 5" in text
    assert "context  b.csv: 2 records through a statistic or fit" in text
    assert text[-1].endswith("to_numpy (cell 1, line 6)")
    cells("new = np.zeros(2)")
    assert "source   none: no row of any source reached it" in repr(cells.answer("new", 0))


@pytest.mark.parametrize(
    ("asked", "records"),
    [(0, [2]), (1, [3]), (-1, [3]), (-2, [2]), ([0, 1], [2, 3]), (np.array([1, -2]), [2, 3]),
     (np.int32(1), [3]), ([], [])],
)  # fmt: skip
def test_rows_are_asked_one_or_several_from_either_end(cells, asked, records):
    assert plain(cells.answer("X", asked)).get("a.csv", []) == records


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        (2, RowRangeError, "there is no row 2; the value has rows 0 to 1"),
        (-3, RowRangeError, "there is no row -3; the value has rows 0 to 1"),
        ([0, 5], RowRangeError, "there is no row 5"),
        (1.0, OptionError, "row 1.0 is no row number; pass an integer or several, from 0 to 1"),
        ("1", OptionError, "row '1' is no row number"),
        (True, OptionError, "row True is no row number"),
        (np.array([True, False]), OptionError, "is no row number"),
        (None, OptionError, "row None is no row number"),
    ],
)
def test_rows_that_there_are_not_are_refused(cells, asked, error, words):
    with pytest.raises(error, match=words):
        cells.answer("X", asked)


def test_a_value_without_rows_says_so(cells):
    cells("none = X[:0]")
    with pytest.raises(RowRangeError, match="the value has no rows"):
        cells.answer("none", 0)


def test_a_scalar_has_one_row(cells):
    cells("m = d.v.max()\nn = X[1, 0]")
    assert plain(cells.answer("m", 0))["a.csv"] == [2, 3]
    assert plain(cells.answer("n", -1))["a.csv"] == [3]


def test_a_value_that_was_never_traced_says_which_cell_to_trace(cells):
    with pytest.raises(UntracedError, match=r"declare it with tp.source"):
        cells.session.rows(np.ones(3), 0)
    with pytest.raises(UntracedError, match="pass the value itself, not its name"):
        cells.session.rows("nothing", 0)
    assert plain(cells.session.rows("X", 0)) == plain(cells.answer("X", 0))
    cells("Y = X[::-1] + 1", traced=False)
    with pytest.raises(
        UntracedError, match="the lineage of 'Y' is UNKNOWN: cell 2 made it and was"
    ):
        cells.session.rows(cells.names["Y"], 0)
    with pytest.raises(UntracedError, match="UNKNOWN"):
        cells.session.why(cells.names["Y"])
    with pytest.raises(UntracedError, match="UNKNOWN"):
        cells.session.lineage(cells.names["Y"])


# -- impact, why, lineage --------------------------------------------------------------------------


def test_impact_names_every_live_value_that_a_record_reached(cells):
    answer = cells.session.impact("a.csv", 3)
    assert {v.name: v.rows.tolist() for v in answer.values} == {
        "a": [3], "d": [1], "X": [1]
    }  # fmt: skip
    (x,) = (v for v in answer.values if v.name == "X")
    assert (x.operation, x.cell, x.line, x.status) == ("to_numpy", 1, 6, Status.EXACT)
    assert answer.nodes == sorted(answer.nodes)
    assert answer.operations == len(answer.nodes)
    assert "a.csv: record 3 reached" in repr(answer)
    assert "value    X: row 1  (to_numpy, cell 1)" in repr(answer)


def test_a_record_that_was_dropped_reached_only_its_file(cells):
    answer = cells.session.impact("a.csv", 1)
    assert [v.name for v in answer.values] == ["a"]


def test_impact_takes_a_path_and_finds_models(cells):
    cells("from sklearn.linear_model import LogisticRegression\n"
          "clf = LogisticRegression().fit(X, [0, 1])")  # fmt: skip
    answer = cells.session.impact("b.csv", 1)
    assert [m.name for m in answer.models] == ["clf"]
    assert "model    clf  (cell 2)" in repr(answer)
    assert cells.session.impact(os.path.abspath("b.csv"), 1).nodes == answer.nodes


def test_impact_counts_the_batches_that_held_a_record(cells):
    cells("import torch\nfrom torch.utils.data import DataLoader, TensorDataset\n"
          "data = TensorDataset(torch.as_tensor(X))\n"
          "seen = [b for _ in range(3) for (b,) in DataLoader(data, 1, shuffle=True)]")  # fmt: skip
    answer = cells.session.impact("a.csv", 2)
    assert answer.batches == 3
    assert "batches  3" in repr(answer)


def test_a_source_that_there_is_not_is_refused_with_the_nearest(cells):
    with pytest.raises(UnknownNameError, match=r"no source named 'a.cvs'; did you mean 'a.csv'\?"):
        cells.session.impact("a.cvs", 0)
    with pytest.raises(RowRangeError, match=r"'a.csv' has no record 4; its records are 0 to 3"):
        cells.session.impact("a.csv", 4)
    with pytest.raises(RowRangeError, match=r"'a.csv' has no record -1"):
        cells.session.impact("a.csv", -1)


def test_why_names_the_steps_to_blame(cells):
    cells("f = np.ravel(X, 'F')\ng = f * 2")
    answer = cells.session.why(cells.names["g"])
    assert (answer.name, answer.status) == ("g", Status.INEXACT)
    assert [(d.operation, d.cell, d.line, d.status, d.text) for d in answer.doubts] == [
        ("ravel", 2, 1, Status.INEXACT, "np.ravel(X, 'F')")
    ]
    assert repr(answer).splitlines() == [
        "g is INEXACT because of", "  INEXACT  ravel  (cell 2, line 1)  np.ravel(X, 'F')",
        f"           {certainty.INEXACT}",
    ]  # fmt: skip
    assert repr(cells.session.why(cells.names["X"])) == (
        "X is EXACT: every step from the sources is known row by row"
    )


def test_why_blames_python_values_too(cells):
    cells("t = pd.DataFrame({'k': [1, 2]})\nu = t * 2")
    answer = cells.session.why(cells.names["u"])
    assert answer.status == Status.ASSUMED
    assert [(d.operation, d.text) for d in answer.doubts] == [
        ("DataFrame in cell 2", "built from Python values")
    ]


def test_lineage_is_of_a_value_or_of_the_session(cells):
    whole = cells.session.lineage()
    assert (whole.focus, whole.graph) == (None, cells.session.graph)
    assert "lineage of the session:" in repr(whole)
    assert "2 sources" in repr(whole)
    around = cells.session.lineage(cells.names["X"])
    assert around.focus == cells.node("X")
    assert repr(around).startswith("lineage of X (cell 1) among")
    assert whole.names[cells.node("d")] == "d"


@pytest.mark.parametrize(
    ("suffix", "begins"),
    [(".svg", "<?xml"), (".html", "<!doctype html>"), (".json", "{"), (".dot", "digraph lineage"),
     (".SVG", "<?xml")],
)  # fmt: skip
def test_lineage_is_saved_in_every_form(cells, tmp_path, suffix, begins):
    path = cells.session.lineage(cells.names["X"]).save(tmp_path / f"out{suffix}")
    text = path.read_text(encoding="utf-8")
    assert text.lstrip().startswith(begins)
    assert "a.csv" in text
    if suffix == ".json":
        assert set(json.loads(text)) >= {"nodes", "edges", "sources"}


def test_another_form_is_refused_with_those_there_are(cells, tmp_path):
    with pytest.raises(
        OptionError, match=r"cannot write lineage as '.png'; use one of .svg, .html"
    ):
        cells.session.lineage().save(tmp_path / "out.png")
    assert not (tmp_path / "out.png").exists()
