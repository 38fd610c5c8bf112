"""Exact nearest-neighbour values, against the definition over every subset."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from tests.oracles.shapley import neighbour_utility, shapley
from traceprop_nb.valuation import neighbours
from traceprop_nb.valuation.knn_shapley import classification, regression
from traceprop_nb.valuation.utility import Neighbours
from traceprop_nb.valuation.weights import WEIGHTS, inverse_distance


@st.composite
def problems(draw):
    """Few rows on a grid, so that distances tie; labels of three classes."""
    n, m = draw(st.integers(1, 7)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    X, Q = rng.integers(0, 3, (n, 2)).astype(float), rng.integers(0, 3, (m, 2)).astype(float)
    return X, rng.integers(0, 3, n), Q, rng.integers(0, 3, m), draw(st.integers(1, n))


@settings(max_examples=25, deadline=None)
@given(problems(), st.sampled_from([None, *WEIGHTS]))
def test_classification_equals_the_definition(problem, weight):
    X, y, Q, t, k = problem
    weigh = None if weight is None else WEIGHTS[weight]
    want = shapley(neighbour_utility(X, y, Q, t, k, "classification", weigh), len(X))
    got = classification(X, y, Q, t, k=k, weight=weigh)
    np.testing.assert_allclose(got, want, atol=1e-7)  # distances are float32


@settings(max_examples=25, deadline=None)
@given(problems())
def test_regression_equals_the_definition(problem):
    X, y, Q, t, k = problem
    targets, answers = y * 1.7 - 2.0, t + 0.25
    want = shapley(neighbour_utility(X, targets, Q, answers, k, "regression"), len(X))
    np.testing.assert_allclose(regression(X, targets, Q, answers, k=k), want, atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(problems(), st.sampled_from([None, *WEIGHTS]))
def test_the_fast_utility_equals_the_definition(problem, weight):
    X, y, Q, t, k = problem
    weigh = None if weight is None else WEIGHTS[weight]
    slow = neighbour_utility(X, y, Q, t, k, "classification", weigh)
    fast = Neighbours(X, y, Q, t, k, weigh)
    for rows in (np.arange(len(X)), np.arange(0, len(X), 2), np.arange(0)):
        assert fast(rows) == pytest.approx(slow(tuple(rows)), abs=1e-7)


def large(n=3000, m=40, d=9, seed=0):
    rng = np.random.default_rng(seed)
    X, Q = rng.normal(size=(n, d)), rng.normal(size=(m, d))
    return X, rng.integers(0, 3, n), Q, rng.integers(0, 3, m)


@pytest.mark.parametrize("weight", [None, *WEIGHTS])
def test_values_sum_to_the_utility_of_all_rows(weight):
    X, y, Q, t = large()
    weigh = None if weight is None else WEIGHTS[weight]
    utility = Neighbours(X, y, Q, t, 10, weigh)
    got = classification(X, y, Q, t, k=10, weight=weigh)
    assert got.sum() == pytest.approx(utility(np.arange(len(X))), abs=1e-12)


def test_values_of_a_regression_sum_to_what_all_rows_add_to_none():
    X, y, Q, t = large()
    utility = Neighbours(X, y * 1.0, Q, t * 1.0, 10)
    got = regression(X, y * 1.0, Q, t * 1.0, k=10)
    want = utility(np.arange(len(X))) - utility(np.arange(0))
    assert got.sum() == pytest.approx(want, abs=1e-10)


@pytest.mark.parametrize("block", [1, 7, 64])
def test_values_do_not_depend_on_how_many_queries_are_held(monkeypatch, block):
    X, y, Q, t = large(n=500)
    X[100:200] = X[:100]  # ties
    want = classification(X, y, Q, t, k=5)
    monkeypatch.setattr(neighbours, "FEWEST", block)
    monkeypatch.setattr(neighbours, "MOST", block)
    np.testing.assert_allclose(classification(X, y, Q, t, k=5), want, atol=1e-15)


def test_rows_at_one_distance_go_by_their_number():
    X = np.array([[5.0, 1.0], [0.0, 0.0], [5.0, 1.0], [0.0, 0.0], [9.0, 9.0]])
    X = np.repeat(X, 40, axis=0) + 1e3
    for query, order, squared in neighbours.nearest_first(X, np.array([[1e3, 1e3]])):
        assert query == 0
        want = np.lexsort((np.arange(len(X)), ((X - 1e3) ** 2).sum(axis=1)))
        np.testing.assert_array_equal(order, want)
        np.testing.assert_allclose(squared, ((X - 1e3) ** 2).sum(axis=1), atol=1e-9)


def test_rows_far_from_every_query_are_worth_next_to_nothing():
    X, y, Q, t = large(n=400)
    got = classification(np.concatenate([X, X + 1e3]), np.concatenate([y, y]), Q, t, k=5)
    assert np.abs(got[400:]).max() < np.abs(got[:400]).max() / 5


def flipped(seed):
    X, y = load_breast_cancer(return_X_y=True)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(X))
    X, y = StandardScaler().fit_transform(X)[order], y[order]
    bad = np.zeros(400, dtype=bool)
    bad[rng.choice(400, 40, replace=False)] = True
    labels = np.where(bad, 1 - y[:400], y[:400])
    return X[:400], labels, X[400:], y[400:], bad


def test_flipped_labels_are_found_as_the_least_valuable():
    scores = []
    for seed in range(5):
        X, labels, Q, t, bad = flipped(seed)
        got = classification(X, labels, Q, t, k=10)
        scores.append(roc_auc_score(bad, -got))
        assert got[bad].mean() < 0 < got[~bad].mean()
    assert np.median(scores) >= 0.97


def test_a_row_that_is_the_query_itself_has_a_weight_and_a_value():
    X, y, Q, t = large(n=300)
    Q = np.concatenate([X[:5] + 0.0, Q])
    t = np.concatenate([y[:5], t])
    got = classification(X, y, Q, t, k=3, weight=inverse_distance)
    assert np.isfinite(got).all()
    weighted = Neighbours(X, y, Q, t, 3, weight=inverse_distance)
    assert got.sum() == pytest.approx(weighted(np.arange(len(X))), abs=1e-10)
