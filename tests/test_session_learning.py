"""A session's questions about training: what they answer, and bad input, which loses nothing."""

from __future__ import annotations

import pathlib
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from tests.conformance.test_unlearner import network
from tests.traced import Notebook
from traceprop_nb.errors import (
    EmptyForgetSetError,
    NoModelError,
    NoRunError,
    NotFiniteError,
    OptionError,
    RowRangeError,
    ShapeError,
    UnknownNameError,
    UnsupportedModelError,
)
from traceprop_nb.gradients.capture import TrainOptions

FIT = """
import numpy as np, pandas as pd
from sklearn.linear_model import LogisticRegression
a, b = pd.read_csv('a.csv'), pd.read_csv('b.csv')
d = pd.concat([a, b]).dropna()
X, y = d[['u', 'v']].to_numpy(), d['y'].to_numpy()
clf = LogisticRegression().fit(X, y)
"""
N_A, N_B = 24, 16


def table(seed: int, n: int) -> str:
    rng = np.random.default_rng(seed)
    u, v = rng.normal(size=(2, n)).round(3)
    y = (u + v + rng.normal(size=n) > 0).astype(int)
    cells = [f"{p},{q},{r}" for p, q, r in zip(u, v, y, strict=True)]
    return "\n".join(["u,v,y", *cells]) + "\n"


def train(notebook: Notebook, source: str, name: str, **options) -> None:
    """Run a training cell."""
    notebook.session.begin_train(name, TrainOptions(model=None, loss=None, **options))
    notebook(source)
    notebook.session.end_train(True)


@pytest.fixture
def work(notebook, tmp_path, monkeypatch):
    """A model trained on the rows of two files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text(table(1, N_A))
    (tmp_path / "b.csv").write_text(table(2, N_B))
    notebook("pass")
    train(notebook, FIT, "clf")
    return notebook


def test_every_training_row_leads_to_its_line(work):
    answer = work.session.influence(work.names["X"][:2], work.names["y"][:2], k=None)
    assert answer.scores.shape == (2, N_A + N_B)
    for entry in answer.top(1):
        here = entry.row < N_A
        assert (entry.source, entry.record) == (
            "a.csv" if here else "b.csv", entry.row - (0 if here else N_A)
        )  # fmt: skip
        assert entry.line == entry.record + 2
        lines = pathlib.Path(entry.source).read_text().splitlines()
        assert entry.text == lines[entry.line - 1]
        assert entry.path.startswith("read_csv -> concat -> dropna")
    assert {k: v.tolist() for k, v in answer.rows(N_A).sources.items()} == {"b.csv": [0]}
    assert set(answer.by_source(0)) == {"a.csv", "b.csv"}
    assert sum(answer.by_source(0).values()) == pytest.approx(answer.scores[0].sum())


def test_impact_of_a_record_names_the_run_and_the_model(work):
    answer = work.session.impact("b.csv", 3)
    assert {name: rows.tolist() for name, rows in answer.runs.items()} == {"clf": [N_A + 3]}
    assert "clf" in [m.name for m in answer.models]
    assert f"run      clf: training row {N_A + 3}" in repr(answer)


BAD_QUERIES = [
    ({"run": "cfl"}, UnknownNameError, "no run named 'cfl'; did you mean 'clf'"),
    ({"method": "track"}, UnknownNameError, "no method named 'track'; did you mean 'trak'"),
    ({"by": "rows"}, OptionError, "by='rows' is no grouping; use 'row' or 'source'"),
    ({"k": 0}, OptionError, "k=0 lists nothing"),
    ({"estimand": "loo"}, UnknownNameError, "no estimand named 'loo'"),
    ({"X": [[np.nan, 1.0]]}, NotFiniteError, "the query has nan at row 0, column 0"),
    ({"X": [[np.inf, 1.0]]}, NotFiniteError, "the query has inf at row 0"),
    ({"X": [[1.0, 2.0, 3.0]]}, ShapeError, "features|shape"),
    ({"y": [0, 1, 1]}, ShapeError, "label"),
    ({"y": [7]}, UnknownNameError, "7"),
]


def test_several_runs_are_averaged_over_and_still_lead_to_lines(work):
    train(work, "other = LogisticRegression(C=0.1).fit(X, y)", "other")
    X, y = work.names["X"][:2], work.names["y"][:2]
    ask = work.session.influence
    both = ask(X, y, k=None, run=["clf", "other"])
    each = [ask(X, y, k=None, run=name).scores for name in ("clf", "other")]
    np.testing.assert_allclose(both.scores, np.mean(each, axis=0), atol=1e-12)
    assert both.top(0)[0].line is not None
    with pytest.raises(OptionError, match=r"run=\[\] names no run"):
        ask(X, y, run=[])
    train(work, "less = LogisticRegression().fit(X[:30], y[:30])", "less")
    with pytest.raises(ShapeError, match="'less' was not trained like 'clf'"):
        ask(X, y, run=["clf", "less"])


@pytest.mark.parametrize(("bad", "error", "words"), BAD_QUERIES)
def test_a_bad_query_is_refused_and_nothing_is_lost(work, bad, error, words):
    asked, given = len(work.session.asked), {"X": [[0.1, 0.2]], **bad}
    with pytest.raises(error, match=words):
        work.session.influence(given.pop("X"), given.pop("y", None), **given)
    assert len(work.session.asked) == asked
    assert list(work.session.runs) == ["clf"]
    assert work.session.influence([[0.1, 0.2]]).scores.shape == (1, N_A + N_B)


def test_a_query_that_there_is_not_is_refused(work):
    with pytest.raises(RowRangeError, match="there is no query 1; 1 were asked"):
        work.session.influence([0.1, 0.2]).top(1)


def test_without_a_training_cell_there_is_no_run(notebook):
    notebook("x = 1")
    with pytest.raises(NoRunError, match="put %%train NAME at the top of the cell"):
        notebook.session.influence([[0.1, 0.2]])
    with pytest.raises(NoRunError, match="no training run is recorded"):
        notebook.session.unlearn(rows=[0])


def test_a_model_without_a_run_is_told_so(work):
    other = LogisticRegression().fit(work.names["X"], work.names["y"])
    with pytest.raises(NoRunError, match="this LogisticRegression has no recorded training run"):
        work.session.training.of_model(other)
    assert work.session.training.of_model(work.names["clf"]).name == "clf"


def test_a_training_cell_without_a_model_says_what_to_do(notebook):
    notebook.session.begin_train("none")
    notebook("x = 1")
    with pytest.raises(NoModelError, match="fit a scikit-learn LogisticRegression"):
        notebook.session.end_train(True)
    assert notebook.session.runs == {}


def test_a_training_cell_that_failed_leaves_no_run(work):
    work.session.begin_train("half")
    with pytest.raises(ZeroDivisionError, match="division"):
        work("LogisticRegression().fit(X, y)\n1 / 0")
    assert work.session.end_train(False) is None
    assert list(work.session.runs) == ["clf"]


def test_an_unknown_source_of_a_training_cell_is_refused(work):
    with pytest.raises(UnknownNameError, match=r"no source named 'c.csv'; did you mean"):
        train(work, "clf = LogisticRegression().fit(X, y)", "again", sources=("c.csv",))
    assert list(work.session.runs) == ["clf"]


def test_a_name_used_again_is_the_newer_run(work):
    train(work, "clf = LogisticRegression(C=.1).fit(X[5:], y[5:])", "clf")
    assert work.session.training.find(None).objective.n == N_A + N_B - 5
    assert list(work.session.runs) == ["clf"]


# -- unlearning ------------------------------------------------------------------------------------


REQUESTS = {
    "source": ({"source": "b.csv"}, list(range(N_A, N_A + N_B)), "source b.csv"),
    "path": ({"source": "./b.csv"}, list(range(N_A, N_A + N_B)), "source ./b.csv"),
    "rows": ({"rows": [3, 1, 3]}, [1, 3], "rows 1, 3"),
    "one row": ({"rows": 5}, [5], "rows 5"),
    "a stretch": ({"rows": range(2, 6)}, [2, 3, 4, 5], "rows 2-5"),
    "mask": ({"rows": np.arange(N_A + N_B) < 2}, [0, 1], "rows 0-1"),
}


@pytest.mark.parametrize("how", REQUESTS)
def test_what_to_forget_is_said_by_source_or_rows(work, how):
    options, forgotten, what = REQUESTS[how]
    before = work.names["clf"].coef_.copy()
    answer = work.session.unlearn(**options)
    assert answer.result.forgotten.tolist() == forgotten
    assert answer.what == what
    assert np.array_equal(work.names["clf"].coef_, before)
    assert not np.array_equal(answer.model.coef_, before)
    assert answer.verified is None
    assert "verified against retraining: not checked" in repr(answer)
    assert list(work.session.runs) == ["clf", f"clf without {what}"]


def test_what_to_forget_is_said_by_a_condition_on_the_file(work):
    work("a = b = d = None")  # the file is read again
    answer = work.session.unlearn(where="u > 0.5", gold=True)
    wanted = np.flatnonzero(work.names["X"][:, 0] > 0.5)
    assert answer.result.forgotten.tolist() == wanted.tolist()
    assert answer.verified is True
    retrained = LogisticRegression(tol=1e-10).fit(
        np.delete(work.names["X"], wanted, 0), np.delete(work.names["y"], wanted)
    )
    assert answer.model.coef_ == pytest.approx(retrained.coef_, rel=1e-3)


BAD_REQUESTS = [
    ({}, OptionError, "exactly one of source=, rows=, where="),
    ({"source": "a.csv", "rows": [1]}, OptionError, "exactly one of source=, rows=, where="),
    ({"source": "c.csv"}, UnknownNameError, "no source named 'c.csv'; did you mean"),
    ({"rows": []}, EmptyForgetSetError, "rows= is empty"),
    ({"rows": np.zeros(40, bool)}, EmptyForgetSetError, "forget"),
    ({"rows": range(40)}, EmptyForgetSetError, "keep|all|every"),
    ({"rows": [-1]}, RowRangeError, "there is no training row -1; rows count from 0"),
    ({"rows": [40]}, RowRangeError, "40"),
    ({"rows": [0.5]}, OptionError, "are no row numbers; pass integers"),
    ({"rows": ["a"]}, OptionError, "are no row numbers"),
    ({"where": "u > 100"}, EmptyForgetSetError, "is one where u > 100"),
    ({"where": "age > 1"}, OptionError, r"cannot be asked of any source: a\.csv.*columns: u, v, y"),
    ({"where": "u >"}, OptionError, "cannot be asked of any source"),
    ({"rows": [1], "run": "cfl"}, UnknownNameError, "did you mean 'clf'"),
    ({"rows": [1], "method": "sisu"}, UnknownNameError, "no method named 'sisu'"),
]


@pytest.mark.parametrize(("options", "error", "words"), BAD_REQUESTS)
def test_a_bad_request_is_refused_and_nothing_is_forgotten(work, options, error, words):
    with pytest.raises(error, match=words):
        work.session.unlearn(**options)
    assert list(work.session.runs) == ["clf"]
    assert work.session.forgotten == []


def test_a_source_that_no_training_row_comes_from_is_nothing_to_forget(work, tmp_path):
    (tmp_path / "c.csv").write_text("u\n1\n")
    work("c = pd.read_csv('c.csv')")
    with pytest.raises(EmptyForgetSetError, match=r"come from 'a.csv', 'b.csv'"):
        work.session.unlearn(source="c.csv")


def test_a_condition_is_not_asked_of_a_file_that_changed(work, tmp_path):
    work("a = b = d = None")
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("u,v,y\n9,9,1\n" * 3)
    with pytest.raises(OptionError, match="is no longer the file that was read"):
        work.session.unlearn(where="u > 0")


def test_rows_that_nobody_traced_belong_to_no_source(notebook):
    rng = np.random.default_rng(0)
    notebook.names.update(P=rng.normal(size=(20, 2)), q=np.array([0, 1] * 10))
    notebook("pass")
    notebook.session.begin_train("plain")
    notebook("from sklearn.linear_model import LogisticRegression\n"
             "m = LogisticRegression().fit(P, q)",
             traced=False)  # fmt: skip
    notebook.session.end_train(True)
    answer = notebook.session.influence(notebook.names["P"][:1], k=3)
    assert {e.source for e in answer.top()} == {"not traced"}
    assert all(e.line is None and "unknown" in e.flags for e in answer.top())
    assert answer.by_source() == pytest.approx({"not traced": answer.scores[0].sum()})


@pytest.mark.parametrize(
    ("change", "options", "error", "words"),
    [
        ("clf.coef_ = clf.coef_ + 1", {}, NoRunError, r"no longer the model.*moved by 1\.4"),
        ("clf.fit(X[:20], y[:20])", {}, NoRunError, "no longer the model that was trained"),
        ("", {"evaluate": {"test": np.zeros((3, 2))}}, OptionError, r"no labels; pass \(X, y\)"),
        ("", {"evaluate": {"test": (np.zeros((3, 2)), None)}}, OptionError, "need their labels"),
        ("", {"evaluate": {"t": (np.zeros((3, 2)), [0, 1])}}, ShapeError, "2 labels for 3 rows"),
        ("", {"evaluate": {"t": (np.zeros((3, 5)), [0, 1, 0])}}, ShapeError, "5"),
        ("", {"evaluate": {"t": (np.zeros((1, 2)), [7])}}, UnknownNameError, "class.*7"),
        ("", {"gold": -1}, OptionError, "gold=-1"),
        ("", {"points": 5}, OptionError, "points=5 is too coarse"),
    ],
)
def test_what_does_not_fit_the_run_is_refused_and_loses_nothing(
    work, change, options, error, words
):
    w = work.session.runs["clf"].w.copy()
    work(change or "pass")
    with pytest.raises(error, match=words):
        work.session.unlearn(rows=[1, 2], **options)
    assert list(work.session.runs) == ["clf"]
    assert np.array_equal(work.session.runs["clf"].w, w)
    assert work.session.forgotten == []


def test_gold_of_a_run_that_kept_no_recipe_says_what_is_missing(notebook):
    run = replace(network(epochs=2), recipe=None)
    notebook.session.training.keep(run)
    with pytest.raises(UnsupportedModelError, match=r"no recipe .* was recorded; train it again"):
        notebook.session.unlearn(run="net", rows=[1], gold=3)
    assert list(notebook.session.runs) == ["net"]


JAX = """
from tests.jax_parts import X, fit, loss, scores, y
params = fit(X, y, 0)
"""


def test_a_jax_run_is_forgotten_from_compared_and_valued(notebook):
    notebook("pass")
    options = {"model": "params", "loss": "loss", "predict": "scores", "fit": "fit"}
    notebook.session.begin_train("jax", TrainOptions(rows=("X", "y"), **options))
    notebook(JAX)
    notebook.session.end_train(True)
    X, y = notebook.names["X"], notebook.names["y"]
    answer = notebook.session.unlearn(run="jax", rows=[0, 1], gold=3, evaluate={"test": (X, y)})
    assert answer.result.method == "influence-steps"
    assert isinstance(answer.verified, bool)
    assert "membership AUC" in answer.verdict
    assert "test_accuracy[class=0]" in answer.trajectory.dtype.names
    found = notebook.session.data_valuation(val=(X[:10], y[:10]), run="jax", k=3)
    near = np.argsort(((X[:10, None] - X[None]) ** 2).sum(axis=2), axis=1, kind="stable")[:, :3]
    assert found.values.sum() == pytest.approx((y[near] == y[:10, None]).mean())
