"""Laws of the sparse sign sketch."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from traceprop_nb.errors import OptionError
from traceprop_nb.gradients.projection import sign_sketch

sizes = st.integers(1, 60)
seeds = st.integers(0, 2**16)


def matrix_of(project, p):
    return project(np.eye(p))


@given(sizes, sizes, seeds)
def test_it_never_expands(p, k, seed):
    project = sign_sketch(p, k, seed=seed)
    assert project.k == min(p, k)
    assert project(np.ones((3, p))).shape == (3, min(p, k))


@given(sizes, seeds)
def test_with_room_for_all_it_is_the_identity(p, seed):
    g = np.random.default_rng(seed).normal(size=(2, p))
    np.testing.assert_array_equal(sign_sketch(p, p, seed=seed)(g), g)


@given(sizes, sizes, seeds)
def test_it_is_linear(p, k, seed):
    g = np.random.default_rng(seed).normal(size=(3, p))
    project = sign_sketch(p, k, seed=seed)
    np.testing.assert_allclose(project(g), g @ matrix_of(project, p), atol=1e-12)


@given(sizes, sizes, seeds)
def test_every_coordinate_goes_into_one_bucket_with_a_sign(p, k, seed):
    matrix = matrix_of(sign_sketch(p, k, seed=seed), p)
    assert (np.count_nonzero(matrix, axis=1) == 1).all()
    assert set(np.unique(matrix)) <= {-1.0, 0.0, 1.0}
    counts = np.count_nonzero(matrix, axis=0)
    assert counts.max() - counts.min() <= 1


@given(sizes, sizes, seeds)
def test_the_same_seed_gives_the_same_projection(p, k, seed):
    g = np.random.default_rng(1).normal(size=(1, p))
    np.testing.assert_array_equal(sign_sketch(p, k, seed=seed)(g), sign_sketch(p, k, seed=seed)(g))


def test_inner_products_are_kept_on_average_within_the_stated_spread():
    rng = np.random.default_rng(0)
    p, k, trials = 200, 20, 2000
    g, h = rng.normal(size=(2, p))
    kept = []
    for seed in range(trials):
        a, b = sign_sketch(p, k, seed=seed)(np.stack([g, h]))
        kept.append(a @ b)
    bound = 2 * (g @ g) * (h @ h) / k
    assert abs(np.mean(kept) - g @ h) < 5 * np.sqrt(bound / trials)  # five standard errors
    assert np.var(kept) < bound


def test_a_projection_to_nothing_is_an_error():
    with pytest.raises(OptionError, match="pass at least 1"):
        sign_sketch(5, 0, seed=0)
