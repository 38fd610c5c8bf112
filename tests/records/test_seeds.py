"""Seeds on record: the calls that set one, in traced cells, by their libraries' names."""

from __future__ import annotations

import pytest

from tests.records.notebook import Lab


def seeds(lab: Lab) -> list[tuple[str, int | None]]:
    """What was noted, in order."""
    found = lab.session.noticed.seeds_set()
    assert lab.swallowed() == {}
    return [(seed.call, seed.value) for seed in found]


CALLS = [
    ("random.seed(1)", "random.seed", 1),
    ("random.Random(2)", "random.Random", 2),
    ("np.random.seed(3)", "numpy.random.seed", 3),
    ("np.random.default_rng(4)", "numpy.random.default_rng", 4),
    ("default_rng(seed=5)", "numpy.random.default_rng", 5),
    ("np.random.default_rng()", "numpy.random.default_rng", None),
    ("np.random.RandomState(np.int64(6))", "numpy.random.RandomState", 6),
    ("np.random.Generator(np.random.PCG64(7))", "numpy.random.PCG64", 7),
    ("torch.manual_seed(8)", "torch.manual_seed", 8),
    ("torch.Generator().manual_seed(9)", "torch.Generator.manual_seed", 9),
    ("jax.random.key(10)", "jax.random.key", 10),
    ("jax.random.PRNGKey(seed=11)", "jax.random.PRNGKey", 11),
    ("LogisticRegression(random_state=12)", "sklearn.LogisticRegression(random_state)", 12),
    ("KFold(3, shuffle=True, random_state=13)", "sklearn.KFold(random_state)", 13),
    ("train_test_split([1, 2, 3], random_state=k)", "sklearn.train_test_split(random_state)", 14),
    ("frame.sample(2, random_state=k)", "pandas.DataFrame.sample(random_state)", 14),
    ("mine(k)", "numpy.random.default_rng", 14),
]
IMPORTS = """\
import random
import jax
import numpy as np
import pandas as pd
import torch
from numpy.random import default_rng
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, train_test_split
k, frame = 14, pd.DataFrame({"a": [1, 2, 3]})
def mine(k):
    return np.random.default_rng(k)
"""


@pytest.fixture(scope="module")
def lab() -> Lab:
    made = Lab()
    made(IMPORTS)
    return made


@pytest.mark.parametrize(("source", "call", "value"), CALLS, ids=[c[0] for c in CALLS])
def test_a_call_that_sets_a_seed_is_noted_with_the_seed(lab, source, call, value):
    before = len(seeds(lab))
    lab(source)
    assert seeds(lab)[before:] == [(call, value)]
    lab(source, traced=False)
    assert len(seeds(lab)) == before + 1


@pytest.mark.parametrize(
    "source",
    ["def f(seed, random_state=None): return seed\nf(seed=3)\nf(1, random_state=4)",
     "LogisticRegression(random_state=None)", "LogisticRegression(random_state=rng)",
     "class Own:\n    def seed(self, k): return k\nOwn().seed(5)", "dict(seed=6)",
     "rng.normal(size=3)"],
)  # fmt: skip
def test_what_sets_no_seed_of_a_library_is_not_noted(source):
    lab = Lab()
    lab(IMPORTS)
    lab("rng = np.random.RandomState(1)")
    lab(source)
    assert seeds(lab) == [("numpy.random.RandomState", 1)]


def test_seeds_are_on_record_with_their_cells_and_training_compares_them():
    lab = Lab()
    lab("import numpy as np\nfrom sklearn.linear_model import LogisticRegression")
    assert lab.fields()["env.seeds"]["missing"]["why"] == "not_observed"
    lab("rng = np.random.default_rng(7)\nX = rng.normal(size=(30, 2))\ny = np.arange(30) % 2")
    lab.train("fit", "LogisticRegression().fit(X, y)")
    field = lab.fields()["env.seeds"]
    assert field["state"] == "established"
    assert field["value"] == [{"call": "numpy.random.default_rng", "value": 7, "cell": 2}]


def test_without_a_traced_cell_nobody_watched_for_seeds():
    lab = Lab()
    lab("import random\nrandom.seed(1)", traced=False)
    assert lab.fields()["env.seeds"]["missing"]["why"] == "capture_off"


def test_very_many_seeds_are_kept_up_to_a_bound_and_counted():
    lab = Lab()
    lab("import random\nfor k in range(205): random.seed(k)\nfor _ in range(9): random.seed(0)")
    assert len(seeds(lab)) == 200
    gaps = lab.session.report().to_dict()["tool"]["capture_coverage"]["known_gaps"]
    assert "5 seeds after the first 200 are counted only" in gaps
