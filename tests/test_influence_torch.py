"""Influence in torch models: a linear layer against the closed form, a network retrained."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from tests.conformance.conftest import looped, table
from traceprop_nb.adapters.torch.training import TorchTap
from traceprop_nb.attribution.cg import cg
from traceprop_nb.attribution.influence import influence
from traceprop_nb.attribution.methods import attribute
from traceprop_nb.attribution.trak import trak
from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.capture import TrainOptions
from traceprop_nb.gradients.families import Categorical
from traceprop_nb.gradients.linear import LinearRisk
from traceprop_nb.gradients.objective import all_rows


def as_closed_form(run):
    """The same linear layer, rows and penalty as the NumPy risk, and where w goes in it."""
    order = np.arange(run.objective.p)
    K, d = 3, 4
    rows = np.concatenate([order[: K * d].reshape(K, d), order[K * d :, None]], axis=1)
    X = run.objective.inputs[0].numpy()
    design = np.concatenate([X, np.ones((len(X), 1))], axis=1)
    penalty = run.objective.penalty[rows.ravel()]
    return rows.ravel(), LinearRisk(
        Categorical(), design, run.labels, run.objective.weights, penalty, K, encoder=None
    )


@pytest.mark.parametrize("decay", [0.0, 1e-2])
def test_a_linear_layer_is_the_closed_form_model_to_rounding(decay):
    run = looped(lambda: nn.Linear(4, 3), nn.CrossEntropyLoss(), table(3)[1], decay=decay)
    order, exact = as_closed_form(run)
    w, rows = run.w[order], all_rows(exact)
    mine = run.objective
    np.testing.assert_allclose(mine.loss(run.w, rows), exact.loss(w, rows), atol=1e-12)
    np.testing.assert_allclose(mine.grad(run.w)[order], exact.grad(w), atol=1e-11)
    hessian = mine.gauss_newton(run.w)[np.ix_(order, order)]
    np.testing.assert_allclose(hessian, exact.gauss_newton(w), atol=1e-10)
    X, _ = table(3)
    query = run.query(X[:5])
    g = query.per_example_grad(run.w, np.arange(5))[:, order]
    want = g @ np.linalg.pinv(exact.gauss_newton(w)) @ exact.per_example_grad(w, rows).T
    np.testing.assert_allclose(influence(run, query).scores, want, atol=1e-9)


def digits():
    X, y = load_digits(return_X_y=True)
    return torch.from_numpy(X[:400] / 16).float(), torch.from_numpy(y[:400] % 3)


def trained(X, y, seed):
    torch.manual_seed(seed)
    module = nn.Sequential(nn.Linear(64, 8), nn.Tanh(), nn.Linear(8, 3))
    optimizer = torch.optim.Adam(module.parameters(), lr=0.02, weight_decay=1e-3)
    loader = DataLoader(TensorDataset(X, y), batch_size=50, shuffle=True)
    for _ in range(25):
        for xb, yb in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(module(xb), yb).backward()
            optimizer.step()
    return module


@pytest.fixture(scope="module")
def network():
    """A run, queries, and losses of those queries in models trained on 24 halves of the rows."""
    X, y = digits()
    X, y, Xq, yq = X[:300], y[:300], X[300:340], y[300:340]
    tap = TorchTap(lambda _: None)
    tap.start(TrainOptions())
    trained(X, y, seed=0)
    [captured] = tap.stop()
    halves, losses = [], []
    for seed in range(24):
        torch.manual_seed(1000 + seed)
        half = torch.randperm(300)[:150]
        module = trained(X[half], y[half], seed)
        with torch.no_grad():
            losses.append(nn.functional.cross_entropy(module(Xq), yq, reduction="none").numpy())
        halves.append(np.isin(np.arange(300), half.numpy()))
    run = captured.run("network")
    return run, run.query(Xq.numpy(), yq.numpy()), np.array(halves), np.array(losses)


def lds(scores, halves, losses):
    """Linear datamodelling score: rank agreement of summed scores with minus the loss."""
    predicted = halves @ scores.T
    pairs = zip(predicted.T, -losses.T, strict=True)
    return np.mean([spearmanr(a, b).statistic for a, b in pairs])


# Ilyas et al. 2022, arXiv:2202.00622. One seed a half: noise keeps even a perfect score below 1.
BOUNDS = {"influence": 0.4, "trak": 0.35}


@pytest.mark.parametrize("method", BOUNDS)
def test_scores_tell_which_halves_train_a_better_network(network, method):
    run, query, halves, losses = network
    got = lds(attribute(run, query, method=method).scores, halves, losses)
    shuffled = np.random.default_rng(0).permutation(300)
    control = lds(attribute(run, query, method=method).scores[:, shuffled], halves, losses)
    assert got > BOUNDS[method]
    assert abs(control) < 0.15


def test_the_size_of_influence_is_that_of_leaving_rows_out_within_a_factor(network):
    run, query, halves, losses = network
    predicted = halves @ influence(run, query).scores.T
    slopes = [np.polyfit(a, -b, 1)[0] for a, b in zip(predicted.T, losses.T, strict=True)]
    assert 0.2 < np.median(slopes) < 5


def test_cg_and_the_explicit_matrix_agree_at_the_same_damping(network):
    run, query, _, _ = network
    few = run.query(query.inputs[0][:4].numpy(), query.target[:4].numpy())
    explicit = influence(run, few, damping=1.0).scores
    solved = cg(run, few, damping=1.0, rtol=1e-8).scores
    np.testing.assert_allclose(solved, explicit, atol=1e-6 * np.abs(explicit).max())


def test_more_damping_shrinks_scores_towards_the_scaled_gradient_product(network):
    run, query, _, _ = network
    dot = attribute(run, query, method="grad-dot").scores
    damped = influence(run, query, damping=1e8).scores
    np.testing.assert_allclose(damped * 1e8, dot, rtol=1e-3, atol=1e-3 * np.abs(dot).max())


def test_projected_trak_approaches_the_unprojected_one_as_the_projection_grows(network):
    run, query, _, _ = network
    whole = trak(run, query, damping=1.0).scores
    errors = [
        np.linalg.norm(trak(run, query, proj_dim=k, damping=1.0).scores - whole)
        for k in (32, 256, 500)
    ]
    assert errors[0] > errors[1] > errors[2]
    assert "projected from 547 to 256 dimensions" in trak(run, query, proj_dim=256).note
    assert "not projected" in trak(run, query).note


def test_the_training_cells_own_projection_is_the_default(network):
    run, query, _, _ = network
    asked = replace(run, recorded={**run.recorded, "proj_dim": 64})
    assert run.recorded["proj_dim"] == 4096
    assert "from 547 to 64 dimensions" in trak(asked, query).note


def test_scores_do_not_depend_on_the_memory_budget(network, monkeypatch):
    run, query, _, _ = network
    names = ("influence", "trak", "grad-dot")
    plain = [attribute(run, query, method=name).scores for name in names]
    monkeypatch.setattr("traceprop_nb.gradients.blocks.BUDGET", 8 * 547 * 10)
    small = [attribute(run, query, method=name).scores for name in names]
    for a, b in zip(plain, small, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-9 * np.abs(a).max())


def test_too_many_parameters_for_a_matrix_are_refused_with_another_way(network, monkeypatch):
    run, query, _, _ = network
    monkeypatch.setattr("traceprop_nb.attribution.influence.LIMIT", 100)
    monkeypatch.setattr("traceprop_nb.attribution.dual.ROWS", 100)
    with pytest.raises(UnsupportedModelError, match=r"547 parameters are too.*'trak' or 'cg'"):
        influence(run, query)
