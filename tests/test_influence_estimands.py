"""Other estimands than leaving one row out: half subsets and Shapley values of linear models."""

import itertools

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.linear_model import LogisticRegression

from tests.conformance.conftest import fitted as conformance_run, torch_network
from tests.conformance.test_objective import rows_of
from tests.drawn_runs import fitted
from tests.oracles.shapley import shapley
from traceprop_nb.attribution.methods import attribute
from traceprop_nb.errors import (
    OptionError,
    UnknownNameError,
    UnsupportedModelError,
)
from traceprop_nb.gradients.objective import all_rows
from traceprop_nb.gradients.optimum import newton
from traceprop_nb.gradients.settle import settle

KINDS = {"binary": 2, "multinomial": 3}


def table(classes, n, d=4, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    lean = X @ rng.normal(size=(d, classes)) + rng.normal(size=(n, classes))
    return X, lean.argmax(axis=1)


def problem(classes, n=60, m=8, d=4, **options):
    X, y = table(classes, n + m, d)
    run = fitted(X[:n], y[:n], LogisticRegression(max_iter=5000, tol=1e-10, **options))
    return run, run.query(X[n:], y[n:])


def losses(run, query, weights):
    """Of the queries, under the model trained with these weights."""
    w = newton(run.objective.reweighted(weights), run.w).w
    return query.loss(w, all_rows(query))


@pytest.fixture(params=KINDS.values(), ids=KINDS)
def classes(request):
    return request.param


def test_a_half_subset_score_is_the_slope_of_the_loss_in_the_rows_weight_at_half(classes):
    run, query = problem(classes)
    got = attribute(run, query, estimand="half_subset").scores
    half, h = np.full(run.objective.n, 0.5), 1e-4
    for i in range(0, run.objective.n, 7):
        up, down = half.copy(), half.copy()
        up[i], down[i] = 0.5 + h, 0.5 - h
        slope = (losses(run, query, down) - losses(run, query, up)) / (2 * h)
        np.testing.assert_allclose(got[:, i], slope, atol=2e-3 * np.abs(got).max())


def test_it_foretells_models_of_half_the_rows_better_than_leaving_one_out_and_in_size(classes):
    run, query = problem(classes, n=120, m=30)
    rng = np.random.default_rng(1)
    kept = np.array([rng.permutation(120) < 60 for _ in range(80)])
    truth = np.array([losses(run, query, k.astype(float)) for k in kept])
    lds, slope = {}, {}
    for estimand in ("half_subset", "leave_one_out"):
        told = -(kept @ attribute(run, query, estimand=estimand).scores.T)
        each = range(query.n)
        lds[estimand] = np.mean([spearmanr(told[:, j], truth[:, j])[0] for j in each])
        slope[estimand] = np.median([np.polyfit(told[:, j], truth[:, j], 1)[0] for j in each])
    assert lds["half_subset"] > max(0.9, lds["leave_one_out"])
    assert 0.85 < slope["half_subset"] < 1.15
    assert slope["leave_one_out"] > 1.4, "a row weighs more among half of the others"


def exact_shapley(run, query):
    """By the definition, over all subsets; row by query."""
    n = run.objective.n
    value = {}
    for size in range(n + 1):
        for rows in itertools.combinations(range(n), size):
            weights = np.zeros(n)
            weights[list(rows)] = 1.0
            value[frozenset(rows)] = -losses(run, query, weights)

    def utility(rows, j):
        return value[frozenset(rows)][j]

    return np.array([shapley(lambda S, j=j: utility(S, j), n) for j in range(query.n)])


def test_shapley_values_are_those_of_the_definition_over_all_subsets(classes):
    # Without an intercept: rows of one class only would move it to infinity.
    run, query = problem(classes, n=10, m=6, d=3, C=0.5, fit_intercept=False)
    truth = exact_shapley(run, query)
    got = attribute(run, query, estimand="shapley").scores
    assert np.corrcoef(truth.ravel(), got.ravel())[0, 1] > 0.995
    assert 0.97 < np.polyfit(truth.ravel(), got.ravel(), 1)[0] < 1.03
    size = np.abs(truth).sum(axis=1).mean()
    np.testing.assert_allclose(got.sum(axis=1), truth.sum(axis=1), atol=0.01 * size)


def test_shapley_values_of_weighted_rows_sum_to_what_all_rows_took_off_the_loss():
    run = conformance_run(3, sample_weight=np.random.default_rng(5).uniform(0.5, 2.0, 40))
    X, labels = rows_of(run)
    query = run.query(X[:5], labels[:5])
    fall = losses(run, query, 1e-9 * run.objective.weights) - losses(
        run, query, run.objective.weights
    )
    got = attribute(run, query, estimand="shapley").scores
    np.testing.assert_allclose(got.sum(axis=1), fall, rtol=0.02, atol=0.01)


def test_a_weighted_row_counts_by_its_weight():
    weight = np.random.default_rng(5).uniform(0.5, 2.0, 40)
    run = conformance_run(3, sample_weight=weight)
    X, labels = rows_of(run)
    query = run.query(X[:5], labels[:5])
    got = attribute(run, query, estimand="half_subset").scores
    half, h = 0.5 * weight, 1e-4
    for i in (0, 17, 39):
        up, down = half.copy(), half.copy()
        up[i] += h * weight[i]
        down[i] -= h * weight[i]
        slope = (losses(run, query, down) - losses(run, query, up)) / (2 * h)
        np.testing.assert_allclose(got[:, i], slope, atol=2e-3 * np.abs(got).max())


@pytest.mark.parametrize("estimand", ["half_subset", "shapley"])
def test_it_names_itself_and_does_not_depend_on_the_other_queries(estimand):
    run, _ = problem(3)
    X, y = table(3, 68)
    together = attribute(run, run.query(X[60:], y[60:]), estimand=estimand)
    alone = attribute(run, run.query(X[62:63], y[62:63]), estimand=estimand)
    assert (together.estimand, together.method) == (estimand, "closed-form")
    np.testing.assert_allclose(
        alone.scores[0], together.scores[2], atol=1e-9 * np.abs(together.scores).max()
    )


def test_what_cannot_be_estimated_is_refused_with_what_can():
    run, query = problem(2)
    with pytest.raises(UnknownNameError, match="did you mean 'shapley'"):
        attribute(run, query, estimand="shaply")
    with pytest.raises(OptionError, match="method 'cg' estimates 'leave_one_out'"):
        attribute(run, query, method="cg", estimand="shapley")
    net = torch_network()
    X, labels = rows_of(net)
    with pytest.raises(UnsupportedModelError, match="use estimand='leave_one_out'"):
        attribute(net, net.query(X[:2], labels[:2]), estimand="half_subset")


@pytest.mark.parametrize("far", [1e-3, 0.5, 3.0])
def test_settling_ends_at_the_minimum_however_far_off_it_begins(far, classes):
    run, _ = problem(classes)
    start = run.w + far * np.random.default_rng(0).normal(size=len(run.w))
    best = newton(run.objective, run.w).w
    flat = run.objective.flat
    off = settle(run.objective, start)[0] - best
    off -= flat.T @ (flat @ off)
    assert np.linalg.norm(off) <= 2e-4 * np.linalg.norm(start - best)
