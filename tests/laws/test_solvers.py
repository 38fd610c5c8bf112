"""What every solver owes: the dense answer within the residual it states, and no false word."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from traceprop_nb.errors import ConvergenceError, UnknownNameError
from traceprop_nb.gradients.solvers import solve as judge
from traceprop_nb.gradients.solvers.lissa import POWER_STEPS, largest_eigenvalue
from traceprop_nb.gradients.solvers.solution import Attempt, Code
from traceprop_nb.gradients.solvers.solve import SOLVERS, solve
from traceprop_nb.gradients.solvers.system import Limits, System

ITERATIVE = [name for name in SOLVERS if name != "explicit"]
solver = pytest.mark.parametrize("solver", SOLVERS)
iterative = pytest.mark.parametrize("solver", ITERATIVE)


def spread(values, seed=0):
    """A symmetric matrix with these eigenvalues, in a random basis."""
    basis, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(len(values), len(values))))
    return (basis * np.asarray(values, dtype=float)) @ basis.T


def system(h, damping=0.0, formed=True):
    return System(len(h), lambda v: h @ v, damping, (lambda: h) if formed else None)


def right(m, p, seed=1):
    return np.random.default_rng(seed).normal(size=(m, p))


@solver
@given(
    st.integers(0, 2**16), st.integers(1, 12), st.integers(0, 3), st.floats(0.0, 3.0),
    st.sampled_from([1e-3, 1.0, 1e5]), st.floats(0.0, 2.0),
)  # fmt: skip
@settings(deadline=None, max_examples=40)
def test_an_answer_is_as_near_to_the_dense_one_as_its_residual_says(
    solver, seed, p, m, decades, unit, damping
):
    h = unit * spread(np.logspace(0, -decades, p), seed)
    at = h + unit * damping * np.eye(p)
    B = right(m, p, seed)
    got = solve(system(h, unit * damping), B, solver=solver, limits=Limits(1e-6, 20_000, 100))
    assert got.x.shape == (m, p)
    assert got.code is Code.CONVERGED
    assert set(got.codes) <= {"converged"}
    dense = np.linalg.solve(at, B.T).T
    smallest = np.linalg.eigvalsh(at)[0]
    for x, want, b, residual in zip(got.x, dense, B, got.residual, strict=True):
        assert residual <= 1e-6
        assert residual == pytest.approx(np.linalg.norm(at @ x - b) / np.linalg.norm(b), abs=1e-9)
        off = np.linalg.norm(x - want)
        assert off <= (residual + 1e-12) * np.linalg.norm(b) / smallest * (1 + 1e-6)


@iterative
@given(st.integers(0, 2**16), st.integers(2, 30), st.integers(0, 12), st.integers(1, 10))
@settings(deadline=None, max_examples=40)
def test_what_is_not_solved_is_never_called_converged_whatever_the_limits(
    solver, seed, p, steps, rank
):
    h = spread(np.logspace(-5, 0, p), seed)
    B = right(3, p, seed)
    got = solve(system(h), B, solver=solver, limits=Limits(1e-6, steps, rank))
    left = np.linalg.norm(got.x @ h - B, axis=1) / np.linalg.norm(B, axis=1)
    for code, truly in zip(got.codes, left, strict=True):
        assert (code == "converged") == (truly <= 1e-6) or abs(truly - 1e-6) < 1e-9
    np.testing.assert_allclose(got.residual, left, rtol=1e-6, atol=1e-9)


def test_a_solver_that_lies_is_not_believed(monkeypatch):
    def liar(system, B, limits):
        return Attempt(B.copy(), np.ones(len(B), dtype=np.int64), (Code.CONVERGED,) * len(B))

    monkeypatch.setitem(judge.SOLVERS, "cg", liar)
    got = solve(system(np.diag([1.0, 5.0])), np.eye(2), solver="cg")
    assert got.codes == ("converged", "singular"), "the first happens to be right"
    assert got.residual[1] == pytest.approx(4.0)


@solver
def test_answers_do_not_depend_on_the_other_right_hand_sides(solver):
    h, B = spread(np.logspace(-3, 0, 40)), right(5, 40)
    limits = Limits(1e-5, 50, 20)
    together = solve(system(h, 0.01), B, solver=solver, limits=limits)
    alone = solve(system(h, 0.01), B[2:3], solver=solver, limits=limits)
    np.testing.assert_allclose(alone.x[0], together.x[2], rtol=1e-9, atol=1e-12)
    assert alone.codes[0] == together.codes[2]


@solver
def test_no_right_hand_side_and_a_right_hand_side_of_zeros_are_solved(solver):
    h = spread([1.0, 2.0, 3.0])
    assert solve(system(h), np.empty((0, 3)), solver=solver).code == "converged"
    got = solve(system(h), np.zeros((1, 3)), solver=solver)
    assert got.code == "converged"
    np.testing.assert_array_equal(got.x, 0.0)


@solver
def test_a_matrix_that_bends_down_is_named_where_it_is_not_solved(solver):
    h = spread([3.0, 2.0, 1.0, -2.0])
    got = solve(system(h), right(4, 4), solver=solver)
    wrong = [c for c in got.codes if c != "converged"]
    assert wrong
    assert set(wrong) == {"indefinite"}
    with pytest.raises(ConvergenceError, match=r"negative along a direction.*raise damping="):
        got.require()


@solver
def test_a_part_along_which_the_matrix_is_flat_is_named(solver):
    h = np.diag([2.0, 1.0, 0.0])
    got = solve(system(h), np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), solver=solver)
    assert got.codes[0] == "converged"
    np.testing.assert_allclose(got.x[0], [0.5, 1.0, 0.0], atol=1e-3)
    assert got.codes[1] in ("singular", "budget"), "a series cannot see that it stands still"
    assert got.residual[1] > 0.5


@iterative
def test_too_small_a_budget_is_named_with_what_to_raise(solver):
    h = spread(np.logspace(-6, 0, 60))
    got = solve(system(h), right(2, 60), solver=solver, limits=Limits(1e-8, 3, 5))
    assert set(got.codes) == {"budget"}
    assert (got.steps <= 3).all()
    with pytest.raises(ConvergenceError, match=r"side 0 .*\(budget\).*raise max_steps=, rank="):
        got.require()
    assert "budget" in repr(got)


@solver
def test_what_is_not_finite_has_diverged_and_is_no_answer(solver):
    nan = System(2, lambda v: np.full(2, np.nan), 0.0, lambda: np.full((2, 2), np.nan))
    got = solve(nan, np.ones((1, 2)), solver=solver)
    assert got.code == "diverged"
    assert got.residual[0] == np.inf


@solver
def test_a_matrix_that_is_only_known_by_its_products_is_solved_the_same(solver):
    h, B = spread([0.5, 1.0, 2.0, 4.0]), right(2, 4)
    by_product = solve(system(h, formed=False), B, solver=solver, limits=Limits(1e-9))
    np.testing.assert_allclose(by_product.x, np.linalg.solve(h, B.T).T, atol=1e-7)


@given(st.integers(0, 2**16), st.integers(1, 40), st.floats(0.0, 8.0))
@settings(deadline=None)
def test_power_iteration_finds_enough_of_the_largest_eigenvalue(seed, p, decades):
    h = spread(np.logspace(0, -decades, p), seed)
    found = largest_eigenvalue(lambda v: h @ v, p, seed=seed)
    assert 0.5 < found <= 1.0 + 1e-9, f"{POWER_STEPS} steps are too few"


def test_the_series_recovers_from_a_scale_that_is_far_too_small(monkeypatch):
    # Power iteration that starts across the largest eigenvector is the worst that can happen.
    monkeypatch.setattr(
        "traceprop_nb.gradients.solvers.lissa.largest_eigenvalue", lambda *_, **__: 0.01
    )
    h, B = spread([1.0, 0.5, 0.25]), right(2, 3)
    got = solve(system(h), B, solver="lissa", limits=Limits(1e-6, 2000))
    assert got.code == "converged"
    np.testing.assert_allclose(got.x, np.linalg.solve(h, B.T).T, atol=1e-4)


def test_nystrom_needs_fewer_steps_than_conjugate_gradients_alone():
    h = spread([*np.logspace(0, 4, 30), *np.full(170, 1e-3)])
    B = right(3, 200)
    limits = Limits(1e-8, 1000, 60)
    plain, helped = (solve(system(h, 1e-2), B, solver=s, limits=limits) for s in ("cg", "nystrom"))
    assert helped.code == plain.code == "converged"
    assert helped.steps.max() * 3 < plain.steps.min()


def test_a_low_rank_answer_is_had_without_steps_and_says_how_good_it_is():
    h = spread([*np.logspace(1, 3, 10), *np.full(90, 1e-6)])
    got = solve(system(h, 1.0), right(2, 100), solver="nystrom", limits=Limits(1e-4, 0, 30))
    assert (got.steps == 0).all()
    assert (got.residual < 0.01).all()


def test_arnoldi_goes_on_where_its_space_is_closed():
    h = np.diag([3.0, 3.0, 1.0, 1.0, 1.0])  # a Krylov space of it has two dimensions
    B = right(3, 5)
    got = solve(system(h), B, solver="arnoldi", limits=Limits(1e-10))
    assert got.code == "converged"
    np.testing.assert_allclose(got.x, B / np.diag(h), atol=1e-9)


def test_an_unknown_solver_is_an_error_with_the_nearest_name():
    with pytest.raises(UnknownNameError, match="did you mean 'nystrom'"):
        solve(system(np.eye(2)), np.eye(2), solver="nystroem")


def test_every_code_says_its_cause_and_its_remedy():
    assert all(code.cause and code.remedy and code == code.value for code in Code)
