"""Solving with curvatures, and the estimates that agree where the curvature is known exactly."""

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st

from tests.conformance.conftest import fitted, table
from traceprop_nb.attribution.damping import SHARE, damping_for, probed_damping
from traceprop_nb.attribution.influence import influence
from traceprop_nb.attribution.trak import trak
from traceprop_nb.errors import ConvergenceError
from traceprop_nb.gradients.linalg import conjugate_gradient, factorise


def positive(seed, p, flat):
    """A random positive semi-definite matrix with that many flat directions, and these."""
    rng = np.random.default_rng(seed)
    basis, _ = np.linalg.qr(rng.normal(size=(p, p)))
    values = np.concatenate([np.zeros(flat), rng.uniform(0.5, 2.0, p - flat)])
    return (basis * values) @ basis.T, basis[:, :flat].T


@given(st.integers(0, 2**16), st.integers(2, 8), st.integers(0, 2), st.booleans())
@settings(deadline=None)
@example(seed=9973, p=6, flat=1, known=False)  # its smallest pivot is 1e5 times its eigenvalue
def test_a_solution_is_that_of_the_pseudo_inverse_whether_flatness_is_known_or_found(
    seed, p, flat, known
):
    h, directions = positive(seed, p, min(flat, p - 1))
    b = np.random.default_rng(seed).normal(size=(p, 3))
    factor = factorise(h, directions if known else None)
    np.testing.assert_allclose(factor.solve(b), np.linalg.pinv(h, rcond=1e-10) @ b, atol=1e-9)
    np.testing.assert_allclose(factor.solve(b[:, 0]), factor.solve(b)[:, 0], atol=1e-12)
    assert factor.rank == p - min(flat, p - 1)


def test_a_matrix_that_bends_down_is_an_error():
    with pytest.raises(ConvergenceError, match="not at a minimum; train longer"):
        factorise(np.diag([1.0, -0.5]))


@given(st.integers(0, 2**16), st.integers(1, 8))
@settings(deadline=None)
def test_conjugate_gradients_reach_the_residual_they_promise(seed, p):
    h, _ = positive(seed, p, 0)
    b = np.random.default_rng(seed).normal(size=p)
    x = conjugate_gradient(lambda v: h @ v, b, rtol=1e-8, max_steps=100)
    assert np.linalg.norm(h @ x - b) <= 1e-7 * np.linalg.norm(b)


def test_conjugate_gradients_of_nothing_are_nothing():
    x = conjugate_gradient(lambda v: v, np.zeros(3), rtol=1e-8, max_steps=5)
    np.testing.assert_array_equal(x, 0.0)


@pytest.mark.parametrize("values", [[1.0, -1.0], [0.0, 0.0]])
def test_conjugate_gradients_say_so_where_there_is_no_inverse(values):
    h = np.diag(values)
    with pytest.raises(ConvergenceError, match="raise damping= or rtol="):
        conjugate_gradient(lambda v: h @ v, np.ones(2), rtol=1e-8, max_steps=50)


def test_conjugate_gradients_say_how_far_they_came():
    h = np.diag(np.logspace(0, 6, 40))
    with pytest.raises(ConvergenceError, match=r"residual .*, above 1\.0e-10"):
        conjugate_gradient(lambda v: h @ v, np.ones(40), rtol=1e-10, max_steps=5)


def test_trak_without_projection_and_damping_is_influence_where_nothing_is_penalised():
    # The weights p (1 - p) make TRAK's Gram matrix the Hessian of a binary model.
    run = fitted(2, C=np.inf)
    X, y = table(2)
    query = run.query(X[:8], y[:8])
    want = influence(run, query).scores
    np.testing.assert_allclose(trak(run, query, damping=0.0).scores, want, rtol=1e-6)


def test_damping_is_a_share_of_the_mean_eigenvalue_however_it_is_found():
    run = fitted(3)
    matrix = run.objective.gauss_newton(run.w)
    damping, why = damping_for(matrix)
    assert damping == pytest.approx(SHARE * np.linalg.eigvalsh(matrix).mean())
    assert "mean eigenvalue" in why
    probed = [probed_damping(run.objective, run.w, seed=seed)[0] for seed in range(200)]
    assert np.mean(probed) == pytest.approx(damping, rel=0.05)
    assert damping_for(4 * matrix)[0] == pytest.approx(4 * damping)
