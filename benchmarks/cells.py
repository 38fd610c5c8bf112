"""The cells that are measured, and the files they read."""

from __future__ import annotations

import pathlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Workload:
    """One cell to be run with and without us.

    Attributes:
        before: Run once, untraced: imports and constants.
        given: Run once; under ``%%trace`` in the traced arm, so that its values are known.
        cell: What is measured, after one run to warm up.
        header: The first line that the traced arm puts above the cell.
        repeats: How often a process runs the cell.
        warmed: Run once, untraced, between warming up and measuring.
    """

    before: str
    given: str
    cell: str
    header: str
    repeats: int
    warmed: str = ""


READ_TO_SPLIT = """\
people = pd.read_csv(FOLDER + "/people.csv")
visits = pd.read_csv(FOLDER + "/visits.csv")
joined = visits.merge(people, on="person", how="inner")
joined = joined[joined["age"] > 20]
joined = joined.dropna(subset=["income"])
mean = joined.groupby("region")["income"].transform("mean")
joined = joined.assign(relative=joined["income"] / mean)
table = pd.get_dummies(joined.drop(columns=["person", "day"]), columns=["region"])
X = table.drop(columns=["target"]).to_numpy(dtype=float)
y = table["target"].to_numpy()
X = (X - X.mean(axis=0)) / (X.std(axis=0) + 1e-9)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
"""

IMPORTS = """\
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
"""

LOOP = """\
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(3):
    for xb, yb in DataLoader(data, batch_size=64, shuffle=True):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(xb), yb)
        loss.backward()
        optimizer.step()
"""

TORCH = """\
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
X, y = load_digits(return_X_y=True)
"""


def realistic(folder: pathlib.Path, rows: int) -> Workload:
    """Two files, joined, filtered, encoded, scaled and split.

    A million rows are read once in a process, as people do; warming up takes a thousand. A second
    run in the same process finds memory that the first one has left, and measures the allocator.
    """
    small = folder / "small"
    write_files(small, 1_000)
    write_files(folder, rows)
    return Workload(
        before=f"{IMPORTS}FOLDER = {str(small)!r}\n",
        given="",
        cell=READ_TO_SPLIT,
        header="%%trace --quiet",
        repeats={1_000: 40, 100_000: 5}.get(rows, 1),
        warmed=f"FOLDER = {str(folder)!r}\n",
    )


def tree(rows: int = 1_000_000, lines: int = 40) -> Workload:
    """Three operators in one expression: NumPy reuses its temporaries if we let it."""
    before = f"{IMPORTS}rng = np.random.default_rng(0)\n"
    given = f"a, b, c = rng.random({rows}), rng.random({rows}), rng.random({rows}) + 1.0\n"
    return Workload(before, given, "d = (a - b) / c + b\n" * lines, "%%trace --quiet", 5)


def logistic(rows: int = 5_000, columns: int = 20) -> Workload:
    """One fit of scikit-learn's logistic regression."""
    before = f"{IMPORTS}rng = np.random.default_rng(0)\n"
    given = (
        f"X = rng.normal(size=({rows}, {columns}))\n"
        f"y = (X[:, 0] + rng.normal(size={rows}) > 0).astype(int)\n"
    )
    cell = "clf = LogisticRegression(max_iter=200).fit(X, y)\n"
    return Workload(before, given, cell, "%%train clf", 15)


def torch_loop() -> Workload:
    """Three epochs of a small network on the digits."""
    given = "data = TensorDataset(torch.as_tensor(X, dtype=torch.float32), torch.as_tensor(y))\n"
    return Workload(TORCH, given, LOOP, "%%train net", 5)


def write_files(folder: pathlib.Path, rows: int) -> None:
    """people.csv and visits.csv with this many visits, missing incomes among them."""
    import numpy as np
    import pandas as pd

    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(rows)
    many = max(rows // 2, 1)
    income = rng.lognormal(10, 1, many).round(2)
    income[rng.random(many) < 0.05] = np.nan
    people = {
        "person": np.arange(many),
        "age": rng.integers(18, 90, many),
        "income": income,
        "region": rng.choice(["north", "south", "east", "west"], many),
    }
    visits = {
        "person": rng.integers(0, many, rows),
        "day": rng.integers(0, 365, rows),
        "cost": rng.gamma(2, 50, rows).round(2),
        "target": rng.integers(0, 2, rows),
    }
    pd.DataFrame(people).to_csv(folder / "people.csv", index=False)
    pd.DataFrame(visits).to_csv(folder / "visits.csv", index=False)
