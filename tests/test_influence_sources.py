"""Scores by source, and what attribution refuses."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from sklearn.linear_model import LogisticRegression

from tests.drawn_runs import fitted
from tests.test_session_learning import FIT, table as csv_table, train
from traceprop_nb.attribution.by_source import by_source
from traceprop_nb.attribution.damping import require_damping
from traceprop_nb.attribution.group_left_out import group_left_out
from traceprop_nb.attribution.methods import attribute
from traceprop_nb.errors import OptionError, ShapeError


@given(st.integers(0, 2**16), st.integers(1, 6), st.integers(1, 4), st.integers(0, 12))
def test_by_source_is_a_sum_over_records_of_equal_shares(seed, n, sources, pairs):
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(2, n))
    rows, origin = rng.integers(0, n, pairs), rng.integers(0, sources, pairs)
    want = np.zeros((2, sources))
    for row, source in zip(rows, origin, strict=True):
        want[:, source] += scores[:, row] / (rows == row).sum()
    np.testing.assert_allclose(by_source(scores, rows, origin, n_sources=sources), want, atol=1e-12)


def test_the_total_over_sources_is_the_total_over_rows_that_have_one():
    scores = np.array([[1.0, 2.0, 4.0]])
    got = by_source(scores, np.array([0, 0, 2]), np.array([0, 1, 1]), n_sources=3)
    np.testing.assert_allclose(got, [[0.5, 4.5, 0.0]])


def test_stated_shares_replace_equal_ones():
    scores = np.array([[2.0]])
    share = np.array([0.75, 0.25])
    got = by_source(scores, np.array([0, 0]), np.array([0, 1]), n_sources=2, share=share)
    np.testing.assert_allclose(got, [[1.5, 0.5]])


@pytest.mark.parametrize(
    ("rows", "sources", "message"),
    [
        ([0], [0, 1], "pass one source a row"),
        ([5], [0], "rows reach 5"),
        ([0], [9], "sources reach 9"),
    ],
)
def test_rows_and_sources_that_do_not_exist_are_errors(rows, sources, message):
    with pytest.raises(ShapeError, match=message):
        by_source(np.ones((1, 3)), np.array(rows), np.array(sources), n_sources=2)


def test_a_negative_damping_is_an_error():
    with pytest.raises(OptionError, match="would not damp"):
        require_damping(-1.0)


def fitted_by_groups(C=1.0, groups=3, n=90):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(n + 20, 3))
    y = (X[:, 0] + 0.5 * rng.normal(size=n + 20) > 0).astype(int)
    group = np.arange(n) % groups
    y[:n][group == 1] = rng.integers(0, 2, (group == 1).sum())  # a source of noise
    model = LogisticRegression(C=C, tol=1e-10, max_iter=5000)
    return fitted(X[:n], y[:n], model), X, y, group


@pytest.mark.parametrize("C", [0.1, 10.0])
def test_a_group_left_out_is_scikit_learn_fitted_without_it(C):
    run, X, y, group = fitted_by_groups(C)
    query = run.query(X[90:], y[90:])
    got = group_left_out(run.objective, query, run.w, np.eye(3)[group])
    own = np.arange(20), y[90:]
    before = -np.log(run.model.predict_proba(X[90:])[own])
    first = by_source(attribute(run, query).scores, np.arange(90), group, n_sources=3)
    for g in range(3):
        keep = group != g
        model = LogisticRegression(C=C, tol=1e-12, max_iter=5000).fit(X[:90][keep], y[:90][keep])
        rise = -np.log(model.predict_proba(X[90:])[own]) - before
        np.testing.assert_allclose(got[:, g], rise, atol=1e-5)
        assert np.abs(first[:, g] - rise).max() > 20 * np.abs(got[:, g] - rise).max(), "the sum"


def test_a_share_of_a_row_is_that_share_of_its_weight():
    run, X, y, _ = fitted_by_groups()
    query = run.query(X[90:], y[90:])
    half = np.full((90, 1), 0.5)
    got = group_left_out(run.objective, query, run.w, half)
    model = LogisticRegression(tol=1e-12, max_iter=5000)
    model.fit(X[:90], y[:90], sample_weight=np.full(90, 0.5))
    own = np.arange(20), y[90:]
    want = -np.log(model.predict_proba(X[90:])[own]) + np.log(run.model.predict_proba(X[90:])[own])
    np.testing.assert_allclose(got[:, 0], want, atol=1e-5)


def test_a_group_without_which_there_is_no_model_has_no_effect():
    run, X, y, _ = fitted_by_groups(C=np.inf)
    query = run.query(X[90:], y[90:])
    one_class = (y[:90] == 1).astype(float)
    got = group_left_out(run.objective, query, run.w, np.column_stack([np.ones(90), one_class]))
    assert np.isnan(got).all()
    with pytest.raises(ShapeError, match="shares of 4 rows for 90"):
        group_left_out(run.objective, query, run.w, np.ones((4, 1)))


def test_asked_by_source_a_linear_model_is_trained_without_each(notebook, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text(csv_table(1, 24))
    (tmp_path / "b.csv").write_text(csv_table(2, 16))
    notebook("pass")
    train(notebook, FIT, "clf")
    X, y = notebook.names["X"], notebook.names["y"]
    summed = notebook.session.influence(X[:2], y[:2])
    whole = notebook.session.influence(X[:2], y[:2], by="source")
    assert "left out as a whole" in whole.result.note
    assert summed.by_source(1) != whole.by_source(1)
    np.testing.assert_array_equal(summed.scores, whole.scores)
    own = np.arange(2), y[:2]
    before = notebook.names["clf"].predict_proba(X[:2])[own]
    for name, keep in (("a.csv", slice(24, None)), ("b.csv", slice(24))):
        model = LogisticRegression(tol=1e-10, max_iter=5000).fit(X[keep], y[keep])
        rise = np.log(before) - np.log(model.predict_proba(X[:2])[own])
        for q in range(2):
            assert whole.by_source(q)[name] == pytest.approx(rise[q], abs=1e-3)
    means = whole.by_source(None)
    assert means["a.csv"] == pytest.approx(np.mean([whole.by_source(q)["a.csv"] for q in (0, 1)]))
    assert "a.csv" in repr(whole)
