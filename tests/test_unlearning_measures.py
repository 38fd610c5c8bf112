"""What is measured along the way, in classes, slices and against gold; and the baselines."""

import numpy as np
import pytest

from tests.conformance.conftest import torch_network
from tests.drawn_runs import drawn, fitted, poisoned
from traceprop_nb.errors import NotFiniteError, OptionError, ShapeError, UnknownNameError
from traceprop_nb.gradients.progress import silent
from traceprop_nb.unlearning import measures
from traceprop_nb.unlearning.baselines import NOTHING, RANDOM, random_rows
from traceprop_nb.unlearning.forget import forget
from traceprop_nb.unlearning.held_out import held_out
from traceprop_nb.unlearning.measures import (
    Measures,
    along_path,
    disagreement,
    measure,
    predictions,
    predictions_along,
)
from traceprop_nb.unlearning.trajectory import along, even, strengths
from traceprop_nb.unlearning.unlearner import Task, Way

X, Y, WRONG = poisoned(n=800)
WRONG = WRONG[WRONG < 500]
SEX = np.where(np.arange(300) % 3 == 0, "F", "M")


@pytest.fixture(scope="module")
def run():
    return fitted(X[:500], Y[:500])


@pytest.fixture(scope="module")
def test(run):
    return held_out(run, X[500:], Y[500:], {"sex": SEX})


def test_each_class_and_each_slice_has_its_accuracy(run, test):
    done = forget(run, WRONG, evaluate={"test": test}, points=33)
    for k in (0, 12, 32):
        right = run.objective.predict(done.path[k], X[500:]).argmax(axis=1) == Y[500:]
        point = done.trajectory[k]
        assert point["test_accuracy"] == pytest.approx(right.mean())
        for c in range(3):
            assert point[f"test_accuracy[class={c}]"] == pytest.approx(right[Y[500:] == c].mean())
        for s in "FM":
            assert point[f"test_accuracy[sex={s}]"] == pytest.approx(right[s == SEX].mean())


def test_disagreement_is_the_share_of_evaluated_rows_with_another_class(run, test):
    done = forget(run, WRONG, evaluate={"test": test}, gold=1)
    rows = np.concatenate([X[WRONG], X[500:]])
    gold = run.objective.predict(done.gold_w, rows).argmax(axis=1)
    for k in (0, 24):
        mine = run.objective.predict(done.path[k], rows).argmax(axis=1)
        assert done.trajectory["disagreement_with_gold"][k] == pytest.approx((mine != gold).mean())
    assert done.trajectory["disagreement_with_gold"][0] > 0.01


def test_without_held_out_rows_the_training_rows_are_evaluated(run):
    done = forget(run, WRONG, gold=1)
    start, gold = (run.objective.predict(w, X[:500]).argmax(axis=1) for w in (run.w, done.gold_w))
    assert done.trajectory["disagreement_with_gold"][0] == pytest.approx((start != gold).mean())
    assert np.isnan(done.trajectory["membership_auc"]).all()


def test_disagreement_is_a_mean_over_golds():
    golds = np.array([[0, 1, 2, 1], [0, 0, 2, 1]])
    assert disagreement(np.array([[0, 1, 2, 0]]), golds).tolist() == [(1 + 2) / 8]


@pytest.mark.parametrize("cells", [1, 1 << 23])
def test_losses_of_many_points_in_one_product_are_those_of_each(run, monkeypatch, cells):
    monkeypatch.setattr(measures, "CELLS", cells)
    path = np.random.default_rng(0).normal(size=(5, run.objective.p))
    rows = np.arange(3, 50)
    at = Measures(run.objective, rows, np.setdiff1d(np.arange(500), rows), run.w, {})
    found = measure(at, path)
    for k, w in enumerate(path):
        assert found["forget_loss"][k] == pytest.approx(run.objective.loss(w, rows).mean())


def test_a_way_that_stands_still_is_measured_like_every_other(run):
    rows = np.arange(3, 50)
    at = Measures(run.objective, rows, np.setdiff1d(np.arange(500), rows), run.w, {})
    path = np.random.default_rng(0).normal(size=(6, run.objective.p))
    path[1] = path[2] = path[0]
    half = run.objective.on(np.asarray(run.objective.design[:, :-1]) * 0.5, run.labels)
    seen = [run.objective] * 3 + [half] * 3
    found, classes = along_path(at, path, seen), predictions_along(at, path, seen)
    for k, (w, objective) in enumerate(zip(path, seen, strict=True)):
        alone = measure(at, w[None, :], objective)[0]
        np.testing.assert_allclose(found[k].tolist(), alone.tolist(), rtol=1e-12)
        np.testing.assert_array_equal(classes[k], predictions(at, w[None, :], objective)[0])


def test_a_model_that_does_not_tell_classes_is_compared_by_its_hits():
    run = torch_network()
    at = Measures(run.objective, np.arange(4), np.arange(4, 40), run.w, {})
    assert predictions(at, run.w[None, :]).shape == (1, 40)


# -- baselines -------------------------------------------------------------------------------------


def test_the_baselines_are_the_same_method_on_random_rows_and_nothing(run, test):
    done = forget(run, WRONG, evaluate={"test": test}, gold=1, seed=3)
    assert list(done.baselines) == [RANDOM, NOTHING]
    nothing, random = done.baselines[NOTHING], done.baselines[RANDOM]
    for name in nothing.dtype.names:
        if name not in ("strength", "over"):
            np.testing.assert_allclose(nothing[name], done.trajectory[name][0], rtol=1e-12)
    np.testing.assert_array_equal(random["strength"], done.trajectory["strength"])
    rise = done.trajectory["forget_loss"] - done.trajectory["forget_loss"][0]
    other = random["forget_loss"] - random["forget_loss"][0]
    at = int(np.argmin(np.abs(done.trajectory["strength"] - 1)))
    assert rise[at] > 5 * abs(other[at])
    assert random["distance_to_gold"][at] > 0.3 * done.trajectory["distance_to_gold"][0]
    rows = random_rows(Task(run, done.forgotten, done.retained, 33, seed=3))
    again = forget(run, rows, baselines=False)
    np.testing.assert_allclose(random["distance_to_start"][at], np.linalg.norm(again.w - run.w))
    assert again.baselines == {}


def test_random_rows_are_others_than_the_forgotten_where_there_are_enough(run):
    def drawn_for(f, seed=0):
        rows = np.arange(f)
        return random_rows(Task(run, rows, np.arange(f, 500), 33, seed=seed))

    few = drawn_for(100)
    assert len(np.unique(few)) == 100
    assert few.min() >= 100
    np.testing.assert_array_equal(few, drawn_for(100))
    assert not np.array_equal(few, drawn_for(100, seed=1))
    many = drawn_for(400)
    assert len(np.unique(many)) == 400


def test_a_baseline_that_cannot_be_forgotten_is_left_out():
    x = np.array([[-2.0], [-1.0], [1.0], [2.0], [0.5], [-0.5], [0.1], [-0.1]])
    y = np.array([0, 0, 1, 1, 0, 1, 1, 0])
    run = fitted(x, y)
    for seed in range(6):
        done = forget(run, np.array([0, 1, 2]), seed=seed)
        assert NOTHING in done.baselines


# -- the way ---------------------------------------------------------------------------------------


def test_a_way_is_read_between_its_points_and_straight_on_behind_its_end():
    way = Way(np.array([[0.0], [1.0], [4.0]]), 2, 2)
    at = [along(way, s)[0] for s in (0.0, 0.25, 0.5, 0.75, 1.0, 1.25)]
    assert at == pytest.approx([0.0, 0.5, 1.0, 2.5, 4.0, 5.0])
    longer = Way(np.array([[0.0], [1.0], [4.0], [9.0]]), 2, 2)
    assert along(longer, 1.25)[0] == pytest.approx(6.5)
    assert along(longer, 2.0)[0] == pytest.approx(9.0 + 0.5 * 4.0)
    still = Way(np.array([[3.0]]), 0, 0)
    assert along(still, 0.7)[0] == 3.0


def test_a_path_is_cut_into_even_stretches():
    cut = even(np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 1.0]]), 8)
    steps = np.linalg.norm(np.diff(cut, axis=0), axis=1)
    np.testing.assert_allclose(steps, 0.5)
    np.testing.assert_array_equal(even(np.zeros((2, 3)), 4), np.zeros((5, 3)))


@pytest.mark.parametrize("points", [32, 130])
def test_a_trajectory_has_33_to_129_points(points):
    with pytest.raises(OptionError, match="pass 33 to 129"):
        strengths(points)


# -- held-out rows ---------------------------------------------------------------------------------


def test_bad_held_out_rows_are_refused(run):
    with pytest.raises(OptionError, match=r"need their labels to be measured; pass \(X, y\)"):
        held_out(run, X[500:], None)
    with pytest.raises(ShapeError, match="slices 'sex' have 3 labels for 300 held-out rows"):
        held_out(run, X[500:], Y[500:], {"sex": SEX[:3]})
    with pytest.raises(ShapeError, match="6"):
        held_out(run, X[500:, :4], Y[500:])
    with pytest.raises(UnknownNameError, match="no class named '7'"):
        held_out(run, X[500:502], [0, 7])


def test_a_model_with_its_own_buffers_sees_the_held_out_rows_itself(run):
    held = held_out(drawn(X[:500], Y[:500]), X[500:], Y[500:])
    other = fitted(X[:100], Y[:100]).objective
    assert held.under(other).n == 300
    assert held.under(other) is not held.objective


def test_a_run_with_parameters_that_are_no_numbers_is_refused(run):
    from dataclasses import replace

    broken = replace(run, w=np.where(np.arange(run.objective.p) == 2, np.nan, run.w))
    with pytest.raises(NotFiniteError, match="1 parameters of 'clinic' are not finite"):
        forget(broken, np.array([1]))


def test_an_unknown_method_is_refused_with_the_nearest_one(run):
    with pytest.raises(UnknownNameError, match="no method named 'netwon'; did you mean 'newton'"):
        forget(run, np.array([1]), method="netwon")


def test_progress_rises_to_the_end(run):
    seen = []
    forget(run, WRONG, gold=1, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1.0)
    assert silent(0.5) is None
