"""The operations inside a module's call: seen on a copy, and none of the user's things moves."""

from __future__ import annotations

import copy

import pytest

import traceprop_nb as tp
from traceprop_nb.errors import ShapeError, UnsupportedModelError

torch = pytest.importorskip("torch")
nn = torch.nn


@pytest.fixture
def net():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Dropout(), nn.Linear(4, 2)
    )


def test_the_operations_are_listed_with_their_modules_and_those_that_mix_rows(net):
    answer = tp.inside(net, torch.randn(5, 3))
    assert [one.module for one in answer.mixing][:1] == ["1"]
    assert {one.module for one in answer.operations} >= {"0", "1", "2", "3", "4"}
    assert {one.name for one in answer.operations} >= {"addmm", "relu", "native_batch_norm"}
    assert answer.operations[-1].shape == (5, 2)
    assert "native_batch_norm" in repr(answer)
    assert "mixes rows" in repr(answer)


def test_in_evaluation_no_row_of_the_same_net_is_mixed(net):
    assert tp.inside(net.eval(), torch.randn(5, 3)).mixing == ()


def test_nothing_of_the_users_moves(net):
    batch = torch.randn(5, 3)
    before, given = copy.deepcopy(net.state_dict()), batch.clone()
    state = torch.get_rng_state()
    tp.inside(net, batch)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(batch, given)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in net.modules())


def test_numbers_of_words_are_changed_to_other_numbers():
    answer = tp.inside(nn.Embedding(4, 2), torch.tensor([3, 0, 1]))
    assert [one.mixes for one in answer.operations] == [False]


def test_what_is_no_batch_or_no_module_is_refused():
    with pytest.raises(ShapeError, match="at least two rows"):
        tp.inside(nn.Linear(3, 2), torch.randn(1, 3))
    with pytest.raises(UnsupportedModelError, match=r"list is no torch\.nn\.Module"):
        tp.inside([1], torch.randn(2, 3))
