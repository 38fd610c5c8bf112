"""A JAX training, repeated by the function that the user named."""

import numpy as np
import pandas as pd
import pytest

from tests import jax_parts as parts
from tests.jax_parts import X, recorded, y
from tests.test_training_jax import NAN, PARAMS
from traceprop_nb.adapters.jax.tree import parameters
from traceprop_nb.errors import ConvergenceError, UnsupportedModelError
from traceprop_nb.gradients.progress import silent


@pytest.fixture(scope="module")
def run():
    return recorded(PARAMS, fit=parts.fit)


def test_seed_0_repeats_the_fit_on_the_kept_rows_and_another_seed_does_not(run):
    keep, told = np.arange(5, 40), []
    again = run.recipe.train(np.arange(40), 0, told.append)
    np.testing.assert_array_equal(again.w, run.w)
    assert told == [0.0, 1.0]
    less = run.recipe.train(keep, 0, silent)
    np.testing.assert_array_equal(less.w, parameters(parts.fit(X[keep], y[keep], 0)))
    assert less.objective.n == 40
    assert np.abs(run.recipe.train(keep, 1, silent).w - less.w).max() > 0.1
    assert run.recipe.seeds
    assert run.recorded["recipe"] == "fit(X, y, seed)"


def test_a_repetition_leaves_the_random_streams_and_the_rows_as_they_are():
    mine = X.copy()

    def careless(rows, labels, seed):
        np.random.seed(seed)  # noqa: NPY002  # the global stream is what is tested
        rows *= 0
        return parts.start(np.random.randint(9))  # noqa: NPY002  # the global stream is what is tested

    got = recorded(PARAMS, X=mine, fit=careless)
    np.random.seed(5)  # noqa: NPY002  # the global stream is what is tested
    wanted = np.random.random()  # noqa: NPY002  # the global stream is what is tested
    np.random.seed(5)  # noqa: NPY002  # the global stream is what is tested
    got.recipe.train(np.arange(40), 0, silent)
    assert np.random.random() == wanted  # noqa: NPY002  # the global stream is what is tested
    np.testing.assert_array_equal(mine, X)
    np.testing.assert_array_equal(got.recipe.X, X)


def test_a_repetition_that_fails_says_how():
    def diverging(rows, labels, seed):
        return NAN

    def smaller(rows, labels, seed):
        return PARAMS[:2]

    with pytest.raises(ConvergenceError, match="fit with seed 3: 1 of 5 parameters"):
        recorded(PARAMS, fit=diverging).recipe.train(np.arange(9), 3, silent)
    with pytest.raises(UnsupportedModelError, match="fit returned 25 parameters"):
        recorded(PARAMS, fit=smaller).recipe.train(np.arange(9), 0, silent)


def test_a_recipe_for_a_frame_takes_rows_by_place():
    frame = pd.DataFrame(X, index=np.arange(40)[::-1])
    seen = []

    def fit(rows, labels, seed):
        seen.append((rows, labels))
        return parts.start()

    recorded(PARAMS, X=frame, y=pd.Series(y), fit=fit).recipe.train(np.array([2, 5]), 0, silent)
    [(rows, labels)] = seen
    np.testing.assert_array_equal(rows.to_numpy(), X[[2, 5]])
    np.testing.assert_array_equal(labels, y[[2, 5]])


def test_without_a_fit_the_run_says_why_it_cannot_be_repeated():
    got = recorded(PARAMS)
    assert got.recipe is None
    assert "--fit" in got.recorded["recipe"]


def test_gradients_drive_a_descent_that_forgets_and_stays_near(run):
    objective, w = run.objective, run.w.copy()
    forget, retain = np.arange(4), np.arange(4, 40)
    for _ in range(40):
        near = objective.divergence_grad(w, run.w, retain) / len(retain)
        w -= 0.1 * (near - objective.loss_grad(w, forget) / len(forget))
    rise = objective.loss(w, forget).mean() - objective.loss(run.w, forget).mean()
    moved = objective.loss(w, retain).mean() - objective.loss(run.w, retain).mean()
    assert rise > 0.2
    assert rise > 3 * moved
