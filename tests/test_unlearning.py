"""Newton unlearning, against scikit-learn fitted on the retained rows."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import nn

from tests.conformance.conftest import multinomial_unpenalised, torch_linear, torch_network
from traceprop_nb.adapters.sklearn.objective import parameters, with_parameters
from traceprop_nb.adapters.sklearn.training import SklearnTap
from traceprop_nb.errors import (
    EmptyForgetSetError,
    OptionError,
    RowRangeError,
    UnsupportedModelError,
)
from traceprop_nb.gradients.capture import TrainOptions
from traceprop_nb.unlearning.forget import forget, retained_run
from traceprop_nb.unlearning.held_out import held_out as held_out_of
from traceprop_nb.unlearning.retrain import retrain


def data(load):
    X, y = load(return_X_y=True)
    return StandardScaler().fit_transform(X), y


def fitted(X, y, model=None):
    model = LogisticRegression(max_iter=1000) if model is None else model
    tap = SklearnTap(lambda _: None)
    tap.start(TrainOptions())
    model.fit(X, y)
    [captured] = tap.stop()
    return captured.run("clinic")


@pytest.fixture(scope="module")
def clinic():
    X, y = data(load_breast_cancer)
    return fitted(X[:400], y[:400])


@pytest.fixture(scope="module")
def held_out(clinic):
    X, y = data(load_breast_cancer)
    return held_out_of(clinic, X[400:], y[400:])


TWENTY = np.random.default_rng(0).choice(400, 20, replace=False)


@pytest.mark.parametrize("load", [load_breast_cancer, load_digits])
def test_forgetting_five_percent_leaves_at_most_a_thousandth_of_the_way_to_retraining(load):
    X, y = data(load)
    X, y = X[:500], y[:500]
    run = fitted(X, y)
    rows = np.random.default_rng(1).choice(len(X), len(X) // 20, replace=False)
    done = forget(run, rows)
    again = LogisticRegression(solver="newton-cholesky", tol=1e-12, max_iter=1000)
    again.fit(np.delete(X, rows, axis=0), np.delete(y, rows))
    gold = parameters(again)
    assert np.linalg.norm(done.w - gold) <= 1e-3 * np.linalg.norm(run.w - gold)


def test_gold_is_what_scikit_learn_finds_on_the_retained_rows(clinic):
    X, y = data(load_breast_cancer)
    done = forget(clinic, TWENTY, gold=True)
    again = LogisticRegression(solver="newton-cholesky", tol=1e-12, max_iter=1000)
    again.fit(np.delete(X[:400], TWENTY, axis=0), np.delete(y[:400], TWENTY))
    np.testing.assert_allclose(done.gold_w, parameters(again), atol=1e-6)


def test_gold_is_trained_from_scratch_and_knows_nothing_of_the_trained_model(clinic):
    problem = clinic.objective.restrict(np.arange(300))
    from_model, _ = retrain(problem, clinic.w)
    from_elsewhere, _ = retrain(problem, clinic.w + 0.3)
    np.testing.assert_array_equal(from_model, from_elsewhere)


def test_it_is_verified_only_against_gold(clinic):
    without, compared = forget(clinic, TWENTY), forget(clinic, TWENTY, gold=True)
    assert without.verified is None
    assert (without.gold_w, without.gold, without.left, without.seconds_gold) == (None,) * 4
    assert np.isnan(without.trajectory["distance_to_gold"]).all()
    assert "not verified, since the model was not retrained" in without.verdict
    assert compared.verified is True
    assert compared.left <= 1e-3
    assert "verified against retraining" in compared.verdict
    np.testing.assert_array_equal(without.w, compared.w)


def test_a_result_away_from_gold_is_not_verified(clinic, monkeypatch):
    def elsewhere(retained, like):
        w, seconds = retrain(retained, like)
        return w + 0.1, seconds

    monkeypatch.setattr("traceprop_nb.unlearning.gold.retrain", elsewhere)
    done = forget(clinic, TWENTY, gold=True)
    assert done.verified is False
    assert "not verified: " in done.verdict
    assert "more than 0.1 %" in done.verdict


def test_every_point_of_the_trajectory_is_measured_there(clinic, held_out):
    done = forget(clinic, TWENTY, gold=True, evaluate={"test": held_out})
    rows = held_out.objective
    t, every = done.trajectory, np.arange(rows.n)
    assert len(t) == len(done.path) == 33
    for point, w in zip(t, done.path, strict=True):
        assert point["forget_loss"] == pytest.approx(
            clinic.objective.loss(w, done.forgotten).mean()
        )
        assert point["retain_loss"] == pytest.approx(clinic.objective.loss(w, done.retained).mean())
        assert point["test_loss"] == pytest.approx(rows.loss(w, every).mean())
        assert point["test_accuracy"] == pytest.approx(rows.correct(w).mean())
        assert point["distance_to_gold"] == pytest.approx(np.linalg.norm(w - done.gold_w))
        told_apart = clinic.objective.loss(w, done.forgotten)[:, None] < rows.loss(w, every)
        assert point["membership_auc"] == pytest.approx(told_apart.mean())
    assert done.gold["test_loss"] == pytest.approx(rows.loss(done.gold_w, every).mean())


def test_the_trajectory_starts_at_the_trained_model_and_has_the_unlearned_one_at_strength_1(clinic):
    for points in (33, 40, 129):
        done = forget(clinic, TWENTY, points=points)
        strength = done.trajectory["strength"]
        assert len(strength) == points
        assert (np.diff(strength) > 0).all()
        np.testing.assert_array_equal(done.path[0], clinic.w)
        np.testing.assert_allclose(done.path[strength == 1.0][0], done.w, atol=1e-12)


def test_going_on_past_gold_is_marked_as_over_forgetting(clinic):
    for gold in (True, False):
        done = forget(clinic, TWENTY, gold=gold)
        t = done.trajectory
        np.testing.assert_array_equal(t["over"], t["strength"] > 1.0)
    past = forget(clinic, TWENTY, gold=True).trajectory
    assert past["distance_to_gold"][-1] > 0.2 * past["distance_to_gold"][0]


def test_forgetting_raises_the_loss_of_the_forgotten_and_lowers_the_risk_of_the_retained(clinic):
    done = forget(clinic, TWENTY)
    t = done.trajectory
    assert t[t["strength"] == 1.0][0]["forget_loss"] > t[0]["forget_loss"]
    assert done.objective.value(done.w) < done.objective.value(clinic.w)


def test_the_users_model_and_run_stay_as_they_were(clinic):
    w, coef = clinic.w.copy(), clinic.model.coef_.copy()
    done = forget(clinic, TWENTY)
    model = with_parameters(clinic.model, done.w)
    np.testing.assert_array_equal(clinic.w, w)
    np.testing.assert_array_equal(clinic.model.coef_, coef)
    np.testing.assert_allclose(parameters(model), done.w)
    assert model is not clinic.model


def test_the_new_run_has_the_retained_rows_and_names_its_parent(clinic):
    done = forget(clinic, TWENTY, gold=True)
    model = with_parameters(clinic.model, done.w)
    new = retained_run(clinic, done, model, "clinic without 20")
    assert (new.name, new.parent, new.objective.n) == ("clinic without 20", "clinic", 380)
    np.testing.assert_array_equal(new.row_index, np.setdiff1d(np.arange(400), TWENTY))
    np.testing.assert_array_equal(new.labels, clinic.labels[new.row_index])
    assert new.recorded["verified"] is True
    twice = forget(new, np.array([0, 5]))
    newer = retained_run(new, twice, model, "less")
    np.testing.assert_array_equal(newer.row_index, np.delete(new.row_index, [0, 5]))


def test_rows_named_twice_count_once_and_their_order_does_not_matter(clinic):
    a, b = forget(clinic, np.array([7, 3, 7])), forget(clinic, np.array([3, 7]))
    np.testing.assert_array_equal(a.w, b.w)
    np.testing.assert_array_equal(a.forgotten, [3, 7])


def test_an_empty_forget_set_is_an_error(clinic):
    with pytest.raises(EmptyForgetSetError, match="nothing to forget: no training row of 'clinic'"):
        forget(clinic, np.array([], dtype=np.int64))


def test_forgetting_everything_is_an_error(clinic):
    with pytest.raises(EmptyForgetSetError, match="all 400 rows"):
        forget(clinic, np.arange(400))


def test_forgetting_a_whole_class_is_an_error(clinic):
    with pytest.raises(EmptyForgetSetError, match="nothing left to keep of class 1"):
        forget(clinic, np.flatnonzero(clinic.labels == 1))


@pytest.mark.parametrize("row", [-1, 400])
def test_a_row_out_of_range_is_an_error_that_says_the_range(clinic, row):
    with pytest.raises(RowRangeError, match=f"rows 0 to 399, and no row {row}"):
        forget(clinic, np.array([3, row]))


def test_too_few_points_are_an_error(clinic):
    with pytest.raises(OptionError, match="pass 33 to 129"):
        forget(clinic, TWENTY, points=5)


def test_a_network_is_no_business_of_newtons_and_has_no_gold_without_a_recipe():
    with pytest.raises(UnsupportedModelError, match="is not convex"):
        forget(torch_network(), np.array([0]), method="newton")
    with pytest.raises(UnsupportedModelError, match=r"no recipe.*leave gold out"):
        forget(replace(torch_network(), recipe=None), np.array([0]), gold=3)


@pytest.mark.parametrize("make", [torch_linear, multinomial_unpenalised])
def test_other_convex_models_reach_gold_too(make):
    run = make()
    done = forget(run, np.array([1, 4]), gold=True)
    assert done.verified is True


def test_a_linear_layer_gets_its_new_parameters():
    from traceprop_nb.adapters.torch.view import parameters as of, with_parameters as with_new

    run = torch_linear()
    done = forget(run, np.array([1, 4]))
    model = with_new(run.model, done.w)
    assert isinstance(model, nn.Linear)
    np.testing.assert_allclose(of(model), done.w)
    np.testing.assert_array_equal(of(run.model), run.w)
