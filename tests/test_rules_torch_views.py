"""Tensors whose rows lie along another axis, and writes through views of tensors."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from traceprop_nb.lineage.nodes import Status

N = 4
SAME = [[i] for i in range(N)]


def rows(*given):
    """Each row's sources, a number standing for itself alone."""
    return [[one] if isinstance(one, int) else list(one) for one in given]


@pytest.fixture
def tensors(notebook):
    """Tensors ``t`` and ``u`` and an array ``a`` of four rows, as sources."""
    notebook("import numpy as np, torch\n")
    notebook.source("t", torch.arange(8.0).reshape(4, 2))
    notebook.source("u", torch.arange(8.0).reshape(4, 2) * 10)
    notebook.source("a", np.arange(8.0).reshape(4, 2))
    return notebook


TURNED = {
    "t.t()[:, 1:]": rows([1, 2, 3], [1, 2, 3]),
    "t.T[0]": SAME,
    "t.T[:, 2]": rows(2, 2),
    "t.T.flip(1).T": SAME[::-1],
    "(t.t() * 2 + 1)[:, ::2].T": rows(0, 2),
    "t.T.clone().numpy().T[1:]": rows(1, 2, 3),
    "torch.from_numpy(a.T).T": [[]] * N,
    "t.unsqueeze(0)[0, 1:3]": rows(1, 2),
    "t[None].repeat(2, 1, 1)[1]": SAME,
    "t[torch.tensor([[0, 3]])][:, 1]": rows(3),
    "t[2][None]": rows(2),
    "t.unsqueeze(1).transpose(0, 2)[1, 0, 3:]": rows(3),
    "t.permute(1, 0).contiguous().permute(1, 0)[::2]": rows(0, 2),
    "t.swapaxes(0, 1).select(1, 3)": rows(3, 3),
    "t.T.narrow(1, 1, 2).mT": rows(1, 2),
    "torch.cat([t[3:], t[:1]]).T.T": rows(3, 0),
}


@pytest.mark.parametrize("expression", TURNED)
def test_rows_are_followed_along_another_axis(tensors, expression):
    tensors(f"out = {expression}")
    assert tensors.behind("out", "t") == TURNED[expression]
    assert tensors.status("out") == Status.EXACT
    assert not tensors.swallowed()


SHARED = {
    "w = t[:2]\nw.copy_(u[2:])": (rows([], [], 2, 3), rows(2, 3, [], [])),
    "w = t[:2]\nw[:] = u[2:]": (rows([], [], 2, 3), rows(2, 3, [], [])),
    "w = t.view(8)\nw[:2] = u[0]": (rows([], 1, 2, 3), rows(0, [], [], [])),
    "t.view(-1)[2:4] = u[0]": (rows(0, [], 2, 3), rows([], 0, [], [])),
    "w = t.t()\nw[:, 0] = u[0]": (rows([], 1, 2, 3), rows(0, [], [], [])),
    "w = t.t()\nw.copy_(u.T)": (rows([], [], [], []), SAME),
    "n = t.numpy()\nn[0] = u.numpy()[0]": (rows([], 1, 2, 3), rows(0, [], [], [])),
    "t[:1].copy_(u[:1])": (rows([], 1, 2, 3), rows(0, [], [], [])),
    "t.data[0] = u[0]": (rows([], 1, 2, 3), rows(0, [], [], [])),
    "t.detach()[0] = u[0]": (rows([], 1, 2, 3), rows(0, [], [], [])),
    "t.T[:, 0] = u[0]": (rows([], 1, 2, 3), rows(0, [], [], [])),
    "t.T[:, 1:3] = u[:2].T": (rows(0, [], [], 3), rows([], 0, 1, [])),
    "n = np.asarray(t)\nn[0] = np.asarray(u)[0]": (rows([], 1, 2, 3), rows(0, [], [], [])),
    "w = t.t_()\nt = w.t()": (SAME, [[]] * N),
    "for row in t[1:3]:\n    row.copy_(u[3])": (rows(0, [], [], 3), rows([], 3, 3, [])),
}


@pytest.mark.parametrize("statements", SHARED)
def test_a_write_through_a_view_reaches_the_tensor(tensors, statements):
    tensors(statements)
    assert (tensors.behind("t", "t"), tensors.behind("t", "u")) == SHARED[statements]
    assert tensors.status("t") == Status.EXACT
    assert not tensors.swallowed()
