"""Models inside models, splits of every kind, data sets and matrices: who came from whom."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from tests.traced import rows
from traceprop_nb.lineage.nodes import Kind, Status

N = 8
ALL = list(range(N))
SAME = rows(*ALL)
IMPORTS = """
import copy
import numpy as np, pandas as pd
from scipy import sparse
from sklearn.base import BaseEstimator, clone
from sklearn.cluster import KMeans, FeatureAgglomeration
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector
from sklearn.datasets import load_iris, make_blobs
from sklearn.decomposition import NMF, PCA
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import confusion_matrix
from sklearn.metrics.pairwise import cosine_similarity as similar
from sklearn import model_selection as ms
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler, scale
from sklearn.utils import resample, shuffle
"""


@pytest.fixture
def data(notebook):
    """A matrix ``X``, new rows ``Q``, labels ``y``, a frame ``d`` and a sparse ``S``."""
    notebook(IMPORTS)
    rng = np.random.default_rng(0)
    notebook.source("X", rng.uniform(1, 2, size=(N, 2)))
    notebook.source("Q", rng.uniform(1, 2, size=(3, 2)))
    notebook.source("y", np.array([0, 1] * 4))
    notebook.source("d", pd.DataFrame({"c": list("aabbaabb"), "v": rng.normal(size=N)}))
    notebook.source("S", sparse.csr_matrix(rng.uniform(size=(N, 2))))
    return notebook


def asked(data, call: str) -> None:
    """A row of Q for each row of the answer, and X behind it through the fit alone."""
    data(f"out = {call}")
    assert data.behind("out", "Q") == rows(0, 1, 2)
    assert data.behind("out", "X") == [[]] * 3
    assert data.status("out") == Status.EXACT
    assert not data.swallowed()


NESTED = [
    "ms.GridSearchCV(Ridge(), {'alpha': [1, 2]}, cv=2).fit(X, y).predict(Q)",
    "ms.GridSearchCV(Ridge(), {'alpha': [1, 2]}, cv=2).fit(X, y).best_estimator_.predict(Q)",
    "ms.RandomizedSearchCV(make_pipeline(StandardScaler(), Ridge()), {'ridge__alpha': [1, 2]},"
    " cv=2, n_iter=1).fit(X, y).best_estimator_[0].transform(Q)",
    "make_pipeline(StandardScaler(), PCA()).fit(X).named_steps['pca'].transform(Q)",
    "make_pipeline(StandardScaler(), Ridge()).fit(X, y)[:-1].transform(Q)",
    "ColumnTransformer([('s', StandardScaler(), [0])], remainder='passthrough').fit(X)"
    ".transform(Q)",
    "ColumnTransformer([('s', StandardScaler(), [0, 1])]).fit(X).named_transformers_['s']"
    ".transform(Q)",
    "ColumnTransformer([('s', StandardScaler(), [0]), ('d', 'drop', [1])]).fit(X).transform(Q)",
    "FeatureUnion([('a', StandardScaler()), ('b', PCA())]).fit(X).transform(Q)",
    "FeatureUnion([('a', StandardScaler())]).fit(X).transformer_list[0][1].transform(Q)",
    "TransformedTargetRegressor(Ridge(), func=np.exp, inverse_func=np.log).fit(X, y).predict(Q)",
    "VotingClassifier([('a', LogisticRegression())]).fit(X, y).estimators_[0].predict(Q)",
    "StandardScaler().fit(X).set_output(transform='pandas').transform(Q)",
    "make_pipeline(StandardScaler()).set_output(transform='pandas').fit(X).transform(Q)",
]


@pytest.mark.parametrize("call", NESTED)
def test_a_model_inside_another_remembers_what_it_was_fitted_on(data, call):
    asked(data, call)
    assert data.behind("out", "X", context=True) == [ALL] * 3


FRAMES = [
    "ColumnTransformer([('c', OneHotEncoder(), make_column_selector(pattern='c')),"
    " ('v', StandardScaler(), ['v'])]).fit_transform(d)",
    "ColumnTransformer([('c', OneHotEncoder(), ['c'])], remainder=StandardScaler(),"
    " sparse_threshold=1).fit_transform(d)",
    "ColumnTransformer([('c', OneHotEncoder(sparse_output=False), ['c'])], remainder="
    "'passthrough').set_output(transform='pandas').fit_transform(d)",
    "ColumnTransformer([('v', FunctionTransformer(), lambda t: ['v'])]).fit_transform(d)",
    "make_pipeline(ColumnTransformer([('c', OneHotEncoder(), ['c'])]), Ridge()).fit(d, y)"
    ".predict(d)",
]


@pytest.mark.parametrize("call", FRAMES)
def test_columns_of_a_frame_go_their_own_ways_and_its_rows_stay(data, call):
    data(f"out = {call}")
    assert data.behind("out", "d") == SAME
    assert data.behind("out", "d", context=True) == [ALL] * N
    assert data.status("out") == Status.EXACT


def test_a_clone_is_not_fitted_and_a_copy_is_fitted_where_nobody_saw_it(data):
    data("m = StandardScaler().fit(X)\nn = clone(m).fit(X[:2])\nout = n.transform(Q)\n"
         "k = copy.deepcopy(m)\nhidden = k.transform(Q)")  # fmt: skip
    assert data.behind("out", "X", context=True) == [[0, 1]] * 3
    assert data.behind("hidden", "Q") == rows(0, 1, 2)
    parents = {(kind, status) for _, kind, status in data.parents("hidden")}
    assert (Kind.CONTEXT, Status.EXACT) in parents
    (node,) = [n for n, s in data.session.graph.sources.items() if "nobody saw" in s.name]
    assert data.session.graph.sources[node].kind == "unknown"


def test_what_a_model_has_learnt_is_of_every_row_and_its_labels_of_each(data):
    data(
        "k = KMeans(2, n_init=1, random_state=0).fit(X)\nlabels = k.labels_\n"
        "centres = k.cluster_centers_"
    )
    data("coef = LinearRegression().fit(X, y).coef_")
    assert data.behind("labels", "X") == SAME
    assert data.behind("labels", "X", context=True) == [ALL] * N
    assert data.behind("centres", "X") == [ALL] * 2
    assert data.behind("coef", "y") == [ALL] * 2
    assert data.status("coef") == data.status("labels") == Status.EXACT
    data("f = FeatureAgglomeration(2).fit(X[:2])\nof_columns = f.labels_")
    assert data.behind("of_columns", "X") == [[0, 1]] * 2


def test_the_table_of_a_search_is_of_every_row(data):
    data("g = ms.GridSearchCV(Ridge(), {'alpha': [1, 2]}, cv=2).fit(X, y)\n"
         "out = g.cv_results_['mean_test_score']\nbest = g.best_score_")  # fmt: skip
    assert data.behind("out", "X") == [ALL] * 2
    assert data.behind("best", "y") == [ALL]


SPLITTERS = [
    "ms.KFold(3)", "ms.KFold(3, shuffle=True, random_state=0)", "ms.StratifiedKFold(2)",
    "ms.GroupKFold(2)", "ms.StratifiedGroupKFold(2)", "ms.RepeatedKFold(n_splits=2, n_repeats=2)",
    "ms.RepeatedStratifiedKFold(n_splits=2, n_repeats=2)", "ms.TimeSeriesSplit(3)",
    "ms.ShuffleSplit(2, random_state=0)",
    "ms.StratifiedShuffleSplit(2, test_size=4, random_state=0)",
    "ms.GroupShuffleSplit(2, random_state=0)", "ms.LeaveOneOut()", "ms.LeavePOut(2)",
    "ms.LeaveOneGroupOut()", "ms.LeavePGroupsOut(1)",
    "ms.PredefinedSplit([0, 1, -1, 0, 1, 0, 1, -1])",
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:The groups parameter")
@pytest.mark.parametrize("splitter", SPLITTERS)
@pytest.mark.parametrize("loop", ["{}.split(X, y, g)", "list({}.split(X, y, g))"])
def test_every_splitter_says_which_rows_it_took(data, splitter, loop):
    data("g = np.array([0, 0, 1, 1, 2, 2, 3, 3])\nparts = []\n"
         f"for tr, te in {loop.format(splitter)}:\n"
         "    parts.append((tr, X[tr], y[te], d.iloc[te]))\n"
         "tr, out, labels, table = parts[-1]")  # fmt: skip
    assert data.behind("out", "X") == rows(*map(int, data.names["tr"]))
    assert data.status("out") == data.status("labels") == data.status("table") == Status.EXACT
    for row, taken in enumerate(data.behind("table", "d")):
        assert data.names["table"].iloc[row].equals(data.names["d"].iloc[taken[0]])


def test_a_crossed_prediction_is_of_its_row_and_a_score_of_all(data):
    data("out = ms.cross_val_predict(Ridge(), X, y, cv=2)\n"
         "score = ms.cross_val_score(Ridge(), X, y, cv=2)\n"
         "more = ms.cross_validate(Ridge(), X, y, cv=2)['test_score']\n"
         "folds = ms.ShuffleSplit(2, test_size=.5)\n"
         "part = ms.cross_val_score(Ridge(), X, y, cv=folds)")  # fmt: skip
    assert data.behind("out", "X") == SAME
    assert data.behind("out", "y", context=True) == [ALL] * N
    assert data.behind("score", "X") == data.behind("more", "y") == [ALL] * 2
    assert data.status("score") == data.status("more") == Status.EXACT
    assert data.status("part") == Status.INEXACT


def test_models_of_a_crossed_fit_are_of_the_rows_that_were_given(data):
    data("r = ms.cross_validate(Ridge(), X, y, cv=2, return_estimator=True)\n"
         "out = r['estimator'][0].predict(Q)")  # fmt: skip
    assert data.behind("out", "Q") == rows(0, 1, 2)
    assert data.behind("out", "X", context=True) == [ALL] * 3


RESAMPLED = [
    "resample(X, random_state=0)",
    "shuffle(y, X, random_state=0)[1]",
    "resample(y, X, n_samples=3, replace=False, random_state=1)[1]",
    "ms.train_test_split(y, X, test_size=3, random_state=1, stratify=y)[3]",
]


@pytest.mark.parametrize("call", RESAMPLED)
def test_resampled_rows_are_known_one_by_one(data, call):
    data(f"out = {call}")
    assert data.status("out") == Status.EXACT
    for row, (taken,) in enumerate(data.behind("out", "X")):
        assert np.array_equal(data.names["out"][row], data.names["X"][taken])


def test_rows_that_are_scaled_in_place_depend_on_the_fit_from_then_on(data):
    data("Z = X.copy()\nV = Z[:2]\ns = StandardScaler(copy=False)\nout = s.fit_transform(Z)")
    assert data.names["out"] is data.names["Z"]
    assert data.behind("Z", "X") == SAME
    assert data.behind("Z", "X", context=True) == [ALL] * N
    assert data.behind("V", "X") == SAME[:2]
    assert data.behind("V", "X", context=True) == [ALL] * 2
    data("Z = X.copy()\nscale(Z, copy=False)\nP = X.copy()\nt = PCA(copy=False).fit_transform(P)")
    assert data.behind("Z", "X", context=True) == [ALL] * N
    assert data.status("P") == Status.INEXACT


def test_neighbours_are_named_and_a_forgotten_one_is_missed(data):
    data("n = NearestNeighbors(n_neighbors=2).fit(X)\nfar, near = n.kneighbors(Q)\n"
         "own, mine = n.kneighbors()\ngraph = n.kneighbors_graph(Q)")  # fmt: skip
    for name in ("far", "near", "graph"):
        assert data.behind(name, "Q") == rows(0, 1, 2)
        assert data.behind(name, "X") == np.sort(data.names["near"], axis=1).tolist()
        assert data.status(name) == Status.EXACT
    wanted = [sorted([i, *map(int, at)]) for i, at in enumerate(data.names["mine"])]
    assert data.behind("own", "X") == wanted


def test_rows_that_stop_together_are_context_of_each_other(data):
    data("m = NMF(1, random_state=0, max_iter=9, tol=0).fit(X)\nout = m.transform(Q)")
    assert data.behind("out", "Q") == rows(0, 1, 2)
    assert data.behind("out", "Q", context=True) == [[0, 1, 2]] * 3


def test_a_data_set_is_one_source_however_it_is_read(data):
    data("b = load_iris()\nA = b.data\nt = b['target']\nnames = b.target_names\n"
         "A2, t2 = load_iris(return_X_y=True)\nf = load_iris(as_frame=True)\nx = f.frame\n"
         "P, c = make_blobs(5, random_state=0)")  # fmt: skip
    for name in ("A", "t", "t2", "x"):
        assert data.behind(name, "iris")[:3] == rows(0, 1, 2)
        assert data.status(name) == Status.EXACT
    assert data.behind("names", "iris") == [[]] * 3
    (source,) = data.answer("c", 4).sources
    assert source.startswith("make_blobs")


SPARSE = {
    "S[[3, 1]]": [[3], [1]],
    "S[2:4].toarray()": [[2], [3]],
    "S[-1]": [[7]],
    "S[y == 1]": [[1], [3], [5], [7]],
    "S[(d['c'] == 'b').to_numpy()]": [[2], [3], [6], [7]],
    "sparse.csr_array(S)[1:3]": [[1], [2]],
    "sparse.vstack([S[:1], S[6:]])": [[0], [6], [7]],
    "sparse.vstack([S[:1], S[6:]]).tocsr()[2]": [[7]],
    "sparse.hstack([S, S], format='csr')[5]": [[5]],
    "(S * 2).tocsc()[:, 0].toarray()": SAME,
    "S.multiply(S).log1p()": SAME,
    "S @ np.eye(2)": SAME,
    "S.dot(np.eye(2))": SAME,
    "np.asarray(S.sum(axis=1))": SAME,
    "np.asarray(S.sum(axis=0))": [ALL],
    "S.getrow(4)": [[4]],
    "sparse.csr_matrix(S.toarray())": SAME,
    "sparse.coo_array((S.toarray()[:, 0], (np.arange(8)[::-1], np.zeros(8, int))))": SAME[::-1],
}


@pytest.mark.parametrize("call", SPARSE)
def test_rows_of_sparse_matrices_are_followed(data, call):
    data(f"out = {call}")
    assert data.behind("out", "S") == SPARSE[call]
    assert data.status("out") == Status.EXACT
    assert not data.swallowed()


@pytest.mark.parametrize("call", ["S * np.ones(2)", "S * S.T", "S.T", "S * sparse.eye(2)"])
def test_a_product_that_looks_like_one_by_element_claims_nothing_exact(data, call):
    data(f"out = {call}")
    assert data.status("out") > Status.EXACT


def test_a_function_by_another_name_is_the_same_function(data):
    data("out = similar(Q, X)\nown = similar(Q)\nc = confusion_matrix(y, y)")
    assert data.behind("out", "Q") == rows(0, 1, 2)
    assert data.behind("out", "X", context=True) == [ALL] * 3
    assert data.behind("own", "Q", context=True) == [[0, 1, 2]] * 3
    assert data.behind("c", "y") == [ALL] * 2
