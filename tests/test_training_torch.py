"""The user's own torch loop, watched: it trains what it would, and the run knows what it did."""

import weakref

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.optim.optimizer import _global_optimizer_post_hooks
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset, dataloader, random_split

from tests.conformance.conftest import table
from traceprop_nb.adapters.torch.losses import NAMES
from traceprop_nb.adapters.torch.training import TorchTap
from traceprop_nb.adapters.torch.view import parameters
from traceprop_nb.errors import NoModelError, UnknownNameError, UnsupportedModelError
from traceprop_nb.gradients.capture import TrainOptions

X, y = (torch.from_numpy(a) for a in table(3))
X = X.float()


def network():
    return nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Dropout(0.2), nn.Linear(6, 3))


def sgd(module):
    return torch.optim.SGD(module.parameters(), lr=0.1, momentum=0.9, weight_decay=0.01)


def loop(module, loader, *, epochs=3, loss=None, optimizer=sgd, before=lambda x: x):
    loss = loss or nn.CrossEntropyLoss()
    stepper = optimizer(module)
    for _ in range(epochs):
        for xb, yb in loader:
            stepper.zero_grad()
            loss(module(before(xb)), yb).backward()
            stepper.step()
    return module


def watched(cell, node_of=lambda _: None, lookup=None, **options):
    tap = TorchTap(node_of, lookup)
    tap.start(TrainOptions(**options))
    try:
        cell()
    finally:
        captured = tap.stop()
    return captured, tap.advice()


def loader(dataset=None, **options):
    options = {"batch_size": 8, "shuffle": True} | options
    return DataLoader(TensorDataset(X, y) if dataset is None else dataset, **options)


@pytest.mark.parametrize("workers", [0, 2])
def test_parameters_and_random_numbers_are_the_same_bit_for_bit_with_and_without(workers):
    def cell():
        torch.manual_seed(0)
        module = loop(network(), loader(num_workers=workers))
        return parameters(module), torch.rand(3)

    plain = cell()
    results = []
    watched(lambda: results.append(cell()), checkpoints=3)
    np.testing.assert_array_equal(plain[0], results[0][0])
    assert torch.equal(plain[1], results[0][1])


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_stays_patched_or_hooked(fails):
    def state():
        iterator = dataloader._BaseDataLoaderIter
        module = torch.nn.modules.module
        return (
            [getattr(functional, name) for name in NAMES],
            iterator._next_index,
            iterator.__next__,
            len(module._global_forward_hooks),
            len(module._global_forward_pre_hooks),
            len(_global_optimizer_post_hooks),
        )

    def cell():
        loop(network(), loader(), epochs=1)
        if fails:
            raise RuntimeError("the user's")

    before = state()
    if fails:
        with pytest.raises(RuntimeError, match="the user's"):
            watched(cell)
    else:
        watched(cell)
    assert state() == before


def orders_of(dataset, **options):
    """Rows that come out of the loader, by a dataset whose rows are their own numbers."""
    torch.manual_seed(1)
    numbers = TensorDataset(torch.arange(len(dataset)))
    return [torch.cat([b for (b,) in loader(numbers, **options)]).tolist() for _ in range(2)]


@pytest.mark.parametrize(
    "options",
    [
        {"shuffle": False},
        {},
        {"num_workers": 2},
        {"num_workers": 2, "persistent_workers": True},
        {"drop_last": True, "batch_size": 7},
        {"shuffle": False, "sampler": [3, 1, 3, 2]},
    ],
    ids=str,
)
def test_the_order_of_rows_is_the_loaders(options):
    if "persistent_workers" in options:
        want = None  # one loader for both passes draws other random numbers: compare sets
    else:
        torch.manual_seed(1)
        numbers = loader(TensorDataset(torch.arange(40)), **options)
        want = [torch.cat([b for (b,) in numbers]).tolist() for _ in range(2)]

    def cell():
        module = nn.Linear(4, 3)
        torch.manual_seed(1)
        loop(module, loader(**options), epochs=2)

    [captured], _ = watched(cell)
    got = [order.tolist() for order in captured.run("net").order]
    assert len(got) == 2
    if want is None:
        assert [sorted(order) for order in got] == [list(range(40))] * 2
    else:
        assert got == want


def test_the_order_digest_tells_orders_apart_and_repeats():
    def digest(seed):
        def cell():
            torch.manual_seed(seed)
            loop(nn.Linear(4, 3), loader())

        [captured], _ = watched(cell)
        return captured.run("net").recorded["order_digest"]

    assert digest(1) == digest(1) != digest(2)


@pytest.mark.parametrize("persistent", [False, True])
def test_an_epoch_left_early_leaves_no_rows_of_it_in_the_next(persistent):
    def cell():
        module, data = nn.Linear(4, 3), loader(num_workers=1, persistent_workers=persistent)
        optimizer = sgd(module)
        for epoch in range(2):
            for batch, (xb, yb) in enumerate(data):
                optimizer.zero_grad()
                nn.functional.cross_entropy(module(xb), yb).backward()
                optimizer.step()
                if epoch == 0 and batch == 1:
                    break

    [captured], _ = watched(cell)
    run = captured.run("net")
    # The broken epoch has no end, so its rows open the array that the next end closes.
    rows = np.concatenate(run.order)
    assert len(rows) == 16 + 40
    assert sorted(rows[16:].tolist()) == list(range(40))


def test_a_subset_leads_to_the_rows_of_the_tensor_underneath():
    nodes = {id(X): 7, id(y): 8}
    part = Subset(Subset(TensorDataset(X, y), range(5, 35)), list(range(0, 30, 3)))
    [captured], _ = watched(lambda: loop(nn.Linear(4, 3), loader(part)), lambda v: nodes.get(id(v)))
    run = captured.run("net")
    assert (captured.x_node, captured.y_node) == (7, 8)
    assert captured.X is X
    np.testing.assert_array_equal(run.row_index, range(5, 35, 3))
    np.testing.assert_array_equal(captured.row_index, run.row_index)
    np.testing.assert_allclose(run.objective.inputs[0], X[5:35:3].double())


def test_a_random_split_leads_back_too():
    nodes = {id(X): 7}
    train, _ = random_split(TensorDataset(X, y), [30, 10])
    [captured], _ = watched(
        lambda: loop(nn.Linear(4, 3), loader(train)), lambda v: nodes.get(id(v))
    )
    np.testing.assert_array_equal(captured.run("net").row_index, train.indices)


def test_rows_that_no_batch_held_are_not_in_the_run_and_repeated_ones_weigh_more():
    [captured], _ = watched(
        lambda: loop(nn.Linear(4, 3), loader(shuffle=False, sampler=[3, 1, 3, 2]))
    )
    run = captured.run("net")
    np.testing.assert_array_equal(run.row_index, [1, 2, 3])
    np.testing.assert_allclose(run.objective.weights, [0.75, 0.75, 1.5])


class Squares(Dataset):
    """A dataset of its own making, whose rows are computed."""

    def __len__(self):
        return 12

    def __getitem__(self, i):
        return X[i] ** 2, y[i]


@pytest.mark.parametrize("before", [lambda x: x, lambda x: x * 2 + 1], ids=["plain", "changed"])
def test_rows_that_are_not_stored_are_taken_as_the_model_saw_them(before):
    [captured], _ = watched(lambda: loop(nn.Linear(4, 3), loader(Squares()), before=before))
    run = captured.run("net")
    assert run.recorded["rows_as"] == "seen by the model"
    np.testing.assert_allclose(run.objective.inputs[0], before(X[:12] ** 2).double())
    np.testing.assert_array_equal(run.labels, y[:12])


def test_rows_that_are_only_reshaped_or_cast_are_those_of_the_dataset():
    stored = TensorDataset((X * 10).int().reshape(40, 2, 2), y)
    [captured], _ = watched(
        lambda: loop(nn.Linear(4, 3), loader(stored), before=lambda x: x.float().view(-1, 4))
    )
    run = captured.run("net")
    assert run.recorded["rows_as"] == "stored in the dataset"
    one = run.query(stored.tensors[0][3].numpy(), y[3])
    np.testing.assert_allclose(
        one.loss(run.w, np.array([0])), run.objective.loss(run.w, np.array([3]))
    )


def test_training_on_a_whole_tensor_needs_no_loader():
    nodes = {id(X): 7}

    def cell():
        module = nn.Linear(4, 3)
        optimizer = sgd(module)
        for _ in range(5):
            optimizer.zero_grad()
            functional.cross_entropy(module(X), y).backward()
            optimizer.step()

    [captured], _ = watched(cell, lambda v: nodes.get(id(v)))
    run = captured.run("net")
    assert run.rows_node == 7
    assert run.objective.n == 40
    np.testing.assert_array_equal(run.labels, y)


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


def test_gradients_may_be_accumulated_over_batches():
    def cell():
        module = nn.Linear(4, 3)
        optimizer = sgd(module)
        for xb, yb in loader():
            functional.cross_entropy(module(xb), yb).backward()
        optimizer.step()

    [captured], _ = watched(cell)
    run = captured.run("net")
    assert (run.recorded["steps"], run.recorded["batches"], run.objective.n) == (1, 5, 40)


def test_validation_in_the_loop_is_no_training_even_without_no_grad():
    held = DataLoader(TensorDataset(X[:10], y[:10]), batch_size=5)

    def cell():
        module, data = nn.Linear(4, 3), loader()
        optimizer = sgd(module)
        for _ in range(2):
            for xb, yb in data:
                optimizer.zero_grad()
                functional.cross_entropy(module(xb), yb).backward()
                optimizer.step()
            for xb, yb in held:
                functional.cross_entropy(module(xb), yb).item()

    [captured], _ = watched(cell)
    run = captured.run("net")
    assert run.objective.n == 40
    assert run.recorded["batches"] == 10


def test_a_second_call_on_the_batch_for_a_metric_is_no_training():
    def cell():
        module, data = nn.Linear(4, 3), loader()
        optimizer = sgd(module)
        for xb, yb in data:
            optimizer.zero_grad()
            functional.cross_entropy(module(xb), yb).backward()
            (module(xb).argmax(dim=1) == yb).float().mean()
            optimizer.step()

    [captured], _ = watched(cell)
    run = captured.run("net")
    assert (run.recorded["batches"], run.recorded["rows_used"]) == (5, 40)


def test_batches_that_train_nothing_are_not_kept_alive():
    alive = []

    def cell():
        module = nn.Linear(4, 3)
        for xb, _ in loader(shuffle=False):
            alive.append(weakref.ref(xb))
            module(xb)

    def counted():
        cell()
        del alive[-2:]  # the last batch may still be in use
        assert [ref() for ref in alive] == [None] * 3

    watched(counted)


def test_checkpoints_are_spread_over_the_epochs_and_end_with_the_model():
    [captured], _ = watched(lambda: loop(nn.Linear(4, 3), loader(), epochs=9), checkpoints=3)
    run = captured.run("net")
    assert run.checkpoints.shape == (3, 15)
    np.testing.assert_array_equal(run.checkpoints[-1], run.w)
    assert len({tuple(c) for c in run.checkpoints}) == 3
    np.testing.assert_array_equal(run.learning_rates, 0.1)


def test_the_run_keeps_its_parameters_when_training_goes_on():
    module = network()
    [captured], _ = watched(lambda: loop(module, loader()))
    w = parameters(module)
    loop(module, loader())
    run = captured.run("net")
    np.testing.assert_array_equal(run.w, w)
    assert module.training
    assert "dropout is off" in run.objective.note


def test_batch_norm_is_noted_and_its_statistics_are_those_of_evaluation():
    module = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 3))
    [captured], _ = watched(lambda: loop(module, loader()))
    run = captured.run("net")
    assert "batch statistics count as constants" in run.objective.note
    with torch.no_grad():
        want = torch.softmax(module.eval()(X), dim=1)
    np.testing.assert_allclose(run.predict(X), want, atol=1e-5)


def test_frozen_parameters_are_not_part_of_w():
    module = network()
    for parameter in module[0].parameters():
        parameter.requires_grad_(False)
    [captured], _ = watched(lambda: loop(module, loader()))
    assert captured.run("net").objective.p == 6 * 3 + 3


def test_decoupled_weight_decay_is_noted():
    def adamw(module):
        return torch.optim.AdamW(module.parameters(), weight_decay=0.1)

    [captured], _ = watched(lambda: loop(nn.Linear(4, 3), loader(), optimizer=adamw))
    assert "decoupled weight decay counts as an l2 penalty" in captured.run("net").objective.note


def test_two_trainings_in_a_cell_are_two_captures_in_order():
    first, second = nn.Linear(4, 3), network()
    captured, _ = watched(lambda: (loop(first, loader()), loop(second, loader())))
    assert [c.model for c in captured] == [first, second]


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
