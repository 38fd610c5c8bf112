"""What every method of unlearning a network owes."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from tests import drawn_runs
from tests.conformance.conftest import fitted
from tests.training_loops import watched
from traceprop_nb.errors import CancelledError, ConvergenceError, UnsupportedModelError
from traceprop_nb.gradients.progress import silent
from traceprop_nb.unlearning.forget import forget
from traceprop_nb.unlearning.influence_steps import SAMPLE, _influence
from traceprop_nb.unlearning.methods import METHODS, choose
from traceprop_nb.unlearning.retrain import retrain
from traceprop_nb.unlearning.unlearner import Task

NETWORKS = ("influence-steps", "gradient-ascent", "neg-grad", "fine-tune", "scrub")
WRONG = np.arange(0, 300, 20)


def rows(n, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 5)).astype(np.float32)
    return X, ((X[:, 0] + X[:, 1] * X[:, 2] > 0).astype(np.int64))


def network(classes=2, epochs=30):
    X, y = rows(300)
    y[WRONG] = 1 - y[WRONG]
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(5, 16), nn.Tanh(), nn.Linear(16, classes))
    loader = DataLoader(
        TensorDataset(torch.from_numpy(X), torch.from_numpy(y)), batch_size=32, shuffle=True
    )

    def cell():
        stepper = torch.optim.Adam(model.parameters(), lr=0.01)
        for _ in range(epochs):
            for xb, yb in loader:
                stepper.zero_grad()
                nn.functional.cross_entropy(model(xb), yb).backward()
                stepper.step()

    [captured], _ = watched(cell)
    return captured.run("net")


@pytest.fixture(scope="module")
def run():
    return network()


def task(run, gone=WRONG, points=33, seed=0):
    kept = np.setdiff1d(np.arange(run.objective.n), gone)
    return Task(run, np.asarray(gone), kept, points, seed)


@pytest.fixture(params=NETWORKS)
def method(request):
    return METHODS[request.param]


def test_the_way_starts_at_the_trained_parameters_and_keeps_no_more_points_than_asked(method, run):
    for points in (33, 40):
        way = method(task(run, points=points), silent)
        assert way.path.shape == (points, run.objective.p)
        np.testing.assert_array_equal(way.path[0], run.w)
        assert 0.7 <= way.answer / (points - 1) <= 0.8
        assert way.steps % way.answer == 0
        assert way.note


def test_nothing_of_the_run_and_no_random_stream_moves(method, run):
    before = [run.w.copy(), *(x.clone() for x in run.objective.inputs)]
    state = {name: value.clone() for name, value in run.model.state_dict().items()}
    stream = torch.random.get_rng_state()
    method(task(run), silent)
    np.testing.assert_array_equal(run.w, before[0])
    for mine, kept in zip(run.objective.inputs, before[1:], strict=True):
        assert torch.equal(mine, kept)
    for name, value in run.model.state_dict().items():
        assert torch.equal(value, state[name])
    assert torch.equal(torch.random.get_rng_state(), stream)


def test_a_seed_decides(method, run):
    one, same, other = (method(task(run, seed=s), silent).path[-1] for s in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0


def test_mislabelled_rows_are_given_up_and_the_others_kept(method, run):
    asked = task(run)
    way = method(asked, silent)
    before, after = (
        [run.objective.loss(w, side).mean() for side in (asked.forget, asked.retain)]
        for w in (run.w, way.path[way.answer])
    )
    assert after[0] > 1.2 * before[0]
    assert after[1] < before[1] + 0.1


def test_the_answer_is_nearer_to_the_retrained_predictions_than_the_trained_model(method, run):
    asked = task(run)
    gold = run.recipe.train(asked.retain, 0, silent)
    X, y = rows(2000, seed=1)
    query = run.query(X, y)

    def differs(w):
        return np.abs(query.predict(w, X)[:, 1] - query.predict(gold.w, X)[:, 1]).mean()

    way = method(asked, silent)
    assert differs(way.path[way.answer]) < 0.95 * differs(run.w)


@pytest.mark.parametrize("name", ["influence-steps", "fine-tune"])
def test_on_a_convex_risk_the_anchored_methods_approach_the_retrained_optimum(name):
    run = fitted(3)
    asked = task(run, gone=np.array([0, 3, 11, 12]))
    gold, _ = retrain(run.objective.restrict(asked.retain), run.w)
    way = METHODS[name](asked, silent)
    start, left = (np.linalg.norm(w - gold) for w in (run.w, way.path[way.answer]))
    assert left < 0.9 * start


def test_it_can_be_stopped_at_any_step(method, run):
    told = []

    def stop(share):
        told.append(share)
        if len(told) == 7:
            raise CancelledError("stopped by the reader")

    with pytest.raises(CancelledError, match="stopped by the reader"):
        method(task(run), stop)
    assert told == sorted(told)
    rest = []
    method(task(run), rest.append)
    assert rest[-1] == 1.0


@pytest.mark.parametrize("name", ["fine-tune", "neg-grad", "gradient-ascent", "scrub"])
def test_parameters_that_are_not_finite_are_an_error(name, run, monkeypatch):
    monkeypatch.setattr(
        type(run.objective), "loss_grad", lambda self, w, rows: np.full(self.p, np.nan)
    )
    with pytest.raises(ConvergenceError, match=r"step 1 of \d+ gave parameters"):
        METHODS[name](task(run), silent)


def test_a_regression_has_nothing_to_scrub(run):
    from dataclasses import replace

    with pytest.raises(UnsupportedModelError, match="use method='fine-tune'"):
        METHODS["scrub"](task(replace(run, classes=None)), silent)


def test_auto_names_the_method_for_a_network_and_why(run):
    name, why = choose(run, WRONG)
    assert name in NETWORKS
    assert "not convex" in why


def test_the_whole_way_with_gold_says_whether_it_can_be_told_from_retraining(run):
    from traceprop_nb.unlearning.held_out import held_out

    X, y = rows(400, seed=1)
    done = forget(run, WRONG, gold=3, evaluate={"test": held_out(run, X, y)}, baselines=False)
    assert done.golds.shape == (3,)
    assert isinstance(done.verified, bool)
    assert "repeats the recorded run" in done.note
    assert "95 %" in done.test or "0.95" in done.test
    nothing, answer = done.trajectory[0], done.trajectory[done.trajectory["strength"] == 1][0]
    assert answer["disagreement_with_gold"] < nothing["disagreement_with_gold"]


def test_the_curvature_of_a_sample_stands_for_that_of_all_retained_rows():
    rng = np.random.default_rng(3)
    X = rng.normal(size=(6 * SAMPLE, 4))
    y = (X[:, 0] + rng.normal(size=len(X)) > 0).astype(int)
    run = drawn_runs.fitted(X, y, LogisticRegression(C=1e6))
    asked = task(run, np.arange(40))
    shift, damping = _influence(asked, np.random.default_rng(0))
    whole = run.objective.restrict(asked.retain).gauss_newton(run.w)
    gradient = run.objective.loss_grad(run.w, asked.forget)
    exact = np.linalg.solve(whole + damping * np.eye(len(run.w)), gradient)
    assert np.linalg.norm(shift) == pytest.approx(np.linalg.norm(exact), rel=0.15)
