"""The last layer alone: against a linear model of the features before it."""

import numpy as np
import pytest
import torch
from torch import nn

from tests.conformance.conftest import looped, made, table, torch_network
from tests.conformance.test_objective import rows_of
from traceprop_nb.attribution.influence import influence
from traceprop_nb.attribution.last_layer import last_layer
from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.families import Categorical
from traceprop_nb.gradients.linear import LinearRisk


def normed():
    def module():
        return nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 3))

    return looped(module, nn.CrossEntropyLoss(), table(3)[1])


@pytest.mark.parametrize("make", [torch_network, normed])
def test_it_is_influence_in_a_linear_model_of_the_features_before_it(make):
    run = made(make)
    X, labels = rows_of(run)
    got = last_layer(run, run.query(X[:6], labels[:6]), damping=0.2)
    body = run.objective.view.module[:-1]
    with torch.no_grad():
        features = body.double()(torch.from_numpy(X)).numpy()
    design = np.column_stack([features, np.ones(len(X))])
    o, K = run.objective, 3
    W, b = run.w[-18:-3].reshape(K, 5), run.w[-3:]
    decay = o.penalty[-18:]
    penalty = np.column_stack([decay[:15].reshape(K, 5), decay[15:]]).ravel()
    risk = LinearRisk(Categorical(), design, labels, o.weights, penalty, K, encoder=None)
    w = np.column_stack([W, b]).ravel()
    g = risk.per_example_grad(w, np.arange(len(X)))
    H = risk.gauss_newton(w) + 0.2 * np.eye(18)
    want = g[:6] @ np.linalg.solve(H, g.T) * o.weights
    np.testing.assert_allclose(got.scores, want, atol=1e-8 * np.abs(want).max())
    assert f"18 of {o.p} parameters" in got.note
    assert got.method == "last-layer"


def test_a_network_of_one_layer_is_all_last_layer():
    run = looped(lambda: nn.Sequential(nn.Linear(4, 3)), nn.CrossEntropyLoss(), table(3)[1])
    X, labels = rows_of(run)
    query = run.query(X[:6], labels[:6])
    want = influence(run, query, damping=0.3).scores
    np.testing.assert_allclose(last_layer(run, query, damping=0.3).scores, want, rtol=1e-9)


def test_a_last_layer_that_is_not_linear_is_refused_by_name():
    run = looped(
        lambda: nn.Sequential(nn.Linear(4, 3), nn.LayerNorm(3)), nn.CrossEntropyLoss(), table(3)[1]
    )
    X, labels = rows_of(run)
    with pytest.raises(UnsupportedModelError, match=r"'1' \(LayerNorm\) and not linear"):
        last_layer(run, run.query(X[:2], labels[:2]))
