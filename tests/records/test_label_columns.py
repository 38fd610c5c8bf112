"""Feature columns that are the label: found on every row, and nothing else is called one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tests.records.notebook import Lab, trained
from traceprop_nb.session import label_columns as module
from traceprop_nb.session.label_columns import _OneToOne, _Scaled


def leak(lab: Lab) -> dict:
    """The field of the last run."""
    return [f for i, f in lab.fields().items() if i.startswith("data.leak.")][-1]


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        ("c=(y == 'sick').astype(int)", "2 (c)"),
        ("c=np.where(y == 'sick', -4.0, 2.5)", "2 (c)"),
        ("c=1, d=(y != 'sick').astype(float)", "3 (d)"),
    ],
)
def test_a_column_that_is_the_label_is_a_contradiction_that_names_it(columns, named):
    lab = trained(f"""\
W = X.assign({columns})
model = LogisticRegression().fit(W, y)""")
    field = leak(lab)
    assert field["state"] == "contradicted"
    assert field["check"]["detail"] == f"feature column {named} equals the label on all 140 rows"


def test_a_pipeline_that_scales_the_column_hides_nothing():
    lab = trained(
        "W = X.assign(c=(y == 'sick').astype(int))\n"
        "model = make_pipeline(StandardScaler(), LogisticRegression()).fit(W, y)"
    )
    assert leak(lab)["state"] == "contradicted"


@pytest.mark.parametrize(
    "columns",
    ["c=np.where(np.arange(140) == 139, 1 - (y == 'sick'), y == 'sick')", "c=1.0",
     "c=np.arange(140)", "c=(y == 'sick') + np.arange(140) % 2 * 2"],
)  # fmt: skip
def test_a_column_that_only_comes_near_is_none(columns):
    lab = trained(f"model = LogisticRegression().fit(X.assign({columns}), y)")
    field = leak(lab)
    assert field["state"] == "established"
    assert field["value"]["columns_that_are_the_label"] == []
    assert field["value"]["feature_columns"] == 3


@pytest.mark.parametrize(
    "fit",
    ["LogisticRegression().fit(X.iloc[:19].assign(c=y == 'sick'), y.iloc[:19])",
     "LogisticRegression(C=0.1).fit(X.iloc[:20].assign(c=1.0), np.arange(20) // 1.5)"],
)  # fmt: skip
def test_few_rows_or_a_label_a_row_show_nothing(fit):
    field = leak(trained(f"model = {fit}"))
    assert field["state"] == "partial"
    assert field["value"]["columns_that_are_the_label"] is None


def test_every_shard_and_every_loss_is_looked_at():
    lab = trained()
    lab("import torch\nfrom torch.utils.data import DataLoader, TensorDataset\n"
        "rows = torch.tensor(X.to_numpy(), dtype=torch.float32)\n"
        "data = TensorDataset(rows, rows[:, 1:] * 3 + 1)")  # fmt: skip
    lab.train("net", """\
net = torch.nn.Linear(2, 1)
step = torch.optim.SGD(net.parameters(), lr=0.01)
for epoch in range(2):
    for x, z in DataLoader(data, 20):
        step.zero_grad()
        torch.nn.functional.mse_loss(net(x), z).backward()
        step.step()
""")  # fmt: skip
    field = leak(lab)
    assert field["state"] == "contradicted"
    assert field["value"]["columns_that_are_the_label"] == ["1"]


columns = st.lists(st.integers(0, 3), min_size=4, max_size=12)


@given(st.data(), columns, st.integers(1, 5))
def test_one_to_one_in_blocks_is_one_to_one_at_once(data, labels, size):
    shift = data.draw(st.permutations(range(4)))
    column = [float(shift[label]) for label in labels]
    if data.draw(st.booleans()):
        column = [float(v) for v in data.draw(st.lists(st.integers(0, 3), min_size=len(labels),
                                                       max_size=len(labels)))]  # fmt: skip
    pairs = set(zip(column, labels, strict=True))
    truth = len(pairs) == len(set(column)) == len(set(labels))
    test = _OneToOne(len(set(labels)), 1)
    x, y = np.array(column), np.array(labels)
    starts = range(0, len(y), size)
    holds = all(test.holds(0, x[at : at + size], y[at : at + size]) for at in starts)
    assert holds == truth


@given(st.floats(-9, 9).filter(lambda s: abs(s) > 0.01), st.floats(-9, 9), st.booleans())
def test_a_scaled_label_is_one_and_a_bent_one_is_not(slope, start, bent):
    x = np.random.default_rng(0).normal(size=40)
    y = slope * x + start
    y[33] += 0.01 * np.ptp(y) * bent
    test = _Scaled(40, 1)
    assert all(test.holds(0, x[at : at + 8], y[at : at + 8]) for at in range(0, 40, 8)) != bent


@pytest.mark.parametrize(("last", "equal"), [(0.0, True), (0.5, False)])
def test_a_scaled_label_in_sorted_rows_is_found_too(last, equal):
    x = np.repeat([1.0, 2.0, 3.0, 5.0], 10)
    y = 2 * x + 1
    y[0] += last
    test = _Scaled(4, 1)
    assert all(test.holds(0, x[at : at + 10], y[at : at + 10]) for at in range(0, 40, 10)) == equal
    moved = np.where(x == 1, y + 7, y)
    test = _Scaled(4, 1)
    assert not all(test.holds(0, x[at : at + 10], moved[at : at + 10]) for at in range(0, 40, 10))


@settings(max_examples=15, deadline=None)
@given(st.integers(5, 90))
def test_the_answer_does_not_depend_on_the_blocks(size):
    lab = trained("W = X.assign(c=y == 'sick')\nmodel = LogisticRegression().fit(W, y)")
    run = lab.session.runs["screen"]
    first, block = module.FIRST, module.BLOCK
    try:
        module.FIRST, module.BLOCK = size, 3 * size
        assert module.label_columns(run, module.answers(run)) == [2]
    finally:
        module.FIRST, module.BLOCK = first, block
