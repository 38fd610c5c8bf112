"""Which loss a torch loop minimised, and what is refused with advice."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from tests.training_loops import X, loader, loop, sgd, watched, y
from traceprop_nb.errors import NoModelError, UnknownNameError, UnsupportedModelError


def test_the_objective_is_the_loss_that_was_trained():
    module = nn.Linear(4, 3)
    weight = torch.tensor([1.0, 2.0, 4.0])
    loss = nn.CrossEntropyLoss(weight=weight, label_smoothing=0.1)
    [captured], _ = watched(lambda: loop(module, loader(batch_size=40), loss=loss))
    run = captured.run("net")
    with torch.no_grad():
        whole = loss(module(X), y).item()
    total = run.objective.loss(run.w, np.arange(40)).sum() / 40
    assert total == pytest.approx(whole, rel=0.05)  # torch divides label smoothing by batch weights
    penalty = run.objective.value(run.w) - 40 * total
    assert penalty == pytest.approx(0.5 * 0.01 * 40 * run.w @ run.w)


@pytest.mark.parametrize(("reduction", "rate", "decay"), [("mean", 1.0, 0.05), ("sum", 0.02, 2.0)])
def test_a_full_run_to_the_minimum_has_no_gradient_left(reduction, rate, decay):
    module = nn.Linear(4, 3).double()
    data = DataLoader(TensorDataset(X.double(), y), batch_size=40)

    def plain(module):
        return torch.optim.SGD(module.parameters(), lr=rate, weight_decay=decay)

    loss = nn.CrossEntropyLoss(reduction=reduction)
    [captured], _ = watched(lambda: loop(module, data, epochs=600, loss=loss, optimizer=plain))
    run = captured.run("net")
    assert np.abs(run.objective.grad(run.w)).max() < 1e-6


def test_batch_norm_is_noted_and_its_statistics_are_those_of_evaluation():
    module = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 3))
    [captured], _ = watched(lambda: loop(module, loader()))
    run = captured.run("net")
    assert "batch statistics count as constants" in run.objective.note
    with torch.no_grad():
        want = torch.softmax(module.eval()(X), dim=1)
    np.testing.assert_allclose(run.predict(X), want, atol=1e-5)


def test_decoupled_weight_decay_is_noted():
    def adamw(module):
        return torch.optim.AdamW(module.parameters(), weight_decay=0.1)

    [captured], _ = watched(lambda: loop(nn.Linear(4, 3), loader(), optimizer=adamw))
    assert "decoupled weight decay counts as an l2 penalty" in captured.run("net").objective.note


def test_a_cell_without_torch_gives_nothing_and_says_so():
    captured, advice = watched(lambda: None)
    assert captured == []
    assert "no torch module" in advice


def test_a_cell_that_only_predicts_gives_nothing_and_says_so():
    captured, advice = watched(lambda: nn.Linear(4, 3)(X))
    assert captured == []
    assert "no optimizer stepped" in advice


def test_two_modules_under_one_optimizer_need_a_name():
    body, head = nn.Linear(4, 6), nn.Linear(6, 3)

    def cell():
        optimizer = torch.optim.SGD([*body.parameters(), *head.parameters()], lr=0.1)
        for xb, yb in loader():
            optimizer.zero_grad()
            functional.cross_entropy(head(body(xb)), yb).backward()
            optimizer.step()

    [captured], _ = watched(cell)
    with pytest.raises(NoModelError, match=r"trained 2 modules \(Linear, Linear\).*--model"):
        captured.run("net")


def test_a_named_model_that_was_not_trained_is_an_error():
    [captured], _ = watched(
        lambda: loop(nn.Linear(4, 3), loader()), lookup={"other": 3}.get, model="other"
    )
    with pytest.raises(
        NoModelError, match="'other' was not trained in this cell; trained were: Linear"
    ):
        captured.run("net")


def squared(z, target):
    return ((z - functional.one_hot(target, 3)) ** 2).mean()


def test_a_loss_that_was_not_seen_is_an_error_until_it_is_named():
    [captured], _ = watched(lambda: loop(nn.Linear(4, 3), loader(), loss=squared))
    with pytest.raises(
        UnsupportedModelError, match=r"no loss of torch\.nn\.functional.*--loss NAME"
    ):
        captured.run("net")
    [captured], _ = watched(
        lambda: loop(nn.Linear(4, 3), loader(), loss=squared),
        lookup={"squared": squared}.get,
        loss="squared",
    )
    run = captured.run("net")
    with torch.no_grad():
        whole = squared(captured.model(X), y).item()
    assert run.objective.loss(run.w, np.arange(40)).mean() == pytest.approx(whole, rel=1e-5)


def test_a_loss_function_taken_before_the_cell_can_be_named():
    taken = functional.cross_entropy
    [captured], _ = watched(
        lambda: loop(nn.Linear(4, 3), loader(), loss=taken), loss="cross_entropy"
    )
    run = captured.run("net")
    assert run.recorded["loss"] == "cross_entropy"
    np.testing.assert_array_equal(run.classes, [0, 1, 2])


def test_a_loss_name_that_means_nothing_is_an_error():
    [captured], _ = watched(
        lambda: loop(nn.Linear(4, 3), loader(), loss=squared), lookup={}.get, loss="sqared"
    )
    with pytest.raises(UnknownNameError, match="--loss sqared is neither"):
        captured.run("net")


def test_two_losses_on_one_output_need_a_name():
    def both(z, target):
        return functional.cross_entropy(z, target) + functional.nll_loss(z, target)

    [captured], _ = watched(lambda: loop(nn.Linear(4, 3), loader(), loss=both))
    with pytest.raises(UnsupportedModelError, match="2 losses were computed on one output"):
        captured.run("net")


def test_a_loss_of_something_derived_from_the_output_is_refused():
    def derived(z, target):
        return functional.nll_loss(torch.log_softmax(z, dim=1), target)

    [captured], _ = watched(lambda: loop(nn.Linear(4, 3), loader(), loss=derived))
    with pytest.raises(UnsupportedModelError, match="something derived from it"):
        captured.run("net")


def test_batches_cut_by_hand_are_refused_with_advice():
    def cell():
        module = nn.Linear(4, 3)
        optimizer = sgd(module)
        for start in range(0, 40, 8):
            optimizer.zero_grad()
            rows = slice(start, start + 8)
            functional.cross_entropy(module(X[rows]), y[rows]).backward()
            optimizer.step()

    [captured], _ = watched(cell)
    with pytest.raises(UnsupportedModelError, match=r"no DataLoader.*iterate a DataLoader"):
        captured.run("net")


def test_a_squeezed_output_is_followed():
    target = X[:, 0].contiguous()

    def loss(z, t):
        return functional.mse_loss(z.squeeze(1), t)

    data = DataLoader(TensorDataset(X, target), batch_size=8)
    [captured], _ = watched(lambda: loop(nn.Linear(4, 1), data, loss=loss))
    run = captured.run("net")
    with torch.no_grad():
        whole = functional.mse_loss(captured.model(X).squeeze(1), target).item()
    assert run.objective.loss(run.w, np.arange(40)).mean() == pytest.approx(whole, rel=1e-5)
    assert run.classes is None
