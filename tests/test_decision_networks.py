"""Decisions by networks, votes and regressions, whose models are only looked at."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests import jax_parts
from tests.decisions import ask, trained
from traceprop_nb.errors import OptionError, UnknownNameError, UnsupportedModelError

HEAD = """
import numpy as np
import torch
from torch import nn
torch.manual_seed(0)
rng = np.random.default_rng(0)
"""
LOOP = """
steps = torch.optim.Adam(net.parameters(), lr=0.02)
for _ in range(40):
    steps.zero_grad()
    loss(net(X), y).backward()
    steps.step()
"""
NET = """
X = torch.from_numpy(rng.normal(size=(80, 4))).float()
y = (X[:, 0] * X[:, 1] + X[:, 2] > 0).long()
net = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Dropout(0.2), nn.Linear(8, 2))
loss = nn.functional.cross_entropy
"""
ONE_OUTPUT = """
X = torch.from_numpy(rng.normal(size=(80, 4))).float()
y = (X[:, :1] + X[:, 2:3] > 0).float()
net = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 1))
loss = nn.functional.binary_cross_entropy_with_logits
"""
REGRESSION = """
X = torch.from_numpy(rng.normal(size=(80, 4))).float()
y = X[:, :1] - 2 * X[:, 1:2] ** 2
net = nn.Sequential(nn.Linear(4, 12), nn.Tanh(), nn.Linear(12, 1))
loss = nn.functional.mse_loss
"""
SEVERAL = REGRESSION.replace("- 2 * X[:, 1:2] ** 2", "* torch.ones(2)").replace("12, 1)", "12, 2)")
IMAGES = """
X = torch.from_numpy(rng.normal(size=(60, 1, 5, 5))).float()
y = (X[:, 0, 2, 2] > 0).long()
net = nn.Sequential(nn.Flatten(), nn.Linear(25, 6), nn.Tanh(), nn.Linear(6, 2))
loss = nn.functional.cross_entropy
"""
WIDE = IMAGES.replace("1, 5, 5", "30").replace("0, 2, 2", "3").replace("25, 6", "30, 6")
SHARDS = """
from sklearn.linear_model import LogisticRegression
X = rng.normal(size=(90, 3)) + 1
y = (X.sum(axis=1) > 3).astype(int)
models = [LogisticRegression().fit(X[k::3], y[k::3]) for k in range(3)]
"""


def network(nb, source, name="net"):
    nb(HEAD)
    trained(nb, source + LOOP, name)


@pytest.mark.parametrize("made", [NET, ONE_OUTPUT, IMAGES])
def test_a_networks_score_is_its_own_in_evaluation_mode(notebook, made):
    network(notebook, made)
    net, x = notebook.names["net"], notebook.names["X"][3:4]
    buffers = {k: v.clone() for k, v in net.state_dict().items()}
    torch.manual_seed(9)
    expected = torch.rand(3)
    torch.manual_seed(9)
    answer = ask(notebook, x, favourable=1)
    assert torch.equal(torch.rand(3), expected)
    assert net.training
    assert all(torch.equal(v, buffers[k]) for k, v in net.state_dict().items())
    assert answer.recomputes is True
    net.eval()
    with torch.no_grad():
        z = net(x).double()
    own = float(z[0, -1] - z[0, 0]) if z.shape[1] == 2 else float(z[0, 0])
    assert answer.score == pytest.approx(own, abs=1e-4)
    assert abs(answer.contributions.gap) < 1e-9
    assert answer.contributions.values.shape == (x.numel(),)
    if answer.counterfactual is not None:
        assert answer.verified is True
        row = torch.from_numpy(answer.counterfactual.row).float().reshape(x.shape)
        with torch.no_grad():
            z = net(row)
        decided = z[0, -1] > z[0, 0] if z.shape[1] == 2 else z[0, 0] >= 0
        assert bool(decided) != answer.outcome.favoured


def test_a_network_that_went_on_training_is_not_the_recorded_one(notebook):
    network(notebook, NET)
    x = notebook.names["X"][3]
    assert ask(notebook, x, favourable=1).recomputes is True
    notebook(LOOP)
    changed = ask(notebook, x, favourable=1)
    assert changed.recomputes is False
    assert changed.check.moved > 1e-3


def test_running_means_that_moved_show_in_the_score(notebook):
    network(notebook, NET)
    x = notebook.names["X"][3]
    notebook.names["net"][1].running_mean += 0.5
    answer = ask(notebook, x, favourable=1)
    assert answer.check.moved == 0.0
    assert answer.recomputes is False


def test_many_features_are_sampled_with_an_error_and_a_seed(notebook):
    network(notebook, WIDE)
    x = notebook.names["X"][:1]
    one, two, other = (ask(notebook, x, favourable=1, budget=30_000, seed=s) for s in (0, 0, 1))
    assert one.contributions.method == "sampled Shapley values"
    np.testing.assert_array_equal(one.toward, two.toward)
    assert not np.array_equal(one.toward, other.toward)
    assert "standard error" in repr(one)
    assert "feature 3" in one.names


@pytest.mark.parametrize("side", ["high", "low"])
def test_a_regression_decides_by_a_threshold_on_the_side_that_is_named(notebook, side):
    network(notebook, REGRESSION)
    x = notebook.names["X"][5]
    bare = ask(notebook, x)
    assert (bare.outcome.decided, bare.reasons, bare.counterfactual) == ("", (), None)
    assert "nothing is decided by this score" in repr(bare)
    turn = 1.0 if side == "high" else -1.0
    answer = ask(notebook, x, favourable=side, threshold=bare.score + 0.2 * turn)
    assert answer.outcome.decided == "unfavourable"
    np.testing.assert_allclose(answer.toward, turn * answer.contributions.values)
    assert all(answer.toward[answer.names.index(name)] < 0 for name in answer.reasons)
    assert answer.verified is True
    row = answer.counterfactual.row
    after = ask(notebook, row, favourable=side, threshold=bare.score + 0.2 * turn)
    assert after.outcome.decided == "favourable"


def test_a_regression_says_what_it_needs(notebook):
    network(notebook, REGRESSION)
    x = notebook.names["X"][5]
    with pytest.raises(UnknownNameError, match=r"did you mean 'high'"):
        ask(notebook, x, favourable="hig")
    with pytest.raises(OptionError, match="decides for nothing"):
        ask(notebook, x, threshold=1.0)
    with pytest.raises(OptionError, match="no predicted label to explain"):
        ask(notebook, x, favourable="high").influence()
    network(notebook, SEVERAL, "two")
    with pytest.raises(UnsupportedModelError, match="predicts 2 values of a row"):
        ask(notebook, x)


def test_a_vote_of_shards_is_the_mean_of_its_models(notebook):
    notebook(HEAD)
    from traceprop_nb.gradients.capture import TrainOptions

    notebook.session.begin_train("vote", TrainOptions(model="models", shards=True))
    notebook(SHARDS)
    notebook.session.end_train(True)
    x = notebook.names["X"][4]
    models = notebook.names["models"]
    answer = ask(notebook, x, favourable=1)
    mean = np.mean([m.predict_proba(x[None]) for m in models], axis=0)[0]
    assert answer.probability == pytest.approx(mean[1])
    assert answer.recomputes is True
    assert abs(answer.contributions.gap) < 1e-9
    models[1].coef_ += 0.3
    assert ask(notebook, x, favourable=1).recomputes is False


def test_a_jax_model_has_no_prediction_of_its_own_to_compare_with(notebook):
    run = jax_parts.recorded(jax_parts.fit(jax_parts.X, jax_parts.y, 0))
    answer = ask(notebook, jax_parts.X[2], run=run, favourable=1)
    assert answer.recomputes is None
    assert "not recomputed" in repr(answer)
    assert abs(answer.contributions.gap) < 1e-6
