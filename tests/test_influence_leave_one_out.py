"""Closed-form influence of real fits, against scikit-learn fitted again without each row."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from tests.oracles.retraining import leave_one_out
from traceprop_nb.adapters.sklearn.training import SklearnTap
from traceprop_nb.attribution.closed_form import closed_form
from traceprop_nb.attribution.methods import attribute
from traceprop_nb.errors import ConvergenceError
from traceprop_nb.gradients.capture import TrainOptions


def fitted(X, y, **options):
    tap = SklearnTap(lambda _: None)
    tap.start(TrainOptions())
    LogisticRegression(max_iter=1000, **options).fit(X, y)
    [captured] = tap.stop()
    return captured.run("fit")


def breast_cancer():
    X, y = load_breast_cancer(return_X_y=True)
    return StandardScaler().fit_transform(X), y


def digits():
    X, y = load_digits(return_X_y=True)
    return X[y < 5] / 16, y[y < 5]


CASES = {
    "binary": (breast_cancer, 300, range(0, 300, 2), {}),
    "binary, weighted classes": (breast_cancer, 200, range(60), {"class_weight": {0: 3.0}}),
    "binary, hardly penalised": (breast_cancer, 300, range(60), {"C": 30.0}),
    "multinomial": (digits, 200, range(40), {}),
    "multinomial, without intercept": (digits, 200, range(40), {"fit_intercept": False}),
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_scores_are_what_fitting_without_the_row_does(case):
    data, n, rows, options = CASES[case]
    X, y = data()
    run = fitted(X[:n], y[:n], **options)
    queries = slice(n, n + 25)
    truth = leave_one_out(X[:n], y[:n], X[queries], y[queries], rows, **options)
    got = attribute(run, run.query(X[queries], y[queries])).scores[:, rows]
    # A query that is already certain moves by less than the fits themselves are exact to.
    seen = np.abs(truth).max(axis=1) > 1e-8
    assert seen.mean() > 0.5
    got, truth = got[seen], truth[seen]
    resolved = np.abs(truth) > 1e-14  # below, the difference of two losses is their rounding
    assert resolved.mean() > 0.6
    assert spearmanr(got[resolved], truth[resolved]).statistic >= 0.99
    by_query = [spearmanr(a, b).statistic for a, b in zip(got, truth, strict=True)]
    assert np.median(by_query) >= 0.99
    assert 0.95 <= np.polyfit(truth.ravel(), got.ravel(), 1)[0] <= 1.05
    assert np.linalg.norm(got - truth) <= 0.03 * np.linalg.norm(truth)


def test_a_fit_stopped_early_is_explained_at_its_optimum_and_says_how_far_that_is():
    X, y = breast_cancer()
    early = fitted(X[:200], y[:200], tol=1.0)
    done = fitted(X[:200], y[:200], tol=1e-12)
    query = early.query(X[200:210], y[200:210])
    before = early.w.copy()
    a, b = closed_form(early, query), closed_form(done, query)
    np.testing.assert_allclose(a.scores, b.scores, atol=1e-8)
    assert "of the parameters' length away" in a.note
    np.testing.assert_array_equal(early.w, before)


def test_weighted_rows_count_as_often_as_their_weight_says():
    X, y = breast_cancer()
    X, y = X[:80], y[:80]
    tap = SklearnTap(lambda _: None)
    tap.start(TrainOptions())
    weight = np.ones(80)
    weight[:10] = 2.0
    LogisticRegression(tol=1e-10, max_iter=5000).fit(X, y, sample_weight=weight)
    twice = np.concatenate([np.arange(10), np.arange(80)])
    LogisticRegression(tol=1e-10, max_iter=5000).fit(X[twice], y[twice])
    weighted, repeated = (c.run("fit") for c in tap.stop())
    np.testing.assert_allclose(weighted.w, repeated.w, atol=1e-5)
    Xq, yq = breast_cancer()
    got = closed_form(weighted, weighted.query(Xq[80:90], yq[80:90])).scores
    one = closed_form(repeated, repeated.query(Xq[80:90], yq[80:90])).scores
    np.testing.assert_allclose(got[:, 10:], one[:, 20:], atol=1e-6)


def test_a_later_query_gets_the_same_scores_as_a_first_one():
    X, y = breast_cancer()
    run, again = (fitted(X[:100], y[:100]) for _ in range(2))
    closed_form(run, run.query(X[100:103], y[100:103]))
    later = closed_form(run, run.query(X[103:105], y[103:105])).scores
    np.testing.assert_array_equal(later, closed_form(again, again.query(X[103:105])).scores)


def test_a_row_that_alone_holds_the_optimum_has_a_finite_score_and_a_note():
    # Without row 0 the classes are separable, and nothing is penalised.
    x = np.array([[3.0], [-3.0], [-2.0], [-1.0], [1.0], [2.0], [3.0]])
    y = np.array([0, 0, 0, 0, 1, 1, 1])
    run = fitted(x, y, C=np.inf, tol=1e-10)
    scores = closed_form(run, run.query(x, y)).scores
    assert np.isfinite(scores).all()


def test_separable_classes_without_a_penalty_have_no_optimum_and_the_error_says_so():
    x = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    run = fitted(x, np.array([0, 0, 1, 1]), C=np.inf)
    with pytest.raises(ConvergenceError, match="separable; train with a penalty"):
        closed_form(run, run.query(x))


def test_collinear_columns_without_a_penalty_leave_scores_as_without_the_copy():
    X, y = breast_cancer()
    rng = np.random.default_rng(0)
    y = np.where(rng.random(len(y)) < 0.15, 1 - y, y)  # so that there is an optimum
    X = X[:, :4]
    plain = fitted(X[:200], y[:200], C=np.inf, tol=1e-8)
    doubled = fitted(np.hstack([X, X[:, :1]])[:200], y[:200], C=np.inf, tol=1e-8)
    a = closed_form(plain, plain.query(X[200:220], y[200:220])).scores
    Xd = np.hstack([X, X[:, :1]])
    b = closed_form(doubled, doubled.query(Xd[200:220], y[200:220])).scores
    np.testing.assert_allclose(a, b, atol=1e-6 * np.abs(a).max())
