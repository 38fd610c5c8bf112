"""A recorded training, repeated: bit for bit on all rows, and as if rows had never been there."""

import copy
import threading

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, RandomSampler, Subset, TensorDataset

from tests.training_loops import X, loader, loop, network, sgd, watched, y
from traceprop_nb.adapters.torch.private import Private, drawn_anew
from traceprop_nb.errors import CancelledError, ConvergenceError
from traceprop_nb.gradients.progress import silent

N = len(X)
ALL = np.arange(N)


def plain():
    return nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3))


def normed():
    return nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 3))


def adam(kind, **options):
    return lambda module: kind(module.parameters(), lr=0.02, **options)


def accumulating(module):
    stepper, loss, rows = sgd(module), nn.CrossEntropyLoss(), loader()
    for _ in range(2):
        for at, (xb, yb) in enumerate(rows):
            (loss(module(xb), yb) / 2).backward()
            if at % 2:
                stepper.step()
                stepper.zero_grad()


def scheduled(module):
    stepper, loss, rows = sgd(module), nn.CrossEntropyLoss(), loader()
    schedule = torch.optim.lr_scheduler.OneCycleLR(stepper, 0.3, total_steps=30)
    for _ in range(4):
        for xb, yb in rows:
            stepper.zero_grad()
            loss(module(xb), yb).backward()
            stepper.step()
            schedule.step()


def whole(module):
    stepper = sgd(module)
    for _ in range(9):
        stepper.zero_grad()
        nn.functional.cross_entropy(module(X), y).backward()
        stepper.step()


def validating(module):
    stepper, loss, rows = sgd(module), nn.CrossEntropyLoss(), loader()
    for _ in range(3):
        module.train()
        for xb, yb in rows:
            stepper.zero_grad()
            loss(module(xb), yb).backward()
            stepper.step()
        module.eval()
        with torch.no_grad():
            loss(module(X), y)
        loss(module(X[:3]), y[:3])  # somebody who forgot no_grad
        module.train()


def in_groups(module):
    stepper = torch.optim.SGD(
        [{"params": module[0].parameters(), "lr": 0.01},
         {"params": module[2].parameters(), "weight_decay": 0.1}],
        lr=0.2, momentum=0.5,
    )  # fmt: skip
    loop(module, loader(), optimizer=lambda _: stepper)


LOOPS = {
    "sgd": (plain, lambda m: loop(m, loader())),
    "adam": (plain, lambda m: loop(m, loader(), optimizer=adam(torch.optim.Adam))),
    "adamw": (plain, lambda m: loop(m, loader(), optimizer=adam(torch.optim.AdamW, amsgrad=True))),
    "rmsprop": (plain, lambda m: loop(m, loader(), optimizer=adam(torch.optim.RMSprop))),
    "batch norm": (normed, lambda m: loop(m, loader(drop_last=True))),
    "summed loss": (plain, lambda m: loop(m, loader(), loss=nn.CrossEntropyLoss(reduction="sum"))),
    "class weights": (plain, lambda m: loop(m, loader(), loss=nn.CrossEntropyLoss(
        weight=torch.tensor([1.0, 2.0, 0.5]), label_smoothing=0.1))),
    "replacement": (plain, lambda m: loop(m, loader(
        shuffle=False, sampler=RandomSampler(range(N), replacement=True)))),
    "subset": (plain, lambda m: loop(m, DataLoader(
        Subset(TensorDataset(X, y), list(range(5, 30))), batch_size=7, shuffle=True))),
    "accumulated": (plain, accumulating),
    "scheduled": (plain, scheduled),
    "whole": (plain, whole),
    "validated": (normed, validating),
    "two groups": (plain, in_groups),
}  # fmt: skip


def recorded(make, cell, seed=0, **options):
    torch.manual_seed(seed)
    module = make()
    [captured], _ = watched(lambda: cell(module), **options)
    return captured.run("clf")


@pytest.mark.parametrize("name", LOOPS)
def test_on_all_rows_the_training_is_repeated_bit_for_bit(name):
    run = recorded(*LOOPS[name])
    assert run.recorded["recipe"] == "recorded"
    again = run.recipe.train(np.arange(run.objective.n), 0, silent)
    np.testing.assert_array_equal(again.w, run.w)
    for mine, theirs in zip(again.model.buffers(), run.model.buffers(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=0, atol=0)


@pytest.mark.parametrize("name", ["sgd", "batch norm", "accumulated"])
def test_recording_does_not_change_the_training(name):
    make, cell = LOOPS[name]
    torch.manual_seed(0)
    unwatched = make()
    cell(unwatched)
    run = recorded(make, cell)
    for mine, theirs in zip(run.model.parameters(), unwatched.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_without_rows_it_is_the_training_on_batches_that_lack_them():
    order = np.random.default_rng(0).permutation(N)
    left_out = np.array([3, 4, int(order[0])])

    def cell(module, drop=()):
        stepper = sgd(module)
        for _ in range(2):
            for batch in np.split(order, 5):
                rows = torch.from_numpy(np.setdiff1d(batch, drop, assume_unique=True))
                stepper.zero_grad()
                nn.functional.cross_entropy(module(X[rows]), y[rows]).backward()
                stepper.step()

    def loaded(module):
        loop(module, DataLoader(TensorDataset(X, y), batch_sampler=np.split(order, 5)), epochs=2)

    run = recorded(plain, loaded)
    without = run.recipe.train(np.setdiff1d(ALL, left_out), 0, silent)
    torch.manual_seed(0)
    module = plain()
    cell(module, left_out)
    for mine, theirs in zip(without.model.parameters(), module.parameters(), strict=True):
        # setdiff1d sorts the batch: the sums differ in the last place
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-6)


def test_a_batch_of_which_nothing_is_left_makes_no_step():
    run = recorded(plain, lambda m: loop(m, loader(shuffle=False, batch_size=4), epochs=1))
    whole_batches = np.setdiff1d(ALL, np.arange(4, 8))
    got = run.recipe.train(whole_batches, 0, silent)
    torch.manual_seed(0)
    module = plain()
    rest = TensorDataset(X[whole_batches], y[whole_batches])
    loop(module, DataLoader(rest, batch_size=4), epochs=1)
    for mine, theirs in zip(got.model.parameters(), module.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_another_seed_starts_and_shuffles_anew_and_the_same_seed_does_not():
    run = recorded(*LOOPS["sgd"])
    one, same, two = (run.recipe.train(ALL, seed, silent).w for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - run.w).max() > 0.1
    assert np.abs(one - two).max() > 0.1


def test_each_seed_uses_every_kept_row_once_an_epoch():
    run = recorded(*LOOPS["sgd"])
    keep = ALL[::3]
    batches = [rows for rows, _ in run.recipe._batches(keep, np.random.default_rng(1))]
    epoch = len(batches) // 3
    for at in range(3):
        rows = np.concatenate(batches[at * epoch : (at + 1) * epoch])
        np.testing.assert_array_equal(np.sort(rows), keep)
        assert rows.tolist() != [row for row in run.recipe.order[at].tolist() if row in keep]


@pytest.mark.parametrize("make", [network, normed, plain])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_repetition_leaves_module_data_and_every_random_stream_alone(make, seed):
    run = recorded(make, LOOPS["sgd"][1])
    before = copy.deepcopy(run.model.state_dict())
    data = X.clone(), y.clone()
    start = copy.deepcopy(run.recipe.start.state_dict())
    stream = torch.random.get_rng_state()
    run.recipe.train(ALL[5:], seed, silent)
    assert torch.equal(torch.random.get_rng_state(), stream)
    assert torch.equal(X, data[0]) and torch.equal(y, data[1])  # noqa: PT018  # one claim
    for state, kept in ((run.model.state_dict(), before), (run.recipe.start.state_dict(), start)):
        assert all(torch.equal(state[name], kept[name]) for name in kept)


def test_dropout_masks_are_drawn_anew_and_the_note_says_so():
    run = recorded(network, LOOPS["sgd"][1])
    assert "dropout masks are drawn anew" in run.recipe.note
    one, again = (run.recipe.train(ALL, 0, silent).w for _ in range(2))
    np.testing.assert_array_equal(one, again)
    assert 0.0 < np.abs(one - run.w).max() < 2.0
    assert recorded(plain, LOOPS["sgd"][1]).recipe.note == ""


def test_private_dropout_keeps_the_mean_and_drops_the_stated_share():
    ones = torch.ones(200, 300)
    with Private(3):
        out = nn.functional.dropout(ones, 0.3)
        still = nn.functional.dropout(ones, 0.3, training=False)
        channels = nn.Dropout2d(0.5)(torch.ones(40, 50, 3, 3))
    assert abs(float((out == 0).float().mean()) - 0.3) < 0.01
    assert abs(float(out.mean()) - 1.0) < 0.02
    assert torch.equal(still, ones)
    assert set(channels.sum(dim=(2, 3)).reshape(-1).tolist()) == {0.0, 18.0}


def test_another_thread_draws_from_the_global_stream_meanwhile():
    torch.manual_seed(7)
    want = torch.rand(3)
    torch.manual_seed(7)
    got = []
    with Private(0):
        torch.rand(5)
        other = threading.Thread(target=lambda: got.append(torch.rand(3)))
        other.start()
        other.join()
    assert torch.equal(got[0], want)


def test_parts_that_cannot_draw_their_start_keep_it_and_are_named():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.full((3,), 0.5))
            self.linear = nn.Linear(4, 3)

        def forward(self, x):
            return self.linear(x) * self.scale

    module = Scaled()
    before = module.linear.weight.clone()
    assert drawn_anew(module, 1) == ["Scaled"]
    assert torch.equal(module.scale, torch.full((3,), 0.5))
    assert not torch.equal(module.linear.weight, before)
    run = recorded(Scaled, LOOPS["sgd"][1])
    assert "other seeds start Scaled as recorded" in run.recipe.note


def test_the_retrained_model_is_measured_with_its_own_running_statistics():
    run = recorded(*LOOPS["batch norm"])
    other = run.recipe.train(ALL[:20], 0, silent)
    other.model.eval()
    with torch.no_grad():
        want = torch.softmax(other.model(X).double(), dim=1).numpy()
    np.testing.assert_allclose(other.objective.predict(other.w, X), want, atol=1e-6)
    assert other.objective.n == run.objective.n


def test_progress_rises_to_one_and_may_stop_it():
    run = recorded(*LOOPS["sgd"])
    told = []
    run.recipe.train(ALL, 0, told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0

    def stop(share):
        if share > 0.5:
            raise CancelledError("stopped")

    with pytest.raises(CancelledError, match="stopped"):
        run.recipe.train(ALL, 0, stop)


def test_a_training_that_diverges_without_the_rows_is_an_error():
    run = recorded(plain, lambda m: loop(m, loader(), optimizer=lambda m: torch.optim.SGD(
        m.parameters(), lr=0.1)))  # fmt: skip
    run.recipe.inputs[0][0, 0] = torch.inf
    with pytest.raises(ConvergenceError, match=r"diverged: \d+ of 51 parameters are not finite"):
        run.recipe.train(ALL, 0, silent)


def weighted(module):
    stepper = sgd(module)
    for xb, yb in loader():
        stepper.zero_grad()
        (
            nn.functional.cross_entropy(module(xb), yb, reduction="none") * xb[:, 0].abs()
        ).sum().backward()
        stepper.step()


def twice(module):
    loop(module, loader(), epochs=1)
    loop(module, loader(), epochs=1)


def autocast(module):
    stepper = sgd(module)
    for xb, yb in loader():
        stepper.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            nn.functional.cross_entropy(module(xb), yb).backward()
        stepper.step()


@pytest.mark.parametrize(
    ("cell", "why"),
    [(weighted, "weighted in the loop"), (twice, "another optimizer"), (autocast, "autocast")],
)
def test_what_cannot_be_repeated_is_said(cell, why):
    torch.manual_seed(0)
    module = plain()
    captured, _ = watched(lambda: cell(module))
    run = captured[-1].run("clf")
    assert run.recipe is None
    assert why in run.recorded["recipe"]


def test_a_clipped_gradient_is_not_seen_and_shows_in_the_repetition():
    def cell(module):
        stepper = sgd(module)
        for xb, yb in loader():
            stepper.zero_grad()
            nn.functional.cross_entropy(module(xb), yb).backward()
            nn.utils.clip_grad_norm_(module.parameters(), 0.05)
            stepper.step()

    run = recorded(plain, cell)
    assert np.abs(run.recipe.train(ALL, 0, silent).w - run.w).max() > 0.01
