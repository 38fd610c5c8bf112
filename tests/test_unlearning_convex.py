"""Newton, low-rank and certified removal, against scikit-learn and against their own promises."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.linear_model import LogisticRegression

from tests.conformance.conftest import torch_linear, torch_network
from tests.drawn_runs import drawn, fitted, poisoned
from traceprop_nb.adapters.sklearn.objective import parameters
from traceprop_nb.errors import ConvergenceError, UnsupportedModelError
from traceprop_nb.gradients.linalg import factorise
from traceprop_nb.gradients.progress import silent
from traceprop_nb.unlearning import chord, expansion
from traceprop_nb.unlearning.certified import LIPSCHITZ, Certificate, certificate, certified
from traceprop_nb.unlearning.forget import forget
from traceprop_nb.unlearning.low_rank import downdated, low_rank
from traceprop_nb.unlearning.methods import METHODS, choose
from traceprop_nb.unlearning.newton import newton
from traceprop_nb.unlearning.retrain import retrain
from traceprop_nb.unlearning.unlearner import Task

X, Y, WRONG = poisoned()


@pytest.fixture(scope="module")
def three():
    return fitted(X, Y)


@pytest.fixture(scope="module")
def two():
    return fitted(X, Y == 1)


def task(run, rows, points=33):
    rows = np.unique(np.asarray(rows, np.int64))
    return Task(run, rows, np.setdiff1d(np.arange(run.objective.n), rows), points)


def answer(way):
    return way.path[way.answer]


def retrained(y, rows, **options):
    again = LogisticRegression(solver="newton-cholesky", tol=1e-12, max_iter=1000, **options)
    return parameters(again.fit(np.delete(X, rows, axis=0), np.delete(y, rows)))


REQUESTS = {
    "one row": [7],
    "ten rows": range(40, 50),
    "five percent": range(0, 600, 20),
    "a poisoned source": WRONG,
    "a half": range(300),
    "most": range(500),
}


@pytest.mark.parametrize("rows", REQUESTS.values(), ids=REQUESTS)
@pytest.mark.parametrize("classes", ["two", "three"])
def test_newton_ends_where_scikit_learn_does_on_the_retained_rows(request, classes, rows):
    run, y = request.getfixturevalue(classes), Y == 1 if classes == "two" else Y
    w = answer(newton(task(run, rows), silent))
    gold = retrained(y, list(rows))
    assert np.linalg.norm(w - gold) <= 1e-5 * np.linalg.norm(run.w - gold) + 1e-9


@pytest.mark.parametrize("rows", [[7], [3, 599]], ids=str)
@pytest.mark.parametrize("classes", ["two", "three"])
def test_low_rank_updates_end_there_too(request, classes, rows):
    run = request.getfixturevalue(classes)
    gold = retrained(Y == 1 if classes == "two" else Y, rows)
    w = answer(low_rank(task(run, rows), silent))
    assert np.linalg.norm(w - gold) <= 1e-5 * np.linalg.norm(run.w - gold) + 1e-9


def test_what_the_recorded_training_left_undone_is_part_of_the_first_step():
    rough = fitted(X, Y == 1, LogisticRegression(tol=0.3, solver="lbfgs"))
    rows = np.arange(30)
    gold = retrained(Y == 1, rows)
    assert np.linalg.norm(rough.objective.grad(rough.w)) > 1.0
    w = answer(newton(task(rough, rows), silent))
    assert np.linalg.norm(w - gold) <= 1e-5 * np.linalg.norm(rough.w - gold)


def test_a_slow_chord_gets_a_fresh_curvature_and_says_so(two, monkeypatch):
    assert "computed anew" not in newton(task(two, [3]), silent).note
    monkeypatch.setattr(chord, "PASSES", 1)
    way = newton(task(two, range(300)), silent)
    gold = retrained(Y == 1, list(range(300)))
    assert "computed anew" in way.note
    assert np.linalg.norm(answer(way) - gold) <= 1e-4 * np.linalg.norm(two.w - gold)


def test_the_curvature_of_all_rows_is_computed_once_a_run(two, monkeypatch):
    run, taken = replace(two, name="own"), []
    plain = type(run.objective).gauss_newton

    def counted(objective, w):
        taken.append(objective.n)
        return plain(objective, w)

    monkeypatch.setattr(type(run.objective), "gauss_newton", counted)
    first = newton(task(run, range(10)), silent)
    again = newton(task(run, range(10)), silent)
    assert taken == [600, 10, 10]
    np.testing.assert_array_equal(first.path, again.path)
    assert run in expansion._expansions


def test_classes_that_come_apart_without_the_rows_have_no_optimum():
    x = np.concatenate([np.linspace(-2, -1, 20), np.linspace(1, 2, 20), [1.5, -1.5]])[:, None]
    y = np.repeat([0, 1, 0, 1], [20, 20, 1, 1])
    run = fitted(x, y, LogisticRegression(C=np.inf))
    with pytest.raises(ConvergenceError, match="separable"):
        forget(run, np.array([40, 41]))


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 8), st.integers(1, 4), st.integers(0, 2**16))
def test_downdating_solves_with_the_difference(p, r, seed):
    rng = np.random.default_rng(seed)
    a, u = rng.normal(size=(3 * p, p)), rng.normal(size=(p, r))
    h = a.T @ a + u @ u.T + np.eye(p)
    solve = downdated(factorise(h), u)
    b = rng.normal(size=p)
    np.testing.assert_allclose((h - u @ u.T) @ solve(b), b, atol=1e-7 * np.linalg.norm(h))


def test_downdating_away_a_whole_direction_is_refused():
    u = np.array([[1.0], [0.0]])
    assert downdated(factorise(np.diag([1.0, 2.0])), u) is None


def test_a_parameter_that_only_the_forgotten_row_determines_is_left_to_newton():
    x = np.random.default_rng(0).normal(size=(80, 2))
    x[:, 1] = 0.0
    x[5, 1] = 1.0
    y = (x[:, 0] + np.random.default_rng(1).normal(size=80) > 0).astype(int)
    run = fitted(x, y, LogisticRegression(C=1e9, fit_intercept=False))
    w = answer(low_rank(task(run, [5]), silent))
    gold, _ = retrain(run.objective.restrict(np.delete(np.arange(80), 5)), run.w)
    assert w[0] == pytest.approx(gold[0], rel=1e-4)


def test_low_rank_is_refused_for_many_rows_and_for_other_models(two):
    with pytest.raises(UnsupportedModelError, match=r"500 rows change 500 directions of 7"):
        low_rank(task(two, range(500)), silent)
    with pytest.raises(UnsupportedModelError, match="need a linear model"):
        low_rank(task(torch_network(), [0]), silent)


# -- the choice ------------------------------------------------------------------------------------


def test_auto_takes_low_rank_for_few_rows_and_newton_for_many(two):
    assert choose(two, np.array([3]))[0] == "low-rank"
    assert choose(two, np.arange(30))[0] == "newton"
    assert choose(torch_linear(), np.array([1]))[0] == "newton"
    done = forget(two, np.array([3]))
    assert (done.method, "1 of 600 rows" in done.why) == ("low-rank", True)
    asked = forget(two, np.array([3]), method="newton")
    assert (asked.method, asked.why) == ("newton", "")
    np.testing.assert_allclose(done.w, asked.w, atol=1e-8)


@pytest.mark.parametrize("name", ["newton", "low-rank", "certified"])
def test_a_method_for_convex_models_refuses_another(name):
    with pytest.raises(UnsupportedModelError, match=r"linear model"):
        METHODS[name](task(drawn(X, Y), [0]), silent)


# -- certified removal -----------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 40), st.floats(-2, 2), st.integers(0, 2**16))
def test_the_slope_that_a_step_leaves_is_within_its_bound(rows, strength, seed):
    rng = np.random.default_rng(seed)
    x, scale = rng.normal(size=(80, 3)), 10.0**strength
    y = np.arange(80) % 2
    run = fitted(x, y, LogisticRegression(C=scale))
    one = task(run, rng.choice(80, rows, replace=False))
    way = certified(one, silent)
    found = certificate(one, answer(way) - run.w)
    assert found.residual <= found.bound * (1 + 1e-9) + 1e-12


def test_the_bound_is_of_the_size_of_what_is_left(two):
    one = task(two, range(60))
    found = certificate(one, answer(certified(one, silent)) - two.w)
    assert 0 < found.residual <= found.bound <= 1000 * found.residual


def test_the_logistic_loss_bends_no_faster_than_the_constant():
    z = np.linspace(-8, 8, 20_001)
    q = 1 / (1 + np.exp(-z))
    slopes = np.abs(q * (1 - q) * (1 - 2 * q))
    assert slopes.max() == pytest.approx(LIPSCHITZ, rel=1e-6)


def test_epsilon_and_sigma_are_two_sides_of_one_bound():
    found = Certificate(bound=0.3, residual=0.1, strict=True)
    assert found.epsilon(found.sigma(0.7, 1e-4), 1e-4) == pytest.approx(0.7)
    assert found.sigma(1.0, 1e-5) == pytest.approx(0.3 * np.sqrt(2 * np.log(1.5e5)))


def test_no_certificate_is_claimed_for_a_run_without_a_perturbation(two):
    done = forget(two, np.arange(5), method="certified", gold=1)
    assert "no certificate follows" in done.note
    assert "nor is every parameter penalised" in done.note
    bare = fitted(X, Y == 1, LogisticRegression(fit_intercept=False))
    assert "nor is every" not in forget(bare, np.arange(5), method="certified").note
    assert done.steps == 1


def test_certified_removal_is_refused_where_it_is_not_stated(three):
    with pytest.raises(UnsupportedModelError, match="linear models with one output"):
        forget(three, np.arange(5), method="certified")
    free = fitted(X, Y == 1, LogisticRegression(C=np.inf))
    with pytest.raises(UnsupportedModelError, match="has no penalty; train with a finite C"):
        forget(free, np.arange(5), method="certified")
