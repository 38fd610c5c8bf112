"""Sets that travel with values: the law, and each way in which they could be lost."""

from __future__ import annotations

import copy
import io
import sys
from collections import namedtuple

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from tests.traced import Notebook
from traceprop_nb import detach_provenance, get_provenance, track_provenance

A, B = frozenset("a"), frozenset("b")
Pair = namedtuple("Pair", "one two")


@pytest.fixture
def ab():
    return track_provenance(torch.arange(3.0), A), track_provenance(torch.ones(3), B)


OPERATIONS = [
    torch.add, torch.mul, torch.maximum, torch.dot, lambda x, y: torch.stack([x, y]),
    lambda x, y: torch.cat((x, y), dim=0), lambda x, y: torch.where(x > 0, x, y),
    lambda x, y: x @ y, lambda x, y: x / y - 1, lambda x, y: torch.einsum("i,j->ij", x, y),
    lambda x, y: torch.meshgrid(x, y, indexing="ij")[0] * 1 + y,
]  # fmt: skip


@given(st.sampled_from(OPERATIONS), st.sets(st.integers(0, 3)), st.sets(st.integers(0, 3)))
def test_the_set_of_a_result_is_the_union_of_its_operands_sets(operation, one, two):
    x, y = torch.arange(3.0), torch.ones(3)
    out = operation(track_provenance(x, one), track_provenance(y, two))
    assert get_provenance(out) == one | two
    assert torch.equal(detach_provenance(out), operation(x, y))


def test_a_detached_operand_brings_nothing(ab):
    a, b = ab
    assert get_provenance(a + detach_provenance(b)) == A
    assert type(detach_provenance(b)) is torch.Tensor
    assert detach_provenance(b) is detach_provenance(b)


def test_the_users_tensor_stays_as_it_was_and_shares_its_data():
    x = torch.zeros(3)
    tracked = track_provenance(x, A)
    assert type(x) is torch.Tensor
    assert get_provenance(x) == frozenset()
    x[0] = 5
    assert tracked[0] == 5
    assert track_provenance(x, ()) is x


@pytest.mark.parametrize(
    "make",
    [
        lambda t: [t, 1], lambda t: (t, "x"), lambda t: {"k": t}, lambda t: {"k": [t, (t,)]},
        lambda t: Pair(t, None), lambda t: {t}, lambda t: frozenset([t]),
    ],
)  # fmt: skip
def test_containers_are_tracked_leaf_by_leaf(make):
    x = torch.ones(2)
    tracked = track_provenance(make(x), A)
    assert type(tracked) is type(make(x))
    assert get_provenance(tracked) == A
    assert get_provenance(track_provenance(tracked, B)) == A | B
    assert get_provenance(detach_provenance(tracked)) == frozenset()


def _in_place(x, t):
    x.add_(t)


def _augmented(x, t):
    x += t


def _copied(x, t):
    x.copy_(t)


def _set_item(x, t):
    x[0] = t[0]


def _into_out(x, t):
    torch.add(t, 1, out=x)


def _through_a_view(x, t):
    x[1:].copy_(t[1:])


def _filled(x, t):
    x.index_copy_(0, torch.tensor([0]), t[:1])


WRITES = [_in_place, _augmented, _copied, _set_item, _into_out, _through_a_view, _filled]


@pytest.mark.parametrize("write", WRITES)
def test_a_plain_tensor_that_is_written_into_has_the_set_too(write, ab):
    x = torch.zeros(3)
    write(x, ab[0])
    assert get_provenance(x) == A
    assert get_provenance(x * 2) == A


def test_a_tracked_tensor_that_is_written_into_keeps_its_own(ab):
    a, b = ab
    same = a
    a.add_(b)
    assert same is a
    assert get_provenance(a) == A | B


def test_the_set_is_saved_and_loaded_with_the_tensor(ab):
    file = io.BytesIO()
    torch.save({"a": ab[0]}, file)
    file.seek(0)
    loaded = torch.load(file, weights_only=True)["a"]
    assert get_provenance(loaded) == A
    assert torch.equal(detach_provenance(loaded), torch.arange(3.0))
    assert get_provenance(copy.deepcopy(ab[0])) == A


def test_the_set_passes_through_vmap_and_grad(ab):
    a, b = ab
    assert get_provenance(torch.func.vmap(lambda x: x * 2)(a)) == A
    assert get_provenance(torch.vmap(torch.mul)(a, b)) == A | B
    assert get_provenance(torch.vmap(lambda x: x * b.sum())(a)) == A | B
    assert get_provenance(torch.func.grad(lambda x: (x * x).sum())(a)) == A
    assert get_provenance(torch.func.grad_and_value(lambda x: (x * x).sum())(a)) == A
    nested = torch.vmap(torch.func.grad(lambda x: x.sin()))(a)
    assert get_provenance(nested) == A
    assert torch.equal(detach_provenance(torch.vmap(lambda x: x * 2)(a)), torch.arange(3.0) * 2)


def test_gradients_flow_through_a_tracked_tensor():
    w = torch.ones(3, requires_grad=True)
    (track_provenance(w, A) * 2).sum().backward()
    assert torch.equal(w.grad, torch.full((3,), 2.0))


def test_torchs_own_functions_can_be_put_back(ab):
    from torch._functorch import apis

    from traceprop_nb.adapters.pyro import provenance

    provenance.remove()
    try:
        assert apis.vmap_impl.__name__ == "vmap_impl"
        assert get_provenance(torch.vmap(lambda x: x * 2)(ab[0])) == frozenset()  # the control
    finally:
        provenance.install()


def test_arrays_have_their_set_through_the_lineage_graph(monkeypatch):
    notebook = Notebook()
    monkeypatch.setattr(sys.modules["traceprop_nb.session"], "current", lambda: notebook.session)
    notebook("import numpy as np, jax.numpy as jnp")
    notebook("x = jnp.arange(3.0)\nz = np.ones(3)")
    x = track_provenance(notebook.names["x"], A)
    assert x is notebook.names["x"]
    track_provenance({"z": notebook.names["z"]}, B)
    notebook("y = jnp.sin(x)\nboth = y + jnp.asarray(z)\nneither = jnp.zeros(3)")
    assert get_provenance(notebook.names["y"]) == A
    assert get_provenance(notebook.names["both"]) == A | B
    assert get_provenance([notebook.names["neither"], np.zeros(2)]) == frozenset()
    notebook.names["cut"] = detach_provenance(notebook.names["y"])
    notebook("after = cut * 2")
    assert get_provenance(notebook.names["after"]) == frozenset()
    notebook.session.close()
