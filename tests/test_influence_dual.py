"""The engine for many parameters: the same influence as by the explicit matrix."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from tests.conformance.conftest import (
    binary_weighted,
    fitted,
    looped,
    made,
    multinomial,
    table,
    torch_binary,
    torch_network,
    torch_network_weighted,
    torch_probabilities,
    torch_regression,
)
from tests.conformance.test_objective import rows_of
from tests.test_influence_kronecker import KNOWN
from traceprop_nb.attribution import dual, influence as explicit, methods
from traceprop_nb.attribution.cg import cg
from traceprop_nb.attribution.influence import influence
from traceprop_nb.attribution.methods import attribute, choose
from traceprop_nb.errors import ConvergenceError, OptionError, UnsupportedModelError
from traceprop_nb.gradients import ghost
from traceprop_nb.gradients.objective import all_rows

MODELS = [
    torch_network, torch_network_weighted, torch_binary, torch_probabilities, torch_regression,
    binary_weighted, multinomial,
]  # fmt: skip


def several_positions(name):
    def make():
        return looped(KNOWN[name], nn.CrossEntropyLoss(), table(3)[1])

    make.__name__ = name
    return make


ALL = [*MODELS, *map(several_positions, ("positions", "twice", "convolution", "frozen weight"))]


@pytest.fixture(params=ALL, ids=lambda make: make.__name__)
def run(request):
    return made(request.param)


def asked(run, rows=slice(0, 6)):
    X, labels = rows_of(run)
    return run.query(X[rows], labels[rows])


def few_parameters(monkeypatch):
    """The explicit matrix is out of reach from here on."""
    for module in (explicit, methods):
        monkeypatch.setattr(module, "LIMIT", 3)


def test_inner_products_are_those_of_the_formed_gradients(run, monkeypatch):
    objective, w, rows = run.objective, run.w, all_rows(run.objective)
    g = objective.per_example_grad(w, rows)
    of = ghost.of_losses(objective, w, rows)
    want = g @ g.T
    np.testing.assert_allclose(ghost.products(of, of), want, atol=1e-10 * np.abs(want).max())
    np.testing.assert_allclose(of.squares()[:, 0], np.diag(want), rtol=1e-9, atol=1e-15)
    for name in ("BLOCK", "BUDGET"):
        monkeypatch.setattr(ghost, name, 7)
    np.testing.assert_allclose(ghost.products(of, of), want, atol=1e-10 * np.abs(want).max())
    lower = ghost.kernel(of)
    np.testing.assert_allclose(np.tril(lower), np.tril(want), atol=1e-10 * np.abs(want).max())


def test_the_curvatures_gradients_are_whole(run):
    objective, w, rows = run.objective, run.w, all_rows(run.objective)
    of = ghost.of_curvature(objective, w, rows).weighted(np.sqrt(objective.weights))
    bare = replace(objective, penalty=np.zeros(objective.p)).gauss_newton(w)
    assert of.squares().sum() == pytest.approx(np.trace(bare))
    squared = ghost.products(of, of)
    assert (squared**2).sum() == pytest.approx((bare**2).sum())  # the spectra are the same


def test_scores_are_those_of_the_explicit_matrix(run, monkeypatch):
    want = influence(run, asked(run), damping=0.3)
    few_parameters(monkeypatch)
    got = influence(run, asked(run), damping=0.3)
    np.testing.assert_allclose(got.scores, want.scores, atol=1e-9 * np.abs(want.scores).max())
    assert (got.method, got.estimand, got.damping) == ("influence", "leave_one_out", 0.3)


def test_a_penalty_of_its_own_for_biases_is_kept(monkeypatch):
    run = made(torch_network)
    penalty = np.where(np.isin(np.arange(run.objective.p), (20, 21, 22, 23, 24)), 0.0, 0.7)
    run = replace(run, objective=replace(run.objective, penalty=penalty))
    want = influence(run, asked(run), damping=0.1).scores
    few_parameters(monkeypatch)
    got = influence(run, asked(run), damping=0.1).scores
    np.testing.assert_allclose(got, want, atol=1e-9 * np.abs(want).max())


def test_rows_whose_curvature_vanishes_are_scored_all_the_same(monkeypatch):
    # The absolute error bends nowhere: no gradient is a sum of those of the curvature.
    run = looped(lambda: nn.Linear(4, 2), nn.L1Loss(), table(4)[0][:, :2])
    want = influence(run, asked(run), damping=0.3).scores
    few_parameters(monkeypatch)
    got = influence(run, asked(run), damping=0.3).scores
    assert np.abs(got).max() > 0.01
    np.testing.assert_allclose(got, want, atol=1e-9 * np.abs(want).max())


def test_a_row_without_weight_scores_nothing_and_the_rest_as_without_it(monkeypatch):
    run = made(torch_network)
    weights = run.objective.weights.copy()
    weights[3] = 0.0
    run = replace(run, objective=replace(run.objective, weights=weights))
    want = influence(run, asked(run), damping=0.3).scores
    few_parameters(monkeypatch)
    got = influence(run, asked(run), damping=0.3).scores
    np.testing.assert_allclose(got, want, atol=1e-9 * np.abs(want).max())
    assert (got[:, 3] == 0.0).all()


def test_a_row_with_a_wrong_label_is_scored_as_exactly_as_the_others(monkeypatch):
    # Its own class has next to no probability: the share of that class in its gradient is large.
    run = made(torch_network)
    sure = replace(run, w=12.0 * run.w)
    assert run.objective.loss(sure.w, all_rows(run.objective)).max() > 20.0
    want = influence(sure, asked(run), damping=0.3).scores
    few_parameters(monkeypatch)
    got = influence(sure, asked(run), damping=0.3).scores
    np.testing.assert_allclose(got, want, atol=1e-6 * np.abs(want).max())


def test_without_damping_and_with_a_penalty_it_is_not_damped(monkeypatch):
    run = fitted(2, fit_intercept=False)
    want = influence(run, asked(run))
    few_parameters(monkeypatch)
    got = influence(run, asked(run))
    assert got.damping == want.damping == 0.0
    np.testing.assert_allclose(got.scores, want.scores, atol=1e-9 * np.abs(want.scores).max())


def test_the_default_is_a_share_of_the_largest_eigenvalue_whatever_the_order(monkeypatch):
    few_parameters(monkeypatch)
    run = made(torch_network)
    bare = replace(run.objective, penalty=np.zeros(run.objective.p)).gauss_newton(run.w)
    got = influence(run, asked(run))
    assert got.damping == pytest.approx(dual.SHARE * np.linalg.eigvalsh(bare)[-1], rel=1e-6)
    assert "of the losses' largest eigenvalue" in got.note
    order = np.random.default_rng(0).permutation(run.objective.n)
    moved = replace(run, objective=run.objective.restrict(order))
    other = influence(moved, asked(run)).scores
    np.testing.assert_allclose(other, got.scores[:, order], atol=1e-7 * np.abs(other).max())


def test_no_damping_at_all_is_an_error_that_suggests_one(monkeypatch):
    few_parameters(monkeypatch)
    run = looped(KNOWN["in place"], nn.CrossEntropyLoss(), table(3)[1], decay=0.0)
    with pytest.raises(OptionError, match=r"flat along some parameters .* damping=\d"):
        influence(run, asked(run), damping=0.0)


def test_more_gradients_than_can_be_formed_are_an_error_with_what_to_use(monkeypatch):
    few_parameters(monkeypatch)
    monkeypatch.setattr(dual, "ROWS", 100)
    run = made(torch_network)
    with pytest.raises(UnsupportedModelError, match=r"40 rows of 3 outputs .*'trak' or"):
        influence(run, asked(run))
    assert choose(run)[0] == "trak"


def test_auto_takes_it_and_says_why(monkeypatch):
    few_parameters(monkeypatch)
    run = made(torch_network)
    got = attribute(run, asked(run))
    assert got.method == "influence"
    assert "inner products of gradients" in got.note
    np.testing.assert_array_equal(got.scores, influence(run, asked(run)).scores)


def test_a_diverged_kernel_is_an_error():
    with pytest.raises(ConvergenceError, match="raise it"):
        dual._solve(np.full((2, 2), np.nan), np.ones((2, 1)))
    with pytest.raises(ConvergenceError, match="not finite"):
        dual._largest(np.full((40, 40), np.nan))


def test_many_parameters_are_no_obstacle():
    # p = 90,000: the explicit matrix would take 65 GB.
    torch.manual_seed(0)
    run = looped(
        lambda: nn.Sequential(nn.Linear(4, 300), nn.Tanh(), nn.Linear(300, 290), nn.Tanh(),
                              nn.Linear(290, 3)),
        nn.CrossEntropyLoss(), table(3)[1],
    )  # fmt: skip
    assert run.objective.p > 80_000
    query = asked(run)
    got = influence(run, query)
    want = cg(run, query, damping=got.damping, rtol=1e-6).scores
    np.testing.assert_allclose(got.scores, want, atol=1e-4 * np.abs(want).max())
