"""Sampled values against the definition over every subset, within what their own spread allows."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from tests.conformance.conftest import table
from tests.oracles import shapley as oracle
from traceprop_nb.adapters.sklearn.training import SklearnTap
from traceprop_nb.errors import CancelledError
from traceprop_nb.gradients.capture import TrainOptions
from traceprop_nb.gradients.progress import silent
from traceprop_nb.valuation.banzhaf import banzhaf
from traceprop_nb.valuation.beta_shapley import _weights, beta_shapley
from traceprop_nb.valuation.data_oob import data_oob
from traceprop_nb.valuation.utility import retrained


def trained(X, y):
    tap = SklearnTap(lambda _: None)
    tap.start(TrainOptions())
    LogisticRegression(tol=1e-10, max_iter=10_000).fit(X, y)
    [captured] = tap.stop()
    return captured.run("fit")


@pytest.fixture(scope="module")
def utility():
    X, y = table(2, n=80)
    run = trained(X[:40], y[:40])
    return retrained(run, run.query(X[40:], y[40:]))


@pytest.fixture
def unending(monkeypatch):
    for module in ("banzhaf", "beta_shapley", "data_oob"):
        monkeypatch.setattr(f"traceprop_nb.valuation.{module}.GOAL", 0.0)


class Game:
    """A utility over six rows that is no sum of theirs."""

    n, name = 6, "a game"
    worth = np.array([3.0, 1.0, 0.0, -2.0, 0.5, 0.5])

    def __call__(self, rows):
        rows = set(map(int, rows))
        return float(self.worth[sorted(rows)].sum() + 2.0 * ({0, 3} <= rows) - ({4, 5} <= rows))


GAME = Game()


def test_banzhaf_values_approach_the_definition():
    got, settled = banzhaf(GAME, budget=20_000, seed=0, progress=silent)
    want = oracle.banzhaf(GAME, 6)
    assert settled.reached
    assert settled.samples < 20_000
    error = settled.value * np.std(got)
    np.testing.assert_allclose(got, want, atol=6 * error)
    assert np.corrcoef(got, want)[0, 1] > 0.95


def test_banzhaf_errors_shrink_like_one_over_the_root_of_the_sets(unending):
    want = oracle.banzhaf(GAME, 6)
    few, many = (
        np.mean([np.abs(banzhaf(GAME, budget=b, seed=s, progress=silent)[0] - want).mean()
                 for s in range(6)])
        for b in (128, 2048)
    )  # fmt: skip
    assert 2.0 < few / many < 8.0


@pytest.mark.parametrize(("a", "b"), [(1.0, 1.0), (16.0, 1.0), (1.0, 4.0)])
def test_beta_shapley_values_approach_the_definition(unending, a, b):
    want = oracle.beta(GAME, 6, a, b)
    runs = [
        beta_shapley(GAME, alpha=a, beta=b, budget=6000, seed=s, progress=silent)[0]
        for s in range(6)
    ]
    error = np.std(runs, axis=0, ddof=1) / np.sqrt(len(runs))
    np.testing.assert_array_less(np.abs(np.mean(runs, axis=0) - want), 5 * error + 1e-3)
    assert error.max() < 0.1


def test_beta_one_one_is_shapley_and_sums_to_the_utility(unending):
    np.testing.assert_allclose(_weights(9, 1.0, 1.0), 1.0)
    got, settled = beta_shapley(GAME, alpha=1, beta=1, budget=2000, seed=0, progress=silent)
    assert got.sum() == pytest.approx(GAME(range(6)) - GAME([]), abs=1e-9)
    np.testing.assert_allclose(got, oracle.shapley(GAME, 6), atol=0.2)
    assert settled.history[-1, 1] == settled.value


@pytest.mark.parametrize("a", [1.0, 4.0, 16.0])
def test_beta_weights_have_mean_one_and_lean_to_small_sets(a):
    weight = _weights(30, a, 1.0)
    assert weight.mean() == pytest.approx(1.0)
    assert (np.diff(weight) <= 1e-9).all()


def test_a_budget_that_is_too_small_is_told_by_the_statistic():
    _, settled = banzhaf(GAME, budget=4, seed=0, progress=silent)
    assert not settled.reached
    assert settled.samples == 4


def test_the_retrained_utility_is_the_accuracy_of_the_model_trained_on_the_rows(utility):
    X, y = table(2, n=80)
    rows = np.array([0, 1, 2, 5, 8, 9, 11, 20])
    want = LogisticRegression(tol=1e-10, max_iter=10_000).fit(X[rows], y[rows])
    assert utility(rows) == pytest.approx(want.score(X[40:], y[40:]))
    assert utility(rows[:0]) == 0.5
    same = np.flatnonzero(y[:40] == 1)[:3]
    assert utility(same) == pytest.approx((y[40:] == 1).mean())


def test_out_of_bag_values_are_low_where_the_label_is_wrong(utility):
    run = utility.run
    got, settled = data_oob(utility, budget=64, seed=0, progress=silent)
    right = run.objective.correct(run.w)
    assert got[right].mean() > got[~right].mean() + 0.3
    assert ((got >= 0) & (got <= 1)).all()
    assert settled.samples <= 64


@pytest.mark.parametrize("method", [banzhaf, beta_shapley])
def test_sampling_can_be_stopped(method):
    def stop(share):
        raise CancelledError("stopped by the user")

    with pytest.raises(CancelledError, match="stopped by the user"):
        method(GAME, budget=100, seed=0, progress=stop)
