"""How good influence is, measured: each metric against its definition, intervals, interruption."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.linear_model import LogisticRegression

from tests.conformance.test_objective import rows_of
from tests.conformance.test_unlearner import network
from tests.drawn_runs import fitted
from tests.oracles.retraining import leave_one_out as by_scikit_learn
from tests.test_session_learning import FIT, train
from traceprop_nb.attribution import evaluate, truth as truths
from traceprop_nb.attribution.methods import attribute
from traceprop_nb.attribution.scores import InfluenceScores
from traceprop_nb.attribution.truth import GroundTruth
from traceprop_nb.errors import (
    CancelledError,
    OptionError,
    ShapeError,
    UnknownNameError,
    UnsupportedModelError,
)
from traceprop_nb.gradients.objective import all_rows
from traceprop_nb.session.evaluate import Asked, evaluate as ask


def table(n, seed=0, d=4):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    return X, (X[:, 0] - X[:, 1] + rng.normal(size=n) > 0).astype(int)


X, Y = table(140)


@pytest.fixture(scope="module")
def run():
    return fitted(X[:100], Y[:100], LogisticRegression(tol=1e-10, max_iter=5000))


@pytest.fixture(scope="module")
def query(run):
    return run.query(X[100:], Y[100:])


@pytest.fixture(scope="module")
def halves(run, query):
    made = truths.half_subsets(run, query, 60, 3, 0)
    truths.train(run, query, made)
    return made


def test_the_models_of_the_truth_are_those_of_scikit_learn(run, query, halves):
    assert halves.seeds == 1, "the optimum is unique"
    assert (halves.kept.sum(axis=1) == 50).all()
    for kept, losses in zip(halves.kept[:3], halves.mean[:3], strict=True):
        model = LogisticRegression(tol=1e-12, max_iter=5000).fit(X[:100][kept], Y[:100][kept])
        own = model.predict_proba(X[100:])[np.arange(40), Y[100:]]
        np.testing.assert_allclose(losses, -np.log(own), atol=1e-5)


def test_lds_is_the_mean_rank_correlation_of_told_and_true_losses(run, query, halves):
    scores = attribute(run, query, estimand="half_subset")
    found = evaluate.lds(scores, halves)
    told = np.array([[s[kept].sum() for s in scores.scores] for kept in halves.kept])
    each = [spearmanr(told[:, j], -halves.mean[:, j])[0] for j in range(query.n)]
    assert found.value == pytest.approx(np.mean(each))
    assert found.value > 0.9
    assert found.low < found.value < found.high
    assert found.models == 60
    assert found.scale == pytest.approx(1.0, abs=0.2)


def test_scores_of_the_wrong_sign_or_size_or_of_other_queries_show(run, query, halves):
    scores = attribute(run, query, estimand="half_subset")
    good = evaluate.lds(scores, halves)
    turned = evaluate.lds(replace(scores, scores=-scores.scores), halves)
    assert turned.value == pytest.approx(-good.value)
    double = evaluate.lds(replace(scores, scores=2 * scores.scores), halves)
    assert double.value == pytest.approx(good.value)
    assert double.scale == pytest.approx(good.scale / 2)
    other = evaluate.lds(replace(scores, scores=scores.scores[::-1]), halves)
    assert other.value < good.value - 0.2
    none = evaluate.lds(replace(scores, scores=0 * scores.scores), halves)
    assert (none.value, none.scale) == (0.0, 0.0)


def test_the_interval_holds_the_value_of_another_draw_of_as_many_models(run, query):
    scores = attribute(run, query, estimand="half_subset")
    found = []
    for seed in range(6):
        made = truths.half_subsets(run, query, 30, 1, seed)
        truths.train(run, query, made)
        found.append(evaluate.lds(scores, made))
    middle = np.mean([f.value for f in found])
    assert sum(f.low <= middle <= f.high for f in found) >= 5
    assert max(f.high - f.low for f in found) < 0.2


def test_leave_one_out_is_compared_with_training_without_each_row(run, query):
    rows = np.array([3, 17, 41, 77, 99])
    made = truths.each_left_out(run, query, rows, 1)
    truths.train(run, query, made)
    exact = by_scikit_learn(X[:100], Y[:100], X[100:], Y[100:], rows)
    np.testing.assert_allclose((made.mean[1:] - made.mean[0]).T, exact, atol=1e-6)
    scores = attribute(run, query)
    found = evaluate.leave_one_out(scores, made, rows)
    assert found.value > 0.999
    assert found.scale == pytest.approx(1.0, abs=0.01)
    half = evaluate.leave_one_out(replace(scores, scores=scores.scores / 2), made, rows)
    assert half.scale == pytest.approx(2.0, abs=0.02)
    assert "relative error 50 %" in half.note


def test_removal_takes_the_strongest_proponents_of_each_query_out(run, query):
    scores = attribute(run, query)
    made = truths.proponents_left_out(run, query, scores.scores, 5, 1)
    for q in range(query.n):
        gone = np.flatnonzero(~made.kept[q + 1])
        assert set(gone) == set(np.argsort(-scores.scores[q])[:5])
    truths.train(run, query, made)
    found = evaluate.removal(scores, made)
    base = truths.losses_of(run, query, all_rows(run.objective), 0)
    rises = [
        truths.losses_of(run, query, np.flatnonzero(made.kept[q + 1]), 0)[q] - base[q]
        for q in range(query.n)
    ]
    assert found.value == pytest.approx(np.mean(rises))
    assert found.value > 0
    told = [np.sort(scores.scores[q])[-5:].sum() for q in range(query.n)]
    assert found.scale == pytest.approx(np.sum(rises) / np.sum(told))
    assert found.scale > 1, "the rows of a group are missed more than one by one"


def test_mislabelled_counts_the_pairs_in_which_the_wrong_row_stands_out():
    own = np.array([5.0, 1.0, 3.0, 1.0, 0.0])
    found = evaluate.mislabelled(own, np.array([0, 1]), "m", "leave_one_out")
    assert found.value == pytest.approx((3 + 0.5 + 1) / 6)  # 5 beats all; 1 ties with 1, beats 0
    with pytest.raises(OptionError, match="0 of 5 rows"):
        evaluate.mislabelled(own, np.array([], dtype=int), "m", "leave_one_out")


def test_an_interrupted_training_keeps_what_it_has_and_goes_on(run, query):
    made = truths.half_subsets(run, query, 12, 1, 3)
    seen = []

    def stop(share):
        seen.append(share)
        if share >= 0.5:
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        truths.train(run, query, made, stop)
    assert 5 <= made.done <= 7
    before = made.losses.copy()
    shares = []
    truths.train(run, query, made, shares.append)
    assert made.done == 12
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    done = np.isfinite(before)
    np.testing.assert_array_equal(made.losses[done], before[done])


def test_ground_truth_is_saved_and_shared(run, query, halves, tmp_path):
    path = halves.save(tmp_path / "truth.npz")
    again = GroundTruth.load(path)
    assert (again.of, again.seeds, again.done) == (halves.of, 1, 60)
    np.testing.assert_array_equal(again.kept, halves.kept)
    np.testing.assert_array_equal(again.losses, halves.losses)
    with pytest.raises(OptionError, match=r"use a name in \.npz"):
        halves.save(tmp_path / "truth.csv")
    with pytest.raises(ShapeError, match="another run or other queries"):
        truths.train(run, run.query(X[:3], Y[:3]), again)


def test_networks_are_trained_by_their_recipe_with_several_seeds():
    net = network(epochs=3)
    rows, labels = rows_of(net)
    asked = net.query(rows[:4], labels[:4])
    made = truths.half_subsets(net, asked, 10, 2, 0)
    made = GroundTruth(made.of, made.kept[:2], made.seeds, made.losses[:2])
    truths.train(net, asked, made)
    assert made.losses.shape == (2, 2, 4)
    assert (made.losses[:, 0] != made.losses[:, 1]).all(), "seeds differ"
    keep = np.flatnonzero(made.kept[0])
    once = net.recipe.train(keep, 1, lambda _: None)
    np.testing.assert_array_equal(made.losses[0, 1], asked.loss(once.w, all_rows(asked)))
    with pytest.raises(UnsupportedModelError, match="cannot be trained again"):
        truths.half_subsets(replace(net, recipe=None), asked, 10, 1, 0)


@pytest.mark.parametrize(("s", "seeds"), [(9, 1), (10, 0)])
def test_too_few_models_rank_nothing(run, query, s, seeds):
    with pytest.raises(OptionError, match="rank nothing"):
        truths.half_subsets(run, query, s, seeds, 0)


@pytest.mark.parametrize("k", [0, 51])
def test_as_many_proponents_as_half_of_the_rows_can_be_taken_out(run, query, k):
    with pytest.raises(OptionError, match="use 1 to 50"):
        truths.proponents_left_out(run, query, np.zeros((40, 100)), k, 1)


# -- asked in a session ------------------------------------------------------------------------


@pytest.fixture
def work(notebook, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, seed in (("a.csv", 1), ("b.csv", 2)):
        u, v = np.random.default_rng(seed).normal(size=(2, 30)).round(3)
        y = (u + v + np.random.default_rng(9).normal(size=30) > 0).astype(int)
        lines = [f"{p},{q},{r}" for p, q, r in zip(u, v, y, strict=True)]
        (tmp_path / name).write_text("\n".join(["u,v,y", *lines]))
    notebook("pass")
    train(notebook, FIT, "clf")
    return notebook


def asked(work, metric="lds", method="auto", X=((0.1, 0.2), (1.0, -1.0)), y=(0, 1), **changed):
    options = {"subsets": 20, "seeds": 1, "rows": None, "k": None, "seed": 0} | changed
    more = {n: options.pop(n, None) for n in ("run", "estimand", "truth")}
    queries = (None if X is None else np.array(X), None if y is None else np.array(y))
    return ask(work.session, method, queries, Asked(metric, **options), **more)


@pytest.mark.parametrize("metric", ["lds", "leave_one_out", "removal"])
def test_every_metric_is_answered_logged_and_not_trained_for_twice(work, metric, monkeypatch):
    found = asked(work, metric)
    assert found.metric == metric
    assert found.estimand == ("half_subset" if metric == "lds" else "leave_one_out")
    assert metric in repr(found)
    last = list(work.session.events)[-1]
    assert (last.kind, last.body["metric"], last.body["run"]) == ("evaluated", metric, "clf")
    monkeypatch.setattr(truths, "losses_of", None)  # training again would fail
    assert asked(work, metric) == found


def test_a_measured_lds_is_shown_with_later_answers_of_that_method_only(work):
    X = np.array([[0.1, 0.2]])
    assert work.session.influence(X).result.lds is None
    found = asked(work, estimand="leave_one_out")
    answer = work.session.influence(X)
    assert answer.result.lds == pytest.approx(found.value)
    assert answer.payload()["lds"] == f"{found.value:.2f}"
    assert work.session.influence(X, method="grad-dot").result.lds is None
    assert work.session.influence(X, estimand="half_subset").result.lds is None
    half = asked(work)
    assert half.value != found.value
    assert work.session.influence(X, estimand="half_subset").result.lds == half.value
    assert work.session.influence(X).result.lds == found.value
    train(work, FIT, "clf")
    assert work.session.influence(X).result.lds is None, "that was another run of the name"


def test_wrong_labels_are_found_by_their_influence_on_themselves(work):
    run = work.session.runs["clf"]
    wrong = np.argsort(run.objective.loss(run.w, all_rows(run.objective)))[-5:]
    found = asked(work, "mislabelled", X=None, y=None, rows=wrong)
    assert found.value > 0.9
    assert found.scale is None


@pytest.mark.parametrize(
    ("changed", "error", "text"),
    [
        ({"metric": "ldss"}, UnknownNameError, "did you mean 'lds'"),
        ({"method": "truk"}, UnknownNameError, "did you mean 'trak'"),
        ({"run": "clv"}, UnknownNameError, "did you mean 'clf'"),
        ({"X": None}, OptionError, "needs queries"),
        ({"metric": "mislabelled"}, OptionError, "needs rows="),
        ({"metric": "leave_one_out", "rows": [60]}, OptionError, "use numbers 0 to 59"),
        ({"metric": "leave_one_out", "rows": [0.5]}, OptionError, "use numbers 0 to 59"),
        ({"metric": "leave_one_out", "rows": []}, OptionError, "use numbers 0 to 59"),
        ({"subsets": 3}, OptionError, "rank nothing"),
    ],
)
def test_bad_questions_are_refused_and_log_nothing(work, changed, error, text):
    before = len(work.session.events)
    with pytest.raises(error, match=text):
        asked(work, **changed)
    assert len(work.session.events) == before
    assert not work.session.training.lds


def test_a_truth_that_was_saved_answers_without_training(work, monkeypatch, tmp_path):
    found = asked(work)
    [truth] = work.session.training.truths.values()
    loaded = GroundTruth.load(truth.save(tmp_path / "t.npz"))
    monkeypatch.setattr(truths, "losses_of", None)
    assert asked(work, truth=loaded) == found


def test_scores_without_any_variation_do_not_warn():
    truth = GroundTruth("x", np.eye(12, dtype=bool), 1, np.zeros((12, 1, 2)))
    found = evaluate.lds(InfluenceScores(np.zeros((2, 12)), "m"), truth)
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)
