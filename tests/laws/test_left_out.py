"""Leaving rows out of a quadratic risk: there every Newton step is exact, wherever it starts."""

import numpy as np
from hypothesis import given, settings, strategies as st

from traceprop_nb.attribution import left_out
from traceprop_nb.attribution.left_out import leave_each_out
from traceprop_nb.gradients.linear import LinearRisk
from traceprop_nb.gradients.optimum import newton


class Gaussian:
    """Half the squared distance to K targets under a matrix: a loss with constant curvature."""

    def __init__(self, K):
        root = np.random.default_rng(K).normal(size=(K, K))
        self.C = root @ root.T + np.eye(K)

    def loss(self, z, t):
        gap = z - t[..., None]
        return 0.5 * np.einsum("...a,ab,...b->...", gap, self.C, gap)

    def residual(self, z, t):
        return (z - t[..., None]) @ self.C

    def curvature(self, z):
        return np.broadcast_to(self.C, (*z.shape, self.C.shape[0]))


def problem(seed, n, d, K):
    rng = np.random.default_rng(seed)
    design, target = rng.normal(size=(n, d)), rng.integers(0, 3, n)
    weights, penalty = rng.uniform(0.2, 3.0, n), rng.uniform(0.1, 1.0, K * d)
    return LinearRisk(Gaussian(K), design, target, weights, penalty, K, encoder=None)


def without_each(risk, w):
    rows = np.arange(risk.n)
    return np.array([newton(risk.restrict(rows[rows != i]), w).w for i in rows])


def moved(risk, w, left, inverse):
    pushes = (left.push[:, :, None] * risk.design[:, None, :]).reshape(risk.n, -1)
    out = w + pushes @ inverse
    out[left.refined] += left.more
    return out


sizes = (st.integers(0, 2**16), st.integers(2, 7), st.integers(1, 3), st.integers(1, 3))


@given(*sizes)
@settings(deadline=None)
def test_the_first_step_alone_is_exact(seed, n, d, K):
    risk = problem(seed, n, d, K)
    w = newton(risk, np.zeros(risk.p)).w
    inverse = np.linalg.inv(risk.gauss_newton(w))
    with_budget(0, lambda: check(risk, w, inverse))


@given(*sizes)
@settings(deadline=None)
def test_a_further_step_is_exact_from_anywhere(seed, n, d, K):
    risk = problem(seed, n, d, K)
    w = np.random.default_rng(seed).normal(size=risk.p)
    inverse = np.linalg.inv(risk.gauss_newton(w))
    with_budget(10**9, lambda: check(risk, w, inverse))


def with_budget(budget, act):
    before = left_out.BUDGET
    left_out.BUDGET = budget
    try:
        act()
    finally:
        left_out.BUDGET = before


def check(risk, w, inverse):
    left = leave_each_out(risk, w, inverse)
    assert left.pinned == 0
    assert len(left.refined) == (0 if left_out.BUDGET == 0 else risk.n)
    np.testing.assert_allclose(
        moved(risk, w, left, inverse), without_each(risk, w), atol=1e-6, rtol=1e-6
    )
