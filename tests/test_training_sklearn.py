"""Fits of LogisticRegression in a training cell become runs, and the fits stay what they were."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.conformance.conftest import table
from traceprop_nb.adapters.sklearn.objective import parameters, with_parameters
from traceprop_nb.adapters.sklearn.training import KEPT, SklearnTap
from traceprop_nb.errors import ShapeError, UnsupportedModelError
from traceprop_nb.gradients.capture import TrainOptions

X, y = table(3)


def watched(cell, node_of=lambda _: None, lookup=None, **options):
    tap = SklearnTap(node_of, lookup)
    tap.start(TrainOptions(**options))
    try:
        cell()
    finally:
        captured = tap.stop()
    return captured, tap.advice()


@pytest.mark.parametrize("labels", [y, y == 1, np.array(["a", "b", "c"])[y], y * 10.0])
def test_the_objective_is_at_its_minimum_where_the_fit_ended(labels):
    model = LogisticRegression(tol=1e-12, max_iter=10_000)
    [captured], _ = watched(lambda: model.fit(X, labels))
    run = captured.run("fit")
    assert np.abs(run.objective.grad(run.w)).max() < 1e-4
    np.testing.assert_allclose(run.predict(X), model.predict_proba(X), atol=1e-12)
    np.testing.assert_array_equal(run.classes, model.classes_)
    np.testing.assert_array_equal(run.labels, labels)


OPTIONS = [
    {"C": 0.05},
    {"C": np.inf},
    {"fit_intercept": False},
    {"class_weight": "balanced"},
    {"class_weight": {0: 5.0, 1: 0.5}},
    {"solver": "liblinear", "intercept_scaling": 3.0, "C": 0.2},
    {"solver": "liblinear", "class_weight": "balanced"},
    {"solver": "sag"},
    {"solver": "newton-cholesky"},
]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_every_option_that_moves_the_minimum_is_in_the_objective(options, weighted):
    labels = (y == 1).astype(int)
    weight = np.linspace(0.2, 3.0, len(X)) if weighted else None
    model = LogisticRegression(**{"tol": 1e-10, "max_iter": 100_000} | options)
    [captured], _ = watched(lambda: model.fit(X, labels, sample_weight=weight))
    run = captured.run("fit")
    assert np.abs(run.objective.grad(run.w)).max() < 1e-3
    away = run.w + 0.1 * np.random.default_rng(0).normal(size=len(run.w))
    assert np.abs(run.objective.grad(away)).max() > 0.1


def test_the_fit_is_the_same_with_and_without_recording():
    plain = LogisticRegression().fit(X, y)
    recorded = LogisticRegression()
    [captured], advice = watched(lambda: recorded.fit(X, y))
    np.testing.assert_array_equal(plain.coef_, recorded.coef_)
    assert captured.model is recorded
    assert advice == ""


def test_nothing_stays_patched_even_after_an_exception_in_the_cell():
    before = LogisticRegression.__dict__["fit"], Pipeline.__dict__["fit"]
    with pytest.raises(ValueError, match="Found input variables with inconsistent"):
        watched(lambda: LogisticRegression().fit(X, y[:-1]))
    assert (LogisticRegression.__dict__["fit"], Pipeline.__dict__["fit"]) == before


def test_the_lineage_of_the_very_arguments_is_asked_for():
    nodes = {id(X): 4, id(y): 9}
    [captured], _ = watched(lambda: LogisticRegression().fit(X, y), lambda v: nodes.get(id(v)))
    assert captured.X is X
    assert captured.y is y
    assert (captured.x_node, captured.y_node, captured.row_index) == (4, 9, None)
    assert captured.run("fit").rows_node == 4


@pytest.mark.parametrize("kind", [np.array, pd.DataFrame])
@pytest.mark.parametrize("intercept", [True, False])
def test_rows_that_change_after_the_fit_do_not_change_the_run(intercept, kind):
    mine, labels = kind(X.copy()), y.copy()
    model = LogisticRegression(fit_intercept=intercept)
    [captured], _ = watched(lambda: model.fit(mine, labels))
    mine[:] = 0.0
    labels[:] = 0
    run = captured.run("fit")
    np.testing.assert_array_equal(run.objective.design[:, :4], X)
    np.testing.assert_array_equal(run.labels, y)


def test_refitting_the_model_later_does_not_change_the_run():
    model = LogisticRegression()
    [captured], _ = watched(lambda: model.fit(X, y))
    w = parameters(model)
    model.fit(X[:20], y[:20])
    np.testing.assert_array_equal(captured.run("fit").w, w)


def test_a_pipeline_is_explained_from_the_rows_that_went_into_it():
    model = make_pipeline(StandardScaler(), LogisticRegression())
    nodes = {id(X): 4}
    [captured], _ = watched(lambda: model.fit(X, y), lambda v: nodes.get(id(v)))
    run = captured.run("pipe")
    assert captured.model is model
    assert captured.X is X
    assert run.rows_node == 4
    np.testing.assert_allclose(run.predict(X[:5]), model.predict_proba(X[:5]), atol=1e-12)
    w = run.w + 0.1
    changed = with_parameters(model, w)
    np.testing.assert_allclose(parameters(changed[-1]), w)
    assert parameters(model[-1])[0] != parameters(changed[-1])[0]


def test_a_pipeline_that_is_fitted_again_leaves_the_run_as_it_was():
    model = make_pipeline(StandardScaler(), LogisticRegression())
    [captured], _ = watched(lambda: model.fit(X, y))
    before = captured.run("pipe").predict(X)
    model.fit(100 * X[:30], y[:30])
    np.testing.assert_array_equal(captured.run("pipe").predict(X), before)


def test_of_several_fits_the_last_come_last_and_a_search_keeps_a_few():
    small, large = LogisticRegression(C=0.1), LogisticRegression(C=10.0)
    captured, _ = watched(lambda: (small.fit(X, y), large.fit(X, y)))
    assert [c.model for c in captured] == [small, large]
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0, 10.0]}, cv=5)
    captured, advice = watched(lambda: search.fit(X, y))
    assert len(captured) == KEPT
    assert captured[-1].model is search.best_estimator_
    assert "16 fits were seen" in advice


def test_a_named_model_is_the_one_that_is_kept():
    small, large = LogisticRegression(C=0.1), LogisticRegression(C=10.0)
    names = {"small": small}
    captured, _ = watched(
        lambda: (small.fit(X, y), large.fit(X, y)), lookup=names.get, model="small"
    )
    assert [c.model for c in captured] == [small]


@pytest.mark.parametrize("penalty", ["l1", "elasticnet"])
def test_a_penalty_without_a_smooth_optimum_is_named_in_the_advice(penalty):
    ratio = {"l1": 1.0, "elasticnet": 0.5}[penalty]
    model = LogisticRegression(solver="saga", l1_ratio=ratio, max_iter=10_000)
    captured, advice = watched(lambda: model.fit(X, y))
    assert captured == []
    assert f"the {penalty} penalty has no smooth optimum" in advice
    assert model.coef_.shape == (3, 4)


def test_a_table_with_columns_in_another_order_is_an_error():
    frame = pd.DataFrame(X, columns=list("abcd"))
    [captured], _ = watched(lambda: LogisticRegression().fit(frame, y))
    run = captured.run("fit")
    assert run.query(frame.iloc[:2], y[:2]).n == 2
    assert run.query(frame.iloc[0], y[0]).n == 1
    with pytest.raises(ShapeError, match=r"column 0 of the query is 'b'.*trained on 'a'"):
        run.query(frame[list("bacd")], y)


def test_a_sparse_matrix_is_read_as_the_dense_one():
    dense, thin = LogisticRegression(tol=1e-10), LogisticRegression(tol=1e-10)
    captured, _ = watched(lambda: (dense.fit(X, y), thin.fit(sparse.csr_matrix(X), y)))
    a, b = (c.run("fit") for c in captured)
    np.testing.assert_array_equal(a.objective.design, b.objective.design)
    np.testing.assert_allclose(a.query(sparse.csr_matrix(X[:3])).design, b.query(X[:3]).design)


def test_a_sparse_matrix_too_large_to_be_dense_is_an_error(monkeypatch):
    monkeypatch.setattr("traceprop_nb.adapters.sklearn.objective.DENSE_LIMIT", 100)
    captured, advice = watched(lambda: LogisticRegression().fit(sparse.csr_matrix(X), y))
    assert captured == []
    assert "40 x 4 would take" in advice


def test_text_in_a_query_is_an_error():
    [captured], _ = watched(lambda: LogisticRegression().fit(X, y))
    with pytest.raises(ShapeError, match="not a matrix of numbers"):
        captured.run("fit").query(np.array([["a", "b", "c", "d"]]))


def test_one_class_against_the_rest_is_refused():
    from traceprop_nb.adapters.sklearn.objective import objective

    model = LogisticRegression().fit(X, y)
    model.solver = "liblinear"  # as versions before 1.8 allowed
    with pytest.raises(UnsupportedModelError, match="is several models, not one"):
        objective(model, X, y)


def test_what_was_observed_is_plain_and_complete():
    [captured], _ = watched(lambda: LogisticRegression(C=0.5, max_iter=50).fit(X, y))
    recorded = captured.run("fit").recorded
    assert recorded["hyperparameters"]["C"] == 0.5
    assert recorded["loss"] == "log loss"
    assert recorded["seconds"] > 0
    assert 0 < recorded["iterations"] <= 50
    plain = (bool, int, float, str, type(None))
    assert all(isinstance(v, plain) for v in recorded["hyperparameters"].values())
