"""Influence on boosted trees: against leaves computed anew, and against models grown anew."""

from dataclasses import replace

import numpy as np
import pytest

from tests.boosted_runs import (
    CLASSIFIERS,
    REGRESSORS,
    held_outputs,
    recorded,
    slow_influence,
    table,
)
from traceprop_nb.attribution import evaluate, truth as truths
from traceprop_nb.attribution.axil import axil_weights
from traceprop_nb.attribution.boosted_halves import SEED
from traceprop_nb.attribution.boostin import boosted_steps
from traceprop_nb.attribution.methods import attribute, choose
from traceprop_nb.errors import OptionError, UnsupportedModelError
from traceprop_nb.gradients.objective import all_rows

SMALL = 60
SOME = np.arange(0, SMALL, 4)


def small(kind, classes):
    """A run of few rows, weighted, and five queries."""
    X, y = table(classes, SMALL + 5)
    made = (REGRESSORS if classes is None else CLASSIFIERS)[kind]
    few = {"min_samples_leaf": 3} if kind in ("hist", "gb") else {}
    few |= {"min_child_samples": 3} if kind == "lightgbm" else {}
    weight = np.random.default_rng(1).uniform(0.5, 2.0, SMALL)
    run = recorded(made(**few), X[:SMALL], y[:SMALL], sample_weight=weight)
    return run, run.query(X[SMALL:], y[SMALL:])


@pytest.mark.parametrize("classes", [None, 2, 3])
@pytest.mark.parametrize("kind", list(REGRESSORS))
def test_leaf_influence_is_the_slope_in_each_rows_weight_with_the_splits_held(kind, classes):
    run, query = small(kind, classes)
    got = attribute(run, query, method="leaf-influence").scores
    got = got[:, SOME]
    want = slow_influence(run, query, SOME) * run.objective.weights[SOME]
    largest = np.abs(want).max()
    assert largest > 1e-3
    np.testing.assert_allclose(got, want, atol=2e-3 * largest)
    assert np.polyfit(want.ravel(), got.ravel(), 1)[0] == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("classes", [None, 2, 3])
def test_a_sweep_of_exact_leaves_is_exact(classes):
    run, query = small("gb", classes)  # others sum slopes in float32
    want = slow_influence(run, query, SOME) * run.objective.weights[SOME]
    got = attribute(run, query).scores[:, SOME]
    np.testing.assert_allclose(got, want, atol=1e-6 * np.abs(want).max())


def test_leaving_a_row_out_with_the_splits_held_is_near_its_score():
    run, query = small("gb", 2)
    risk, loss = run.objective, run.objective.ensemble.loss
    before = query.loss(run.w, all_rows(query))
    truth = []
    for i in range(SMALL):
        weights = risk.weights.copy()
        weights[i] = 0.0
        outputs = held_outputs(risk, weights, query.leaf)
        truth.append(loss.loss(outputs, query.target) - before)
    truth, got = np.array(truth).T.ravel(), attribute(run, query).scores.ravel()
    assert np.corrcoef(truth, got)[0, 1] > 0.97
    assert 0.7 < np.polyfit(truth, got, 1)[0] < 1.1, "first order misses the row's own leverage"


@pytest.mark.parametrize("kind", list(REGRESSORS))
def test_axil_weights_times_targets_are_the_predictions(kind):
    X, y = table(None)
    weight = np.random.default_rng(1).uniform(0.5, 2.0, 120)
    run = recorded(REGRESSORS[kind](), X[:120], y[:120], sample_weight=weight)
    query = run.query(X[120:], y[120:])
    weights, offset = axil_weights(run, query)
    told = weights @ run.objective.target + offset
    tolerance = 1e-10 if kind == "gb" else 1e-5  # float32 slopes and leaves
    np.testing.assert_allclose(told, run.predict(X[120:])[:, 0], rtol=tolerance)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, atol=2e-2 if kind != "gb" else 1e-10)


def test_axil_is_the_rise_of_the_loss_if_the_target_were_the_prediction():
    run, query = small("gb", None)
    risk = run.objective
    got = attribute(run, query, method="axil").scores
    own = held_outputs(risk, risk.weights, risk.leaf)[:, 0]
    before = 0.5 * (held_outputs(risk, risk.weights, query.leaf)[:, 0] - query.target) ** 2
    for i in (0, 17, 59):
        target = risk.target.copy()
        target[i] = own[i]
        told = held_outputs(risk, risk.weights, query.leaf, target)[:, 0]
        np.testing.assert_allclose(got[:, i], 0.5 * (told - query.target) ** 2 - before, atol=1e-9)
    with pytest.raises(UnsupportedModelError, match="is for squared loss"):
        attribute(*small("gb", 2), method="axil")


@pytest.mark.parametrize("classes", [None, 2, 3])
def test_boostin_is_the_sum_over_rounds_in_which_both_are_in_one_leaf(classes):
    run, query = small("hist", classes)
    risk, e = run.objective, run.objective.ensemble
    z, asked = np.tile(e.start, (SMALL, 1)), np.tile(e.start, (query.n, 1))
    want = np.zeros((query.n, SMALL))
    for t in range(e.T):
        g, h = e.loss.slope(z, risk.target), e.loss.curvature(z) * e.factor
        slope = e.loss.slope(asked, query.target)
        for k in range(e.K):
            value = e.values[t * e.K + k]
            for q in range(query.n):
                for i in range(SMALL):
                    at = risk.leaf[i, t, k]
                    if query.leaf[q, t, k] != at:
                        continue
                    here = risk.leaf[:, t, k] == at
                    below = (risk.weights * h[:, k])[here].sum() + e.l2
                    step = (e.rate * g[i, k] + h[i, k] * value[at]) / below
                    want[q, i] += slope[q, k] * step
        z, asked = z + e.step(t, risk.leaf), asked + e.step(t, query.leaf)
    np.testing.assert_allclose(boosted_steps(risk, query), want, atol=1e-12)
    got = attribute(run, query, method="boostin")
    np.testing.assert_allclose(got.scores, want * risk.weights, atol=1e-12)
    assert "ranks rows" in got.note


def test_blocks_of_queries_do_not_change_the_scores(monkeypatch):
    run, query = small("hist", 3)
    whole = attribute(run, query).scores
    monkeypatch.setattr("traceprop_nb.attribution.boosted_sweep.BUDGET", 1)
    np.testing.assert_allclose(attribute(run, query).scores, whole, atol=1e-14)


@pytest.fixture(scope="module")
def judged():
    """A run, queries, and models grown on 40 halves."""
    X, y = table(2, 330)
    run = recorded(CLASSIFIERS["hist"](), X[:300], y[:300])
    query = run.query(X[300:], y[300:])
    made = truths.half_subsets(run, query, 40, 1, 0)
    truths.train(run, query, made)
    return run, query, made


def test_the_truth_is_the_library_fitted_on_each_half(judged):
    run, _, made = judged
    assert made.seeds == 1
    X, y = table(2, 330)
    for kept, losses in zip(made.kept[:3], made.mean[:3], strict=True):
        again = CLASSIFIERS["hist"]().fit(X[:300][kept], y[:300][kept])
        own = again.predict_proba(X[300:])[np.arange(30), y[300:]]
        np.testing.assert_allclose(losses, -np.log(own), atol=1e-9)
    keep = np.arange(200)
    assert run.recipe.train(keep, 0, lambda _: None).model is not run.model


def test_lds_is_better_with_all_leaves_followed_and_better_still_over_halves(judged):
    run, query, made = judged
    followed = evaluate.lds(attribute(run, query), made)
    halves = evaluate.lds(attribute(run, query, estimand="half_subset"), made)
    steps = evaluate.lds(attribute(run, query, method="boostin"), made)
    dot = evaluate.lds(attribute(run, query, method="grad-dot"), made)
    assert dot.value < followed.value < halves.value
    assert steps.value < halves.value
    assert halves.value > 0.5
    assert 0.3 < halves.scale < 3.0


def test_half_subset_is_the_mean_slope_over_models_of_halves(monkeypatch):
    monkeypatch.setattr("traceprop_nb.attribution.boosted_halves.HALVES", 2)
    run, query = small("gb", 2)
    got = attribute(run, query, estimand="half_subset").scores[:, SOME]
    rng, want = np.random.default_rng(SEED), np.zeros_like(got)
    for _ in range(2):
        kept = rng.permutation(SMALL) < SMALL // 2
        made = run.recipe.train(np.flatnonzero(kept), 0, lambda _: None).objective
        here = replace(made, weights=run.objective.weights * kept)
        slow = slow_influence(replace(run, objective=here), here.over(query), SOME)
        want += slow * run.objective.weights[SOME] / 2
    np.testing.assert_allclose(got, want, atol=1e-5 * np.abs(want).max())


def test_half_subset_needs_a_recipe_and_the_method_that_it_uses(judged):
    run, query, _ = judged
    with pytest.raises(UnsupportedModelError, match="cannot be trained again on halves"):
        attribute(replace(run, recipe=None), query, estimand="half_subset")
    with pytest.raises(OptionError, match="leave method= out"):
        attribute(run, query, method="boostin", estimand="half_subset")
    named = attribute(run, query, method="leaf-influence", estimand="half_subset")
    assert named.estimand == "half_subset"


def test_taking_the_strongest_proponents_out_raises_the_loss(judged):
    run, query, _ = judged
    scores = attribute(run, query)
    made = truths.proponents_left_out(run, query, scores.scores, 30, 1)
    truths.train(run, query, made)
    drawn = replace(scores, scores=np.random.default_rng(0).normal(size=scores.scores.shape))
    random = truths.proponents_left_out(run, query, drawn.scores, 30, 1)
    truths.train(run, query, random)
    found, control = evaluate.removal(scores, made), evaluate.removal(drawn, random)
    assert found.low > 0
    assert found.value > 3 * abs(control.value)


def test_what_needs_a_minimum_is_refused_and_auto_says_what_it_took(judged):
    run, query, _ = judged
    for method in ("influence", "trak", "kfac", "closed-form", "datainf"):
        with pytest.raises(UnsupportedModelError, match="needs the minimum of a sum"):
            attribute(run, query, method=method)
    assert choose(run) == ("leaf-influence", "the model is boosted trees")
    with pytest.raises(UnsupportedModelError, match="linear"):
        attribute(run, query, estimand="shapley")
