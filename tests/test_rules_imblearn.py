"""imbalanced-learn's rules: which rows a sampler took, and which two stand behind a new one."""

from __future__ import annotations

import imblearn.over_sampling._smote.base as base
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from tests.traced import rows
from traceprop_nb.lineage.nodes import Status

N = 40
ALL = list(range(N))
IMPORTS = """
import numpy as np, pandas as pd
from imblearn.combine import SMOTEENN, SMOTETomek
from imblearn.ensemble import BalancedRandomForestClassifier
from imblearn.over_sampling import *
from imblearn.pipeline import make_pipeline
from imblearn.under_sampling import *
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
"""


@pytest.fixture
def data(notebook):
    """40 rows in two classes that overlap, a quarter in the smaller one, not sorted."""
    notebook(IMPORTS)
    rng = np.random.default_rng(0)
    y = rng.permutation(np.repeat([0, 1], [30, 10]))
    X = rng.normal(size=(N, 2)) + y[:, None]
    notebook.source("X", X)
    notebook.source("y", y)
    notebook.source("S", sparse.csr_matrix(X))
    notebook.source("d", pd.DataFrame(X, columns=["a", "b"]))
    notebook.source("q", pd.DataFrame({"a": X[:, 0], "c": np.where(y, "u", "v")}))
    return notebook


TAKING = [
    "RandomOverSampler(random_state=0)", "RandomUnderSampler(random_state=0)", "TomekLinks()",
    "InstanceHardnessThreshold(random_state=0, cv=2)", "NearMiss(version=1)", "NearMiss(version=2)",
    "EditedNearestNeighbours()", "RepeatedEditedNearestNeighbours()", "AllKNN()",
    "OneSidedSelection(random_state=0)", "CondensedNearestNeighbour(random_state=0)",
    "NeighbourhoodCleaningRule()", "RandomUnderSampler(random_state=0, replacement=True)",
]  # fmt: skip
MAKING = [
    "SMOTE(random_state=0)", "SMOTE(random_state=1, k_neighbors=2, sampling_strategy={1: 13})",
    "BorderlineSMOTE(random_state=0)",
    "BorderlineSMOTE(random_state=0, kind='borderline-2')", "SVMSMOTE(random_state=0)",
    "KMeansSMOTE(random_state=0, kmeans_estimator=KMeans(3, n_init=1, random_state=0),"
    " cluster_balance_threshold=.1, k_neighbors=2)",
    "SMOTEENN(random_state=0)", "SMOTETomek(random_state=0)",
]  # fmt: skip


@pytest.mark.parametrize("sampler", TAKING)
@pytest.mark.parametrize("given", ["X", "d"])
def test_every_row_that_was_taken_is_named(data, sampler, given):
    data(f"out, z = {sampler}.fit_resample({given}, y)")
    out, X = np.asarray(data.names["out"]), np.asarray(data.names[given])
    found = [row for (row,) in data.behind("out", given)]
    assert np.array_equal(out, X[found])
    assert data.behind("z", "y") == rows(*found)
    assert data.behind("out", "y", context=True) == [ALL] * len(out)
    assert data.status("out") == data.status("z") == Status.EXACT
    assert not data.swallowed()


@pytest.mark.parametrize("sampler", MAKING)
@pytest.mark.parametrize("given", ["X", "d", "S"])
def test_a_new_row_lies_between_the_two_rows_that_are_named(data, sampler, given):
    if given == "S" and "borderline-2" in sampler:
        pytest.skip("imbalanced-learn 0.14.2 cannot do this")
    data(f"out, z = {sampler}.fit_resample({given}, y)")
    out = data.names["out"]
    out = out.toarray() if sparse.issparse(out) else np.asarray(out)
    X, made = np.asarray(data.names["X"]), 0
    for row, behind in zip(out, data.behind("out", given), strict=True):
        assert len(behind) in (1, 2)
        first, last = X[behind[0]], X[behind[-1]]
        made += len(behind) == 2
        if len(behind) == 1:
            assert np.allclose(row, first)
        else:
            across = np.cross([*(last - first), 0], [*(row - first), 0])[2]
            assert abs(across) < 1e-9
    assert made > 1
    assert data.status("out") == data.status("z") == Status.EXACT
    labels, y = data.names["z"], data.names["y"]
    assert [y[i] for (i,) in data.behind("z", "y")] == labels.tolist()
    assert not data.swallowed()


def test_a_mixed_table_has_two_parents_too(data):
    data("out, z = SMOTENC([1], random_state=0).fit_resample(q, y)")
    out, q = data.names["out"], data.names["q"]
    for k, behind in enumerate(data.behind("out", "q")):
        low, high = sorted(q["a"].iloc[[behind[0], behind[-1]]])
        assert low - 1e-9 <= out["a"].iloc[k] <= high + 1e-9
    assert data.status("out") == Status.EXACT


@pytest.mark.parametrize("sampler", ["ADASYN(random_state=0)", "SMOTEN(random_state=0)"])
def test_what_makes_rows_out_of_sight_is_exact_for_the_old_ones_only(data, sampler):
    data(f"out, z = {sampler}.fit_resample(np.round(X), y)")
    assert data.behind("out", "X")[:N] == rows(*ALL)
    assert data.behind("out", "X")[N] == ALL
    assert data.answer("out", 3).status == Status.EXACT
    assert data.answer("out", N).status == Status.INEXACT


def test_centres_are_of_every_row_and_a_function_is_not_trusted(data):
    data("out, z = ClusterCentroids(random_state=0).fit_resample(X, y)\n"
         "from imblearn import FunctionSampler\n"
         "two, w = FunctionSampler(func=lambda X, y: (X[::-1], y)).fit_resample(X, y)")  # fmt: skip
    assert data.status("out") == Status.INEXACT
    assert data.behind("two", "X") == rows(*ALL[::-1]) or data.status("two") > Status.ASSUMED


def test_a_pipeline_with_a_sampler_answers_row_by_row(data):
    data("p = make_pipeline(StandardScaler(), SMOTE(random_state=0), LogisticRegression())\n"
         "out = p.fit(X[:30], y[:30]).predict(X[30:])\n"
         "f = BalancedRandomForestClassifier(3, random_state=0).fit(X[:30], y[:30])\n"
         "more = f.predict_proba(X[30:])")  # fmt: skip
    for name in ("out", "more"):
        assert data.behind(name, "X") == rows(*range(30, N))
        assert data.behind(name, "X", context=True) == [ALL[:30]] * 10
        assert data.status(name) == Status.EXACT


def test_new_rows_are_inexact_where_the_door_has_moved(notebook, monkeypatch):
    right = base.BaseSMOTE._generate_samples

    def moved(self, X, nn_data, nn_num, rows, cols, *rest):
        return right(self, X, nn_data, nn_num, rows[::-1], cols, *rest)

    monkeypatch.setattr(base.BaseSMOTE, "_generate_samples", moved)
    notebook(IMPORTS)
    assert "imblearn _generate_samples" in notebook.session.taps_off
    notebook.source("X", np.random.default_rng(0).normal(size=(12, 2)))
    notebook("y = np.repeat([0, 1], [8, 4])\n"
             "out, z = SMOTE(k_neighbors=2, random_state=0).fit_resample(X, y)")  # fmt: skip
    assert notebook.status("out") == Status.INEXACT


def test_imbalanced_learn_is_left_as_it_was_found(notebook):
    before = base.BaseSMOTE._generate_samples, base._safe_indexing
    notebook(IMPORTS)
    assert base.BaseSMOTE._generate_samples is not before[0]
    notebook.session.close()
    assert (base.BaseSMOTE._generate_samples, base._safe_indexing) == before
