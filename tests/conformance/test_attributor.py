"""What every attribution method owes."""

from dataclasses import replace

import numpy as np
import pytest

from tests.conformance.conftest import fitted
from tests.conformance.test_objective import rows_of
from tests.oracles.retraining import leave_one_out_by_minimising
from traceprop_nb.attribution.methods import METHODS, attribute, choose
from traceprop_nb.errors import NotFiniteError, ShapeError, UnknownNameError, UnsupportedModelError
from traceprop_nb.gradients.boosting.risk import BoostedRisk

STOPPED = ("cg", "lissa", "nystrom")
"""Methods that stop at a relative residual of 1e-4."""


def scored(pair, rows=slice(0, 6)):
    run, method = pair
    X, labels = rows_of(run)
    return attribute(run, run.query(X[rows], labels[rows]), method=method)


def test_shape_is_query_by_train_in_float64(pair):
    got = scored(pair).scores
    assert got.shape == (6, pair[0].objective.n)
    assert got.dtype == np.float64
    assert np.isfinite(got).all()


def test_a_row_is_a_proponent_of_itself(pair):
    # Leaving a row out cannot lower its own loss: the inverse curvature is positive.
    got = scored(pair, slice(None)).scores
    if pair[0].objective.__class__ is not BoostedRisk:  # boosting steps are no minimum of anything
        assert (np.diag(got) > -1e-9 * np.abs(got).max()).all()
    assert np.diag(got).mean() > 0


def test_scores_follow_the_rows_when_these_are_permuted(pair):
    run, method = pair
    order = np.random.default_rng(2).permutation(run.objective.n)
    moved = replace(run, objective=run.objective.restrict(order), labels=run.labels[order])
    X, labels = rows_of(run)
    query = run.query(X[:4], labels[:4])
    plain, permuted = (attribute(r, query, method=method).scores for r in (run, moved))
    tolerance = 1e-3 if method in STOPPED else 1e-6
    np.testing.assert_allclose(permuted, plain[:, order], atol=tolerance * np.abs(plain).max())


def test_scores_do_not_depend_on_the_other_queries(pair):
    together, alone = scored(pair, slice(0, 6)).scores, scored(pair, slice(2, 3)).scores
    np.testing.assert_allclose(alone[0], together[2], atol=1e-9 * np.abs(together).max())


def test_a_query_of_no_rows_has_no_scores(pair):
    assert scored(pair, slice(0, 0)).scores.shape == (0, pair[0].objective.n)


def test_a_row_of_twice_the_weight_is_the_row_twice(pair):
    run, method = pair
    weights = run.objective.weights.copy()
    weights[0] *= 2
    heavier = replace(run, objective=replace(run.objective, weights=weights))
    rows = np.concatenate([[0], np.arange(run.objective.n)])
    repeated = replace(run, objective=run.objective.restrict(rows), labels=run.labels[rows])
    X, labels = rows_of(run)
    query = run.query(X[:5], labels[:5])
    once, twice = (attribute(r, query, method=method).scores for r in (heavier, repeated))
    exact = choose(run)[0] == "closed-form" and method in ("auto", "closed-form")
    if exact or method == "axil":
        once, twice = (
            once[:, 1:],
            twice[:, 2:],
        )  # not first order: one copy is less than half of two
    else:
        twice = np.column_stack([twice[:, 0] + twice[:, 1], twice[:, 2:]])
    tolerance = 1e-3 if method in STOPPED else 1e-6
    np.testing.assert_allclose(once, twice, atol=tolerance * np.abs(twice).max())


# First order misses the row's own leverage (0.1 to 0.3 at n = 40); TRAK is damped besides.
SLOPES = {
    "auto": (0.95, 1.05),
    "closed-form": (0.95, 1.05),
    "influence": (0.4, 1.05),
    "arnoldi": (0.4, 1.05),
    "cg": (0.4, 1.05),
    "lissa": (0.4, 1.05),
    "nystrom": (0.4, 1.05),
    "trak": (0.1, 4.0),
    "leaf-influence": (0.9, 1.1),  # of trees: see test_influence_boosting
    "kfac": (0.4, 1.5),
    "ekfac": (0.4, 1.5),
    "last-layer": (0.4, 1.05),
}


def test_scores_have_the_size_of_leaving_one_out(linear_pair):
    # A correlation cannot see a lost weight or a lost penalty: look at the slope too.
    run, method = linear_pair
    if method not in SLOPES:
        return  # it ranks, and says so: see below
    X, labels = rows_of(run)
    query = run.query(X[:10], labels[:10])
    truth = leave_one_out_by_minimising(run, query).ravel()
    got = attribute(run, query, method=method).scores.ravel()
    low, high = SLOPES[method]
    assert low < np.polyfit(truth, got, 1)[0] < high
    least = 0.999 if low > 0.9 else 0.75 if method == "kfac" else 0.8
    assert np.corrcoef(truth, got)[0, 1] > least


def test_a_method_that_only_ranks_says_so_and_does_not_claim_the_size(pair):
    got = scored(pair)
    assert ("ranks rows" in got.note) == (pair[1] not in SLOPES)
    assert (got.estimand == "leave_one_out") == (pair[1] in SLOPES or pair[1] == "auto")


def test_auto_says_what_it_chose_and_gives_its_scores(run):
    name, why = choose(run)
    auto, chosen = scored((run, "auto")), scored((run, name))
    assert auto.method == name
    assert why in auto.note
    np.testing.assert_array_equal(auto.scores, chosen.scores)


def test_every_method_names_itself_and_claims_no_lds(pair):
    run, method = pair
    got = scored(pair)
    assert got.method == (choose(run)[0] if method == "auto" else method)
    assert got.method in METHODS
    assert got.lds is None


def test_a_method_that_does_not_fit_the_model_says_which_do(misfit):
    run, method = misfit
    X, labels = rows_of(run)
    with pytest.raises(UnsupportedModelError, match=r"use .*(influence|'cg)'"):
        attribute(run, run.query(X, labels), method=method)


def test_an_unknown_method_is_an_error_with_the_nearest_name(run):
    X, labels = rows_of(run)
    with pytest.raises(UnknownNameError, match="did you mean 'influence'"):
        attribute(run, run.query(X[:1], labels[:1]), method="influnce")


def test_a_run_that_diverged_is_an_error(run):
    X, labels = rows_of(run)
    query = run.query(X[:1], labels[:1])
    w = run.w.copy()
    w[1] = np.nan
    with pytest.raises(NotFiniteError, match=r"1 parameters of .* are not finite"):
        attribute(replace(run, w=w), query)


def test_a_query_for_another_model_is_an_error():
    run, other = fitted(2), fitted(3)
    X, labels = rows_of(other)
    with pytest.raises(ShapeError, match=r"make it with run\.query"):
        attribute(run, other.query(X, labels))
