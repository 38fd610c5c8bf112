"""The user's own torch loop, watched: it trains what it would, and the run knows what it did."""

import weakref

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.optim.optimizer import _global_optimizer_post_hooks
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset, dataloader, random_split

from tests.training_loops import X, loader, loop, network, sgd, watched, y
from traceprop_nb.adapters.torch.losses import NAMES
from traceprop_nb.adapters.torch.view import parameters


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


def test_frozen_parameters_are_not_part_of_w():
    module = network()
    for parameter in module[0].parameters():
        parameter.requires_grad_(False)
    [captured], _ = watched(lambda: loop(module, loader()))
    assert captured.run("net").objective.p == 6 * 3 + 3


def test_two_trainings_in_a_cell_are_two_captures_in_order():
    first, second = nn.Linear(4, 3), network()
    captured, _ = watched(lambda: (loop(first, loader()), loop(second, loader())))
    assert [c.model for c in captured] == [first, second]
