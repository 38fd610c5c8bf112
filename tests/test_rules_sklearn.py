"""scikit-learn's rules: what transformers, splitters and models do to rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.traced import rows
from traceprop_nb.adapters.sklearn import behaviour
from traceprop_nb.lineage.nodes import Kind, Status

N = 8
ALL = list(range(N))
SAME = rows(*ALL)
IMPORTS = """
import numpy as np, pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import train_test_split
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
class Doubled(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        return self
    def transform(self, X):
        return X * 2
class Sorting(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        return self
    def transform(self, X):
        return np.sort(X, axis=0)
"""


@pytest.fixture
def data(notebook):
    """A matrix ``X``, labels ``y`` and a frame ``d`` of eight rows, as sources."""
    notebook(IMPORTS)
    rng = np.random.default_rng(0)
    notebook.source("X", rng.normal(size=(N, 2)))
    notebook.source("y", np.array([0, 1] * 4))
    notebook.source("d", pd.DataFrame({"c": list("aabbaabb"), "v": rng.normal(size=N)}))
    return notebook


KEEPS = {
    "StandardScaler().fit_transform(X)": "X",
    "StandardScaler().fit(X).transform(X)": "X",
    "SimpleImputer().fit_transform(X)": "X",
    "OneHotEncoder().fit_transform(d[['c']])": "d",
    "OneHotEncoder(sparse_output=False).fit_transform(d[['c']])": "d",
    "OneHotEncoder().fit_transform(d[['c']]).toarray()": "d",
    "OneHotEncoder().fit_transform(d[['c']]).tocsc().toarray()": "d",
    "StandardScaler().set_output(transform='pandas').fit_transform(d[['v']])": "d",
    "make_pipeline(SimpleImputer(), StandardScaler()).fit_transform(X)": "X",
    "FeatureUnion([('a', StandardScaler()), ('b', SimpleImputer())]).fit_transform(X)": "X",
    "FunctionTransformer().fit_transform(X * 1)": "X",
    "ColumnTransformer([('c', OneHotEncoder(), ['c'])], remainder='passthrough')"
    ".fit_transform(d)": "d",
    "ColumnTransformer([('v', make_pipeline(SimpleImputer(), StandardScaler()), ['v'])])"
    ".fit_transform(d)": "d",
    "make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y).predict(X)": "X",
    "LogisticRegression().fit(X, y).predict_proba(X)": "X",
    "LogisticRegression().fit(X, y).decision_function(X=X)": "X",
}


@pytest.mark.parametrize("expression", KEEPS)
def test_a_known_transformer_keeps_rows_and_remembers_what_it_was_fitted_on(data, expression):
    source = KEEPS[expression]
    data(f"out = {expression}")
    assert data.behind("out", source) == SAME
    assert data.status("out") == Status.EXACT
    if "FunctionTransformer" not in expression:
        assert data.behind("out", source, context=True) == [ALL] * N
    assert not data.swallowed()


def test_rows_of_the_training_part_are_context_of_the_test_part(data):
    data("s = StandardScaler().fit(X[:5])\nout = s.transform(X[5:])")
    assert data.behind("out", "X") == rows(5, 6, 7)
    assert data.behind("out", "X", context=True) == [[0, 1, 2, 3, 4]] * 3


def test_a_model_is_a_value_made_of_the_rows_it_saw(data):
    data("m = LogisticRegression().fit(X[[0, 2, 4, 6, 1]], y[[0, 2, 4, 6, 1]])\n"
         "f = SGDClassifier()\nf.partial_fit(X[:2], y[:2], classes=[0, 1])\n"
         "f.partial_fit(X[6:], y[6:])")  # fmt: skip
    assert data.behind("m", "X") == data.behind("m", "y") == [[0, 1, 2, 4, 6]]
    assert data.behind("f", "X") == [[0, 1, 6, 7]]
    assert data.status("m") == Status.EXACT
    assert {name for name, _, _ in data.parents("m")} == {"[]"}


def test_a_refitted_model_forgets_what_it_saw_before(data):
    data("m = LogisticRegression().fit(X[:4], y[:4])\nm.fit(X[4:], y[4:])")
    assert data.behind("m", "X") == [[4, 5, 6, 7]]


SPLITS = {
    "train_test_split(X, y, test_size=.25, random_state=0)": "XXyy",
    "train_test_split(X, d, y, test_size=2, random_state=3, stratify=y)": "XXddyy",
    "train_test_split(d, test_size=.5, shuffle=False)": "dd",
    "train_test_split(d['v'], random_state=1)": "dd",
}


@pytest.mark.parametrize("expression", SPLITS)
def test_every_part_of_a_split_is_known_row_by_row(data, expression):
    data(f"parts = {expression}")
    for k, source in enumerate(SPLITS[expression]):
        data.names["part"] = part = data.names["parts"][k]
        whole = np.asarray(data.names[source])
        whole = whole[:, 1] if np.ndim(part) == 1 and whole.ndim == 2 else whole
        for row, found in enumerate(data.behind("part", source)):
            assert len(found) == 1
            assert np.array_equal(whole[found[0]], np.asarray(part)[row])
        assert data.status("part") == Status.EXACT
    both = [data.names["parts"][k] for k in (0, 1)]
    assert sum(map(len, both)) == N


def test_a_list_that_is_split_with_arrays_does_not_disturb_them(data):
    data("a, b, c, e = train_test_split(list(range(8)), X, random_state=0)")
    assert data.behind("c", "X") == [[i] for i in data.names["a"]]


def test_a_transformer_of_the_library_that_is_not_checked_is_assumed(data, monkeypatch):
    data("out = KNNImputer().fit_transform(X)")
    assert data.status("out") == Status.EXACT
    monkeypatch.setattr(behaviour, "PROVEN", behaviour.PROVEN - {"KNNImputer"})
    data("out = KNNImputer().fit_transform(X)")
    assert data.behind("out", "X") == SAME
    assert data.status("out") == Status.ASSUMED
    data("two = ColumnTransformer([('k', KNNImputer(), [0])]).fit_transform(X)")
    assert data.status("two") == Status.ASSUMED
    data("three = make_pipeline(KNNImputer(), StandardScaler()).fit_transform(X)")
    assert data.status("three") == Status.ASSUMED


def test_a_function_is_followed_as_far_as_it_was_seen(data):
    data("one = FunctionTransformer(np.abs).fit_transform(X)")
    assert data.status("one") == Status.EXACT
    data("two = FunctionTransformer(lambda x: x[::-1]).fit_transform(X)")
    assert data.behind("two", "X") == SAME[::-1]
    assert data.status("two") == Status.EXACT
    data("three = FunctionTransformer(np.sort, kw_args={'axis': 0}).fit_transform(X)")
    assert data.behind("three", "X") == [ALL] * N
    assert data.status("three") == Status.INEXACT


def test_a_transformer_of_the_users_own_is_not_taken_on_trust(data):
    data("out = Sorting().fit_transform(X)\npiped = make_pipeline(Sorting()).fit_transform(X)\n"
         "mixed = ColumnTransformer([('s', Sorting(), [0])]).fit_transform(X)")  # fmt: skip
    sources = np.argsort(data.names["X"], axis=0)
    assert data.behind("out", "X") == [sorted({*row}) for row in sources.tolist()]
    for name in ("piped", "mixed"):
        assert data.status(name) > Status.ASSUMED
    data("double = Doubled().fit(X).transform(X)")
    assert data.behind("double", "X") == SAME


def test_a_matrix_of_other_rows_is_not_matched(data):
    data("out = TfidfVectorizer().fit_transform(['aa bb', 'bb cc'])")
    data(
        "m = RandomForestClassifier(7, random_state=0).fit(X, y)\npaths, ends = m.decision_path(X)"
    )
    assert data.status("out") in (Status.UNKNOWN, Status.INEXACT)
    assert data.behind("paths", "X") == SAME
    assert data.behind("ends", "X") == [ALL] * N


def test_rows_of_a_sparse_matrix_are_followed(data):
    data("s = OneHotEncoder().fit_transform(d[['c']])\nout = s[[3, 1]]\nmore = s[2:4].toarray()\n"
         "t = s.T.tocsr()")  # fmt: skip
    assert data.behind("out", "d") == rows(3, 1)
    assert data.behind("more", "d") == rows(2, 3)
    assert data.status("t") != Status.EXACT


def test_scores_and_settings_record_nothing(data):
    data("m = LogisticRegression().fit(X, y)")
    before = len(data.session.graph)
    data("score = m.score(X, y)\nm.get_params()\n")
    assert len(data.session.graph) == before


def test_the_label_of_a_fit_is_the_estimators_name(data):
    data("m = LogisticRegression().fit(X, y)\ns = StandardScaler()\nout = s.fit_transform(X)")
    graph = data.session.graph
    assert graph.op_name(data.node("m")) == "LogisticRegression.fit"
    assert graph.op_name(data.node("out")) == "StandardScaler.fit_transform"
    kinds = {(name, kind) for name, kind, _ in data.parents("out")}
    assert ("StandardScaler.fit_transform", Kind.CONTEXT) in kinds
