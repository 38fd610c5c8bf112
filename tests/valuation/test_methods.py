"""The door to all methods: what each owes, and what it refuses."""

import numpy as np
import pytest

from tests.conformance.conftest import fitted, table, torch_network
from traceprop_nb.errors import (
    CancelledError,
    NotFiniteError,
    OptionError,
    UnknownNameError,
    UnsupportedModelError,
)
from traceprop_nb.valuation.methods import METHODS, value

FAST = {"budget": 40}


@pytest.fixture(scope="module")
def run():
    return fitted(3)


@pytest.fixture(scope="module")
def val(run):
    X, y = table(3, n=70)
    return run.query(X[40:], y[40:])


def scores(run, val):
    return np.outer(np.arange(1.0, val.n + 1), run.objective.design[:, 0])


def asked(run, val, method, **options):
    return value(run, val, method=method, k=5, scores=scores, **(FAST | options))


@pytest.mark.parametrize("method", METHODS)
def test_every_method_gives_a_value_a_row_and_a_curve(run, val, method):
    got = asked(run, val, method)
    assert got.values.shape == (40,)
    assert np.isfinite(got.values).all()
    assert got.method == method
    assert got.n_val == 30
    assert got.utility
    curve = got.curve
    assert curve.removed[0] == 0
    assert (np.diff(curve.removed) > 0).all()
    for line in (curve.best_first, curve.worst_first, curve.random):
        assert line.shape == curve.removed.shape
        assert line[0] == curve.best_first[0]
    sampled = method in ("data-shapley", "beta-shapley", "banzhaf", "data-oob")
    assert (got.convergence is not None) is sampled


@pytest.mark.parametrize("method", METHODS)
def test_a_seed_decides_and_nothing_of_the_run_changes(run, val, method):
    w, design = run.w.copy(), run.objective.design.copy()
    one, two = (asked(run, val, method, seed=3).values for _ in range(2))
    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(run.w, w)
    np.testing.assert_array_equal(run.objective.design, design)


@pytest.mark.parametrize("method", ["knn-shapley", "data-shapley"])
def test_shapley_values_sum_to_the_total(run, val, method):
    got = asked(run, val, method)
    assert got.values.sum() == pytest.approx(got.total, abs=1e-12)
    assert "miss" not in got.note


@pytest.mark.parametrize("method", ["beta-shapley", "banzhaf"])
def test_values_that_need_not_sum_say_by_how_much_they_miss(run, val, method):
    got = asked(run, val, method)
    missed = got.values.sum() - got.total
    assert f"miss it by {missed:+.3g}" in got.note


@pytest.mark.parametrize("method", ["leave-one-out", "data-oob"])
def test_values_without_a_sum_have_no_total(run, val, method):
    assert np.isnan(asked(run, val, method).total)


def test_leave_one_out_is_the_mean_of_the_scores_over_validation_rows(run, val):
    np.testing.assert_allclose(
        asked(run, val, "leave-one-out").values, scores(run, val).mean(axis=0)
    )


def test_removing_the_best_first_hurts_more_than_the_worst_first(run, val):
    curve = asked(run, val, "knn-shapley").curve
    middle = slice(2, -3)
    assert curve.best_first[middle].mean() < curve.random[middle].mean()
    assert curve.random[middle].mean() < curve.worst_first[middle].mean()


def test_the_curve_is_the_utility_of_what_is_left(run, val):
    from traceprop_nb.valuation.methods import neighbours

    got = asked(run, val, "knn-shapley")
    utility, gone = neighbours(run, val, 5), int(got.curve.removed[4])
    worst = np.argsort(got.values, kind="stable")
    assert got.curve.worst_first[4] == pytest.approx(utility(np.sort(worst[gone:])))
    assert got.curve.best_first[4] == pytest.approx(utility(np.sort(worst[: 40 - gone])))


def test_auto_takes_the_exact_method(run, val):
    assert value(run, val, method="auto").method == "knn-shapley"


def test_a_network_is_valued_by_what_it_is_given():
    network = torch_network()
    X, y = table(3, n=50)
    got = value(network, network.query(X[40:].astype(np.float32), y[40:]), k=3)
    assert got.values.shape == (network.objective.n,)
    assert "4 numbers a row" in got.note


def test_a_network_without_a_recipe_is_not_retrained():
    from dataclasses import replace

    network = replace(torch_network(), recipe=None)
    X, y = table(3, n=50)
    query = network.query(X[40:].astype(np.float32), y[40:])
    with pytest.raises(UnsupportedModelError, match=r"no recipe.*use 'knn-shapley'"):
        value(network, query, method="banzhaf")


def test_a_question_can_be_stopped(run, val):
    def stop(share):
        raise CancelledError("enough")

    with pytest.raises(CancelledError, match="enough"):
        value(run, val, method="banzhaf", progress=stop)


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        (
            {"method": "knn-shaply"},
            UnknownNameError,
            r"named 'knn-shaply'; did you mean 'knn-shapley'",
        ),
        ({"weight": "gausian"}, UnknownNameError, "did you mean 'gaussian'"),
        ({"k": 0}, OptionError, "k=0 neighbours of 40 rows; pass 1 to all of them"),
        ({"k": 41}, OptionError, "k=41 neighbours of 40 rows"),
        ({"budget": 1}, OptionError, "budget=1 is too small to sample; pass 2 or more"),
    ],
)
def test_bad_options_say_what_there_is(run, val, options, error, text):
    with pytest.raises(error, match=text):
        value(run, val, **options)


def test_an_empty_validation_set_is_refused(run, val):
    with pytest.raises(OptionError, match="no validation rows"):
        value(run, val.restrict(np.arange(0)))


def test_rows_that_are_not_finite_are_named(run, val):
    from dataclasses import replace

    design = val.design.copy()
    design[3, 1] = np.nan
    with pytest.raises(NotFiniteError, match="the validation rows has nan at row 3, column 1"):
        value(run, replace(val, design=design))
