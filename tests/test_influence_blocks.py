"""The building blocks of new methods, on runs of every kind, against their definitions."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from tests.conformance.conftest import (
    fitted,
    multinomial_unpenalised,
    torch_linear,
    torch_network_weighted,
    torch_regression,
)
from tests.drawn_runs import Opaque
from traceprop_nb.attribution.arnoldi import arnoldi
from traceprop_nb.attribution.curvature import hvp, ihvp, per_example_grads
from traceprop_nb.attribution.damping import damping_for
from traceprop_nb.attribution.influence import influence
from traceprop_nb.attribution.lissa import lissa
from traceprop_nb.attribution.nystrom import nystrom
from traceprop_nb.attribution.representer import representer
from traceprop_nb.errors import (
    ConvergenceError,
    NotFiniteError,
    OptionError,
    ShapeError,
    UnknownNameError,
    UnsupportedModelError,
)
from traceprop_nb.gradients.objective import all_rows
from traceprop_nb.gradients.optimum import newton
from traceprop_nb.gradients.solvers.solve import SOLVERS

MAKERS = [lambda: fitted(3), torch_linear, torch_network_weighted, torch_regression]


@pytest.fixture(scope="module", params=MAKERS, ids=["sklearn", "linear", "network", "regression"])
def run(request):
    return request.param()


@pytest.fixture(scope="module")
def network():
    return torch_network_weighted()


def vectors(run, m=3):
    return np.random.default_rng(0).normal(size=(m, run.objective.p))


def test_products_are_those_of_the_gauss_newton_matrix_or_of_the_slope_of_the_gradient(run):
    V = vectors(run)
    want = V @ run.objective.gauss_newton(run.w)
    np.testing.assert_allclose(hvp(run, V), want, atol=1e-8 * np.abs(want).max())
    grad, h = run.objective.grad, 1e-5
    slopes = np.array([(grad(run.w + h * v) - grad(run.w - h * v)) / (2 * h) for v in V])
    bent = hvp(run, V, curvature="hessian")
    np.testing.assert_allclose(bent, slopes, atol=1e-5 * np.abs(slopes).max())
    assert hvp(run, V[0]).shape == (run.objective.p,)


@pytest.mark.parametrize("small", [0, 512], ids=["by product", "by matrix"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_every_solver_undoes_the_product(run, solver, small, monkeypatch):
    monkeypatch.setattr("traceprop_nb.attribution.curvature.SMALL", small)
    V = vectors(run)
    got = ihvp(run, V, solver=solver, damping=0.5, max_steps=5000)
    assert got.code == "converged", got
    assert got.solver == solver
    back = hvp(run, got.x) + 0.5 * got.x
    off = np.linalg.norm(back - V, axis=1) / np.linalg.norm(V, axis=1)
    np.testing.assert_allclose(off, got.residual, atol=1e-9)
    assert (off <= 1e-4).all()


def test_damping_is_automatic_and_said(run, network):
    got = ihvp(network, vectors(network))
    want, why = damping_for(network.objective.gauss_newton(network.w))
    assert got.damping == pytest.approx(want)
    assert got.note == why
    probed = ihvp(network, vectors(network), solver="cg")
    assert 0.3 * want < probed.damping < 3 * want
    assert "mean eigenvalue" in probed.note
    convex = ihvp(fitted(3), vectors(fitted(3)))
    assert convex.damping == 0.0
    assert "convex" in convex.note
    assert ihvp(run, vectors(run), damping=2.0).damping == 2.0


def test_gradients_are_those_of_the_training_rows_or_of_others(run):
    own = per_example_grads(run)
    every = all_rows(run.objective)
    np.testing.assert_array_equal(own, run.objective.per_example_grad(run.w, every))
    part = per_example_grads(run, run.objective.restrict(every[:5]))
    np.testing.assert_allclose(part, own[:5], atol=1e-12)


def test_the_hessian_of_an_unfinished_network_is_named_indefinite(network):
    V, away = vectors(network), network.w + 3.0 * vectors(network, 1)[0]
    raw = replace(network, w=away)
    smallest = np.linalg.eigvalsh(hvp(raw, np.eye(raw.objective.p), curvature="hessian"))[0]
    assert smallest < -0.1
    got = ihvp(raw, V, solver="explicit", curvature="hessian", damping=0.0)
    assert set(got.codes) == {"indefinite"}
    assert np.isnan(got.x).all()
    with pytest.raises(ConvergenceError, match="use curvature='gauss-newton'"):
        got.require()
    damped = ihvp(raw, V, solver="explicit", curvature="hessian", damping=1.0 - 2 * smallest)
    np.testing.assert_array_equal(damped.require(), damped.x)


def test_gradients_of_a_model_with_flat_directions_are_solved_and_other_vectors_are_named():
    run = multinomial_unpenalised()
    for solver in ("explicit", "cg", "nystrom"):
        assert ihvp(run, per_example_grads(run)[:4], solver=solver).code == "converged"
        got = ihvp(run, np.ones((1, run.objective.p)), solver=solver)
        assert got.code == "singular"
        assert "pass damping= above 0" in got.code.remedy


def test_a_model_without_a_gauss_newton_product_has_a_hessian():
    plain = fitted(2)
    run = replace(plain, objective=Opaque(plain.objective))
    with pytest.raises(UnsupportedModelError, match="use curvature='hessian'"):
        ihvp(run, vectors(run))
    for solver, took in (("auto", "cg"), ("explicit", "explicit")):
        got = ihvp(run, vectors(run), curvature="hessian", damping=0.0, solver=solver)
        assert got.solver == took
        want = np.linalg.solve(plain.objective.gauss_newton(plain.w), vectors(run).T).T
        np.testing.assert_allclose(got.x, want, rtol=1e-2, atol=1e-3)
    assert ihvp(run, vectors(run), curvature="hessian").damping > 0.0


def test_what_cannot_be_asked_says_what_can(network):
    V = vectors(network)
    with pytest.raises(ShapeError, match=r"V has shape \(3, 2\)"):
        hvp(network, V[:, :2])
    V[1, 2] = np.nan
    with pytest.raises(NotFiniteError, match="V has nan at row 1, column 2"):
        ihvp(network, V)
    for options, match in (
        ({"damping": -1.0}, "would not damp"), ({"rtol": 0.0}, "solve nothing"),
        ({"rank": 0}, "solve nothing"), ({"max_steps": -1}, "solve nothing"),
    ):  # fmt: skip
        with pytest.raises(OptionError, match=match):
            ihvp(network, vectors(network), **options)
    with pytest.raises(UnknownNameError, match="did you mean 'lissa'"):
        ihvp(network, vectors(network), solver="lisa")
    with pytest.raises(UnknownNameError, match="did you mean 'hessian'"):
        hvp(network, vectors(network), curvature="hesian")


def test_a_matrix_too_large_to_form_is_refused_and_not_tried(network, monkeypatch):
    monkeypatch.setattr("traceprop_nb.attribution.curvature.LIMIT", 10)
    with pytest.raises(UnsupportedModelError, match="use solver='cg' or 'nystrom'"):
        ihvp(network, vectors(network), solver="explicit")
    assert ihvp(network, vectors(network)).solver == "cg"


@pytest.mark.parametrize("method", [lissa, arnoldi, nystrom])
def test_scores_of_an_unfinished_solve_rank_and_say_what_to_raise(network, method):
    query = network.objective.restrict(all_rows(network.objective)[:5])
    few = {"rank": 3} if method is not lissa else {}
    few |= {"max_steps": 2} if method is not arnoldi else {}
    got = method(network, query, damping=1e-4, **few)
    assert got.estimand == "damped_step"
    assert "ranks rows: relative residuals are up to" in got.note
    assert "raise max_steps=, rank=" in got.note
    enough = {"rank": network.objective.p} if method is not lissa else {"max_steps": 20_000}
    done = method(network, query, damping=0.05, **enough)
    want = influence(network, query, damping=0.05).scores
    assert done.estimand == "leave_one_out"
    np.testing.assert_allclose(done.scores, want, atol=1e-3 * np.abs(want).max())


def test_the_parts_of_all_rows_are_the_penalised_weights():
    plain = fitted(3)
    risk = replace(plain.objective, penalty=3.0 * plain.objective.penalty)
    run = replace(plain, objective=risk, w=newton(risk, plain.w).w)
    query = run.objective.restrict(all_rows(run.objective)[:5])
    got = representer(run, query)
    free = run.objective.penalty == 0.0
    want = -per_example_grads(run, query)[:, ~free] @ run.w[~free]
    np.testing.assert_allclose(got.scores.sum(axis=1), want, atol=1e-6)
    assert "3 parameters without a penalty are left out" in got.note


def test_the_distance_from_the_minimum_is_told():
    run = fitted(3)
    query = run.objective.restrict(all_rows(run.objective)[:1])

    def told(of):
        return float(re.search(r"miss (\S+) of the weights", representer(of, query).note)[1])

    assert told(run) < 1e-6
    near, far = (told(replace(run, w=run.w * scale)) for scale in (1.1, 3.0))
    assert 0.05 < near < far


def test_representer_points_name_what_they_need(network):
    query = network.objective.restrict(all_rows(network.objective)[:1])
    for run in (network, multinomial_unpenalised()):
        with pytest.raises(UnsupportedModelError, match="linear model with an L2 penalty"):
            representer(run, query)
