"""PyTorch's rules: tensors, modules, data sets and loaders, row by row."""

from __future__ import annotations

import numpy as np
import pytest

from tests.traced import rows
from traceprop_nb.lineage.nodes import Status

torch = pytest.importorskip("torch")

N = 4
ALL = list(range(N))
SAME = rows(*ALL)


@pytest.fixture
def tensors(notebook):
    """Tensors ``t`` and ``u``, a vector ``v`` and an array ``a`` of four rows, as sources."""
    notebook("import numpy as np, torch\nfrom torch import nn\nfrom torch.utils.data import"
             " DataLoader, Subset, TensorDataset, random_split, ConcatDataset, StackDataset,"
             " BatchSampler, DistributedSampler\ntorch.manual_seed(0)")  # fmt: skip
    notebook.source("t", torch.arange(8.0).reshape(4, 2))
    notebook.source("u", torch.arange(8.0).reshape(4, 2) * 10)
    notebook.source("v", torch.tensor([3.0, 1.0, 2.0, 0.0]))
    notebook.source("a", np.arange(8.0).reshape(4, 2))
    return notebook


EXACT = {
    "t[1:]": rows(1, 2, 3),
    "t[-1]": rows(3, 3),
    "t[::2]": rows(0, 2),
    "t[[2, 0]]": rows(2, 0),
    "t[torch.tensor([-1, 0])]": rows(3, 0),
    "t[v > 1.5]": rows(0, 2),
    "t[v > 1.5, 0]": rows(0, 2),
    "t[:, 0]": SAME,
    "t[..., 1]": SAME,
    "t[torch.tensor(2)]": rows(2, 2),
    "t.index_select(0, torch.tensor([3, 1]))": rows(3, 1),
    "t * 2 + 1": SAME,
    "t + t[:, :1]": SAME,
    "t.exp()": SAME,
    "torch.exp(t)": SAME,
    "torch.where(t > 1, t, 0.0)": SAME,
    "torch.clamp(t, 0, 1)": SAME,
    "torch.relu(t)": SAME,
    "nn.functional.relu(t)": SAME,
    "t.float()": SAME,
    "t.double()": SAME,
    "t.to(torch.float64)": SAME,
    "t.clone()": SAME,
    "t.detach()": SAME,
    "t.numpy()": SAME,
    "t.detach().cpu().numpy()": SAME,
    "t.sum(dim=1)": SAME,
    "t.sum(axis=1)": SAME,
    "t.mean(-1)": SAME,
    "torch.mean(t, dim=1)": SAME,
    "t.sum(0)": rows(ALL, ALL),
    "t.mean(dim=-2)": rows(ALL, ALL),
    "torch.sum(t)": rows(ALL),
    "t.mean()": rows(ALL),
    "t.sum(dim=(0, 1))": rows(ALL),
    "t @ torch.ones(2, 3)": SAME,
    "t.unsqueeze(1)": SAME,
    "t.unsqueeze(-1).squeeze(-1)": SAME,
    "t.reshape(4, 2, 1)": SAME,
    "t.view(4, -1)": SAME,
    "t.flatten(1)": SAME,
    "torch.cat([t, t[:1]])": rows(*ALL, 0),
    "torch.cat((t[2:], t[:2]), dim=0)": rows(2, 3, 0, 1),
    "torch.cat([t, t], dim=1)": SAME,
    "torch.cat([t, t], -1)": SAME,
    "torch.cat([t, t], -2)": rows(*ALL, *ALL),
    "torch.vstack([t, t[:1]])": rows(*ALL, 0),
    "torch.concat(tensors=[t, t])": rows(*ALL, *ALL),
    "torch.stack([t[3], t[1]])": rows(3, 1),
    "torch.stack([t, t], dim=1)": SAME,
    "torch.stack([t[:, 0], t[:, 1]], dim=-1)": SAME,
    "nn.Linear(2, 3)(t)": SAME,
    "nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Dropout(.5))(t)": SAME,
    "nn.BatchNorm1d(2).eval()(t)": SAME,
}


@pytest.mark.parametrize("expression", EXACT)
def test_rows_are_known_exactly(tensors, expression):
    tensors(f"out = {expression}")
    assert tensors.behind("out", "t") == EXACT[expression]
    assert tensors.status("out") == Status.EXACT
    assert not tensors.swallowed()


IMPORTED = ["torch.from_numpy(a)", "torch.as_tensor(a)", "torch.tensor(a)",
            "torch.from_numpy(a).float()", "torch.tensor(a[:, 0])"]  # fmt: skip


@pytest.mark.parametrize("expression", IMPORTED)
def test_an_array_becomes_a_tensor_row_by_row(tensors, expression):
    tensors(f"out = {expression}")
    assert tensors.behind("out", "a") == SAME
    assert tensors.status("out") == Status.EXACT


MOVED = {
    "t.flip(0)": rows(3, 2, 1, 0),
    "torch.flip(t, [0])": rows(3, 2, 1, 0),
    "t.repeat(2, 1)": rows(*ALL, *ALL),
    "t.view(-1)": rows(0, 0, 1, 1, 2, 2, 3, 3),
    "t.flatten()": rows(0, 0, 1, 1, 2, 2, 3, 3),
    "t[:1].unsqueeze(0)": rows(0),
    "t[2][None]": rows(2),
    "(t[2] * 2)[None]": rows(2),
    "t[:1].squeeze()": rows(0, 0),
    "t.view(8)[torch.tensor([7, 0])]": rows(3, 0),
    "t.index_select(1, torch.tensor([0]))": SAME,
    "t.roll(1, 0)": rows(3, 0, 1, 2),
    "v.sort().values": rows(3, 1, 2, 0),
    "v.topk(2).values": rows(0, 2),
    "torch.stack([t[3] * 1, t[1]])": rows(3, 1),
    "torch.cumsum(t, 0)": rows([0], [0, 1], [0, 1, 2], ALL),
    "t[:1].expand(4, 2)": rows(0, 0, 0, 0),
    "[row * 1 for row in t][2]": rows(2, 2),
    "list(t.split(3))[1]": rows(3),
    "t[::2, [0, 1]]": rows(0, 2),
    "t[:, None, :][[3]]": rows(3),
    "torch.unique(v.long() // 2)": rows([1, 3], [0, 2]),
}


@pytest.mark.parametrize("expression", MOVED)
def test_rows_that_move_are_followed(tensors, expression):
    tensors(f"out = {expression}")
    source = "v" if "v." in expression else "t"
    assert tensors.behind("out", source) == MOVED[expression]
    assert tensors.status("out") == Status.EXACT
    assert not tensors.swallowed()


PUT_TOGETHER = {
    "t.reshape(2, 4)": rows([0, 1], [2, 3]),
    "(t + 1).reshape(2, 4)": rows([0, 1], [2, 3]),
    "torch.gather(t, 0, torch.tensor([[3, 0]]))": rows([0, 3]),
    "torch.stack([t, t])": rows(ALL, ALL),
    "torch.stack([t.T, t.T], dim=1)": rows(ALL, ALL),
    "torch.einsum('ij->ji', t)": rows(ALL, ALL),
}


@pytest.mark.parametrize("expression", PUT_TOGETHER)
def test_rows_put_together_of_several_are_a_superset_of_what_is_taken_out_of_them(
    tensors, expression
):
    tensors(f"out = {expression}")
    assert tensors.behind("out", "t") == PUT_TOGETHER[expression]
    assert tensors.status("out") == Status.INEXACT


COUPLED = ["nn.BatchNorm1d(2)(t)", "nn.Softmax(dim=0)(t)", "torch.softmax(t, 0)",
           "nn.Sequential(nn.Linear(2, 2), nn.Softmax(0))(t)", "nn.LayerNorm((4, 2))(t)",
           "nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.ReLU())(t)",
           "nn.functional.normalize(t, dim=0)"]  # fmt: skip


@pytest.mark.parametrize("expression", COUPLED)
def test_what_scales_a_row_by_the_whole_batch_has_the_batch_as_context(tensors, expression):
    tensors(f"out = {expression}")
    assert tensors.behind("out", "t") == SAME
    assert tensors.behind("out", "t", context=True) == [ALL] * N
    assert tensors.status("out") == Status.EXACT


LOOSE = ["torch.stft(v.repeat(8), 4, window=torch.ones(4), return_complex=True)",
         "t.as_strided((2, 2), (2, 1))",
         "torch.nn.utils.parametrizations.orthogonal(nn.Linear(2, 2))(t)", "torch.poisson(t)",
         "t.clone().apply_(abs)", "t.to_sparse().to_dense()",
         "torch.index_put(t, (torch.tensor([0]),), u[:1], accumulate=True)",
         "nn.Sequential(nn.Linear(2, 2), nn.Softmax(0))(t[0])"]  # fmt: skip


@pytest.mark.parametrize("expression", LOOSE)
def test_what_no_rule_describes_is_not_called_exact(tensors, expression):
    tensors(f"out = {expression}")
    assert tensors.status("out") in (Status.INEXACT, Status.UNKNOWN)
    assert not tensors.swallowed()


def test_the_weights_of_a_statistic_are_context(tensors):
    tensors("out = t - t.mean(0)\nbig = torch.maximum(t, u)")
    assert tensors.behind("out", "t") == SAME
    assert tensors.behind("out", "t", context=True) == [ALL] * N
    assert tensors.behind("big", "u") == tensors.behind("big", "t") == SAME


NEW = ["torch.zeros(3)", "torch.randn(3, 2)", "torch.randperm(4)", "torch.eye(3)"]


@pytest.mark.parametrize("expression", NEW)
def test_new_tensors_come_from_nowhere(tensors, expression):
    tensors(f"out = {expression}")
    assert not any(tensors.behind("out", "t"))
    assert tensors.status("out") == Status.EXACT


def test_a_tensor_of_python_numbers_is_assumed(tensors):
    tensors("out = torch.tensor([1.0, 2.0])\nmixed = torch.tensor([float(t[0, 0]), 2.0])")
    assert tensors.answer("out", 0).status == Status.ASSUMED
    tensors("traced = torch.tensor([t[0, 0], t[3, 1]])")
    assert tensors.status("traced") == Status.INEXACT


WRITES = {
    "t[1] = 0.0": (SAME, [[]] * N, Status.EXACT),
    "t[t > 1] = -1": (SAME, [[]] * N, Status.EXACT),
    "t += 1": (SAME, [[]] * N, Status.EXACT),
    "t += u": (SAME, SAME, Status.EXACT),
    "t.zero_()": (SAME, [[]] * N, Status.EXACT),
    "t[:2] = u[2:]": (rows([], [], 2, 3), rows(2, 3, [], []), Status.EXACT),
    "t[:, 0] = u[:, 1]": (SAME, SAME, Status.EXACT),
    "t[v > 1.5] = u[:1]": (rows([], 1, [], 3), rows(0, [], 0, []), Status.EXACT),
    "t[torch.tensor([3, 0])] += u[:2]": (SAME, rows(1, [], [], 0), Status.EXACT),
    "t.copy_(u)": ([[]] * N, SAME, Status.EXACT),
    "t.__setitem__(0, u[3])": (rows([], 1, 2, 3), rows(3, [], [], []), Status.EXACT),
    "t.add_(u)": (SAME, SAME, Status.EXACT),
    "t.mul_(2).sub_(u.mean())": (SAME, [[]] * N, Status.EXACT),
    "t.index_add_(0, torch.tensor([2, 0]), u[:2])": (SAME, rows(1, [], 0, []), Status.EXACT),
    "torch.add(u, 1, out=t)": ([[]] * N, SAME, Status.EXACT),
    "t[1] = u[:, 0][:2]": (rows([0], [], [2], [3]), rows([], [0, 1], [], []), Status.INEXACT),
}


@pytest.mark.parametrize("statement", WRITES)
def test_a_write_is_followed_or_a_superset(tensors, statement):
    own, other, status = WRITES[statement]
    tensors(statement)
    assert tensors.behind("t", "t") == own
    assert tensors.behind("t", "u") == other
    assert tensors.status("t") == status


LOADERS = {
    "DataLoader(data, batch_size=2)": [0, 1, 2, 3],
    "DataLoader(data, batch_size=3, drop_last=True)": [0, 1, 2],
    "DataLoader(Subset(data, [3, 1]), batch_size=1)": [3, 1],
    "DataLoader(Subset(Subset(data, [3, 2, 0]), [2, 0]))": [0, 3],
    "DataLoader(data, sampler=[2, 2, 1])": [2, 2, 1],
    "DataLoader(data, batch_sampler=[[3], [0, 1]])": [3, 0, 1],
    "DataLoader(data, sampler=Subset(range(4), [3, 0]), batch_size=2)": [3, 0],
    "DataLoader(ConcatDataset([Subset(data, [3]), data]), batch_size=2)": [3, 0, 1, 2, 3],
    "DataLoader(StackDataset(t, v), sampler=[1, -1])": [1, 3],
    "DataLoader(Subset(StackDataset(t, v), [2, 0]), batch_size=2, num_workers=1)": [2, 0],
    "DataLoader(data, batch_sampler=BatchSampler([1, 3, 2], 2, drop_last=True))": [1, 3],
    "DataLoader(data, sampler=DistributedSampler(data, 2, 1, shuffle=False))": [1, 3],
    "DataLoader(data, batch_size=2, num_workers=1, persistent_workers=True)": [0, 1, 2, 3],
}


@pytest.mark.parametrize("loader", LOADERS)
def test_a_batch_is_made_of_the_rows_that_the_loader_drew(tensors, loader):
    tensors(f"data = TensorDataset(t, v)\nseen = []\nfor x, y in {loader}:\n"
            "    seen.append((x, y))\nxs = torch.cat([x for x, _ in seen])\n"
            "ys = torch.cat([y for _, y in seen])")  # fmt: skip
    assert tensors.behind("xs", "t") == rows(*LOADERS[loader])
    assert tensors.behind("ys", "v") == rows(*LOADERS[loader])
    assert tensors.status("xs") == Status.EXACT


@pytest.mark.parametrize("workers", [0, 1])
def test_a_shuffled_epoch_is_known_with_and_without_workers(tensors, workers):
    tensors(f"loader = DataLoader(TensorDataset(t, v), batch_size=3, shuffle=True,"
            f" num_workers={workers})\nxs = torch.cat([x for x, _ in loader])\n"
            "again = torch.cat([x for x, _ in loader])")  # fmt: skip
    for name in ("xs", "again"):
        drawn = [[int(x[0]) // 2] for x in tensors.names[name]]
        assert tensors.behind(name, "t") == drawn
    assert tensors.path("xs")[-2:] == ["DataLoader batch", "cat"]


ODD_LOADERS = [
    "DataLoader(data, batch_size=2, collate_fn=lambda rows:"
    " [torch.stack([r[k] for r in rows[::-1]]) for k in (0, 1)])",
    "DataLoader(Reversed(t, v), batch_size=2)",
]


@pytest.mark.parametrize("loader", ODD_LOADERS)
def test_a_batch_that_the_users_code_put_together_is_followed_through_it(tensors, loader):
    tensors("class Reversed(TensorDataset):\n    def __getitem__(self, i):\n"
            "        return tuple(x[-1 - i] for x in self.tensors)\ndata = TensorDataset(t, v)\n"
            f"for x, y in {loader}:\n    break\nout = x * 1\nlabel = y * 1")  # fmt: skip
    assert tensors.behind("out", "t") == [[int(x[0]) // 2] for x in tensors.names["out"]]
    assert tensors.behind("label", "v") == tensors.behind("out", "t")
    assert tensors.status("out") == tensors.status("label") == Status.EXACT


@pytest.mark.parametrize("workers", [0, 1])
def test_batches_that_nobody_traced_in_between_do_not_shift_the_others(tensors, workers):
    tensors(f"loader = DataLoader(TensorDataset(t, v), batch_size=1, num_workers={workers})\n"
            "it = iter(loader)\nx0, _ = next(it)")  # fmt: skip
    tensors("x1, _ = next(it)", traced=False)
    tensors("x2, _ = next(it)\nx3, _ = next(it)")
    for k in (0, 2, 3):
        assert tensors.behind(f"x{k}", "t") == rows(k)


def test_an_epoch_that_was_broken_off_does_not_shift_the_next(tensors):
    tensors("loader = DataLoader(TensorDataset(t, v), batch_size=1, num_workers=1,"
            " persistent_workers=True, shuffle=True)\nfor x, _ in loader:\n    break\n"
            "xs = torch.cat([x for x, _ in loader])\ndel loader")  # fmt: skip
    assert tensors.behind("xs", "t") == [[int(x[0]) // 2] for x in tensors.names["xs"]]


@pytest.mark.parametrize(
    "sampler", ["RandomSampler(data)", "SubsetRandomSampler([0, 3, 1])",
                "WeightedRandomSampler([1.0, 5.0, 2.0, 1.0], 8)", "SequentialSampler(data)"]
)  # fmt: skip
def test_every_sampler_of_pytorch_is_followed(tensors, sampler):
    tensors(f"from torch.utils.data import *\ndata = TensorDataset(t, v)\n"
            f"loader = DataLoader(data, sampler={sampler}, batch_size=3)\n"
            "xs = torch.cat([x for x, _ in loader])")  # fmt: skip
    assert tensors.behind("xs", "t") == [[int(x[0]) // 2] for x in tensors.names["xs"]]
    assert tensors.status("xs") == Status.EXACT


def test_data_sets_of_data_sets_know_their_rows(tensors):
    tensors("data = TensorDataset(t, v)\none, two = random_split(data, [1, 3])\n"
            "both = ConcatDataset([two, one])\nbeside = StackDataset(a=t, b=data)\n"
            "for batch in DataLoader(beside, batch_size=4):\n"
            "    x, y = batch['a'] * 1, batch['b'][1] * 1")  # fmt: skip
    assert sorted(tensors.behind("both", "t")) == SAME
    assert tensors.behind("two", "v") == [[i] for i in tensors.names["two"].indices]
    assert tensors.behind("beside", "t") == SAME
    assert tensors.behind("x", "t") == tensors.behind("y", "v") == SAME


def test_a_data_set_is_a_value_of_its_rows(tensors):
    tensors("data = TensorDataset(t, v)")
    assert tensors.behind("data", "t") == tensors.behind("data", "v") == SAME


OWN = """
class Own(torch.utils.data.Dataset):
    def __len__(self):
        return 4
    def __getitem__(self, i):
        return t.clone()[i]
class Stream(torch.utils.data.IterableDataset):
    def __iter__(self):
        for row in t.flip(0):
            yield {"x": row * 1, "y": 3}
"""


def test_items_of_the_users_own_data_sets_are_followed_in_this_process_alone(tensors):
    tensors(OWN + "xs = torch.cat(list(DataLoader(Own(), shuffle=True, batch_size=3)))\n"
            "ys = torch.cat([b['x'] for b in DataLoader(Stream(), batch_size=3)])\n"
            "far = torch.cat(list(DataLoader(Own(), num_workers=1)))")  # fmt: skip
    assert tensors.behind("xs", "t") == [[int(x[0]) // 2] for x in tensors.names["xs"]]
    assert tensors.behind("ys", "t") == rows(3, 2, 1, 0)
    assert tensors.status("xs") == tensors.status("ys") == Status.EXACT
    assert tensors.status("far") == Status.UNKNOWN
    assert not tensors.swallowed()


def test_a_module_of_the_users_own_records_its_own_steps(tensors):
    tensors("class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
            "        self.one = nn.Linear(2, 2)\n    def forward(self, x):\n"
            "        return torch.relu(self.one(x)) + x[[1, 0, 3, 2]]\nout = Net()(t)")  # fmt: skip
    assert tensors.behind("out", "t") == rows([0, 1], [0, 1], [2, 3], [2, 3])
    assert tensors.status("out") == tensors.status("t") == Status.EXACT
    tensors("class Swap(nn.Module):\n    def forward(self, x):\n        return x + x[[1, 0, 3, 2]]"
            "\nout = Swap()(t)")  # fmt: skip
    assert tensors.behind("out", "t") == rows([0, 1], [0, 1], [2, 3], [2, 3])
    assert tensors.status("out") == Status.EXACT
