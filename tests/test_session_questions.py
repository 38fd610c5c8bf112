"""What the session answers along the whole chain, and what it says when it cannot."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.traced import Notebook
from traceprop_nb.errors import (
    EmptyForgetSetError,
    NoModelError,
    NoRunError,
    NotFiniteError,
    OptionError,
    RowRangeError,
    UnknownNameError,
    UntracedError,
)
from traceprop_nb.gradients.capture import TrainOptions
from traceprop_nb.lineage.nodes import Status

READ = """
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
a = pd.read_csv(folder / 'a.csv')
b = pd.read_csv(folder / 'b.csv')
t = pd.concat([a, b], ignore_index=True).dropna()
X = t[['u', 'v']].to_numpy()
y = t['y'].to_numpy()
"""
FIT = "model = LogisticRegression().fit(X, y)"


@pytest.fixture
def folder(tmp_path):
    rs = np.random.default_rng(3)
    for name, n in (("a.csv", 30), ("b.csv", 20)):
        lines = ["id,u,v,y"]
        for i in range(n):
            u, v = rs.normal(size=2)
            cell = "" if i == 4 else f"{u:.4f}"
            lines.append(f"{name[0]}{i},{cell},{v:.4f},{int(u + v + rs.normal() > 0)}")
        (tmp_path / name).write_text("\n".join(lines) + "\n")
    return tmp_path


@pytest.fixture
def nb(folder):
    notebook = Notebook()
    notebook.names["folder"] = folder
    notebook(READ)
    yield notebook
    notebook.session.close()


@pytest.fixture
def fitted(nb):
    train(nb, "clf", FIT)
    return nb


def train(nb, name, source):
    session = nb.session
    session.begin_train(name, TrainOptions())
    nb(source)
    return session.end_train(True)


def test_a_row_leads_to_the_very_line_of_its_file(nb, folder):
    for row in range(len(nb.names["X"])):
        answer = nb.answer("X", row)
        assert answer.status == Status.EXACT
        ((source, lines),) = answer.lines.items()
        text = (folder / source).read_text().splitlines()[lines[0] - 1]
        assert text.startswith(nb.names["t"]["id"].iloc[row] + ",")
        assert answer.sources[source].tolist() == [lines[0] - 2]
    assert [step[0] for step in answer.path] == [
        "read_csv", "concat", "dropna", "[]", "to_numpy",
    ]  # fmt: skip


def test_a_file_that_changed_has_no_lines_any_more_and_says_why(nb, folder):
    nb.session.files.settled()
    (folder / "b.csv").write_text("id,u,v,y\nb0,1,2,0\n")
    nb.session.files._indexes.clear()
    answer = nb.answer("X", len(nb.names["X"]) - 1)
    assert answer.sources["b.csv"].tolist() == [19]
    assert "b.csv" not in answer.lines
    assert "no longer the file that was read" in answer.notes[0]


def test_two_files_of_one_name_are_told_apart_by_path(nb, folder):
    (folder / "more").mkdir()
    (folder / "more" / "a.csv").write_text((folder / "a.csv").read_text())
    nb("c = pd.read_csv(folder / 'more' / 'a.csv')")
    assert list(nb.answer("c", 3).sources) == [str(folder / "more" / "a.csv")]
    assert nb.session.impact(str(folder / "more" / "a.csv"), 3).values[0].name == "c"


def test_a_cell_run_twice_replaces_the_name_and_keeps_the_log(nb):
    before, old = len(nb.session.graph), nb.names["X"]
    nb(READ)
    assert len(nb.session.graph) > before
    assert nb.names["X"] is not old
    assert nb.answer("X", 0).sources["a.csv"].tolist() == [0]
    assert set(nb.session.sources) == {"a.csv", "b.csv"}  # read again, unchanged: the same sources


def test_a_record_is_followed_to_values_models_and_runs(fitted):
    found = fitted.session.impact("b.csv", 7)
    named = {value.name: value.rows.tolist() for value in found.values}
    row = named["X"][0]
    assert named["y"] == [row]
    assert fitted.names["t"]["id"].iloc[row] == "b7"
    assert found.runs["clf"].tolist() == [row]
    assert [model.name for model in found.models] == ["model"]
    gone = fitted.session.impact("b.csv", 4)  # its cell is missing: dropna took it out
    assert "X" not in {value.name for value in gone.values}
    assert not gone.runs


def test_influence_names_rows_files_and_sources(fitted):
    answer = fitted.session.influence(fitted.names["X"][3], k=5)
    assert answer.scores.shape == (1, 48)
    for entry in answer.top():
        assert entry.text.startswith(fitted.names["t"]["id"].iloc[entry.row] + ",")
        assert entry.influence == answer.scores[0, entry.row]
        assert dict(entry.values)["id"] == fitted.names["t"]["id"].iloc[entry.row]
    assert sum(answer.by_source().values()) == pytest.approx(answer.scores.sum())
    sizes = np.abs([entry.influence for entry in answer.top()])
    assert (np.diff(sizes) <= 0).all()
    assert list(answer.to_pandas().columns)[:2] == ["rank", "source"]


@pytest.mark.parametrize(
    ("request_", "rows"),
    [
        ({"source": "b.csv"}, lambda ids: [i for i, d in enumerate(ids) if d[0] == "b"]),
        ({"rows": [1, 5, 5]}, lambda ids: [1, 5]),
        ({"where": "id == 'a3' or id == 'b2'"}, lambda ids: [ids.index("a3"), ids.index("b2")]),
    ],
)
def test_forgetting_takes_out_what_was_named(fitted, request_, rows):
    old = fitted.names["model"].coef_.copy()
    answer = fitted.session.unlearn(**request_, gold=True)
    assert answer.result.forgotten.tolist() == sorted(rows(list(fitted.names["t"]["id"])))
    assert answer.verified is True
    assert answer.run.parent == "clf"
    assert answer.run.name in fitted.session.runs
    assert np.array_equal(fitted.names["model"].coef_, old)
    assert not np.allclose(answer.model.coef_, old)
    assert fitted.session.unlearn(**request_).verified is None


def test_the_record_of_a_session_holds_what_happened(fitted):
    fitted.session.influence(fitted.names["X"][3])
    fitted.session.unlearn(source="b.csv", gold=True)
    record = json.loads(fitted.session.report().to_json())
    states = {f["id"]: f["state"] for s in record["sections"] for f in s["fields"]}
    assert states["data.sources"] == "established"
    assert states["erase.model.1"] == "established"
    assert "contradicted" not in states.values()


def test_lineage_is_saved_in_every_form(nb, tmp_path):
    answer = nb.session.lineage(nb.names["X"])
    for suffix, begin in (
        (".svg", "<?xml"),
        (".html", "<!doctype"),
        (".json", "{"),
        (".dot", "//"),
    ):
        text = answer.save(tmp_path / f"l{suffix}").read_text()
        assert text.startswith(begin) or suffix == ".dot"
    with pytest.raises(OptionError, match=r"cannot write lineage as '\.png'; use one of \.svg"):
        answer.save(tmp_path / "l.png")


def test_a_reset_in_a_cell_forgets_and_the_cell_still_ends(nb):
    session = nb.session
    session.begin_cell(9, "reset", traced=True)
    session.reset()
    session.end_cell(True)
    assert len(session.graph) == 0
    nb(READ)
    assert nb.answer("X", 0).status == Status.EXACT


def test_an_untraced_cell_makes_values_unknown_and_is_named(nb):
    nb("w = np.ones(3)", traced=False)
    with pytest.raises(UntracedError, match=r"lineage of 'w' is UNKNOWN: cell 2 made it"):
        nb.session.rows(nb.names["w"], 0)
    nb("s = w + 1")
    assert nb.session.why(nb.names["s"]).status == Status.UNKNOWN


def test_an_untraced_cell_that_may_have_moved_rows_leaves_only_an_assumption(nb):
    nb("print(X.shape); X[:3]", traced=False)
    assert nb.answer("X", 0).status == Status.EXACT
    nb("np.random.default_rng(0).shuffle(X)", traced=False)
    assert nb.answer("X", 0).status == Status.ASSUMED


@pytest.mark.parametrize(
    ("question", "error", "said"),
    [
        (lambda s, n: s.rows(n["X"], 48), RowRangeError, "no row 48; the value has rows 0 to 47"),
        (lambda s, n: s.rows(n["X"], -49), RowRangeError, "no row -49"),
        (lambda s, n: s.rows(n["X"], 1.5), OptionError, "row 1.5 is no row number"),
        (lambda s, n: s.impact("c.csv", 0), UnknownNameError, "no source named 'c.csv'; did you"),
        (
            lambda s, n: s.impact("a.csv", 30),
            RowRangeError,
            "no record 30; its records are 0 to 29",
        ),
        (lambda s, n: s.influence(n["X"][0]), NoRunError, "put %%train NAME at the top"),
        (lambda s, n: s.unlearn(source="a.csv"), NoRunError, "no training run is recorded"),
        (lambda s, n: s.report("sesion"), UnknownNameError, "did you mean 'session'"),
        (
            lambda s, n: s.begin_cell(1, "", traced=True, granularity="epochs"),
            UnknownNameError,
            "did you mean 'epoch'",
        ),
    ],
)
def test_a_question_that_cannot_be_answered_says_what_exists(nb, question, error, said):
    with pytest.raises(error, match=said):
        question(nb.session, nb.names)


@pytest.mark.parametrize(
    ("question", "error", "said"),
    [
        (lambda s, n: s.influence([np.nan, 1]), NotFiniteError, "nan at row 0, column 0"),
        (lambda s, n: s.influence(n["X"], run="clg"), UnknownNameError, "did you mean 'clf'"),
        (lambda s, n: s.influence(n["X"], method="traks"), UnknownNameError, "did you mean 'trak'"),
        (lambda s, n: s.influence(n["X"], by="op"), OptionError, "by='op' is no grouping"),
        (lambda s, n: s.influence(n["X"], k=0), OptionError, "k=0 lists nothing"),
        (lambda s, n: s.influence(n["X"], estimand="x"), UnknownNameError, "no estimand named 'x'"),
        (lambda s, n: s.unlearn(), OptionError, "exactly one of source="),
        (lambda s, n: s.unlearn(rows=[]), EmptyForgetSetError, "rows= is empty"),
        (lambda s, n: s.unlearn(rows=[99]), RowRangeError, "and no row 99"),
        (lambda s, n: s.unlearn(rows=["a"]), OptionError, "are no row numbers"),
        (lambda s, n: s.unlearn(rows=range(48)), EmptyForgetSetError, "nothing left to keep"),
        (lambda s, n: s.unlearn(source="aa.csv"), UnknownNameError, "did you mean 'a.csv'"),
        (lambda s, n: s.unlearn(where="z > 1"), OptionError, "columns: id, u, v, y"),
        (lambda s, n: s.unlearn(where="u > 99"), EmptyForgetSetError, "is one where u > 99"),
        (lambda s, n: s.training.of_model(object()), NoRunError, "object has no recorded training"),
    ],
)
def test_a_question_about_a_run_that_makes_no_sense_says_so(fitted, question, error, said):
    with pytest.raises(error, match=said):
        question(fitted.session, fitted.names)


def test_a_source_without_training_rows_cannot_be_forgotten(fitted):
    fitted.session.source(np.zeros((2, 2)), "other")
    with pytest.raises(EmptyForgetSetError, match="no training row of the run comes from 'other'"):
        fitted.session.unlearn(source="other")


def test_a_training_cell_without_a_model_says_what_to_do(nb):
    with pytest.raises(NoModelError, match="fit a scikit-learn LogisticRegression"):
        train(nb, "clf", "z = 1")
