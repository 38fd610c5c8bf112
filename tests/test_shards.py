"""Runs of shards: what they predict, what acts on what, and that forgetting is retraining."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from tests.conformance.conftest import table
from traceprop_nb.attribution.methods import METHODS, attribute
from traceprop_nb.errors import (
    NoModelError,
    NoRunError,
    OptionError,
    UnknownNameError,
    UnsupportedModelError,
)
from traceprop_nb.gradients.capture import TrainOptions
from traceprop_nb.gradients.objective import all_rows
from traceprop_nb.gradients.shards import deployed
from traceprop_nb.session.unlearn import unlearn

X, Y = table(3)

LINEAR = """
from sklearn.linear_model import LogisticRegression
shards = [(X[k::3], y[k::3]) for k in range(3)]
models = {f"site {k}": LogisticRegression().fit(*rows) for k, rows in enumerate(shards)}
"""
PIPED = """
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
models = [make_pipeline(StandardScaler(), LogisticRegression()).fit(X[k::3], y[k::3])
          for k in range(3)]
"""
NETWORK = """
import torch
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset
T = torch.from_numpy(X.copy()).float()
whole = TensorDataset(T, torch.from_numpy(y.copy()))
torch.manual_seed(0)
models = []
for k in range(3):
    net = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 3))
    steps = torch.optim.Adam(net.parameters(), lr=0.02)
    batches = DataLoader(Subset(whole, list(range(k, len(whole), 3))), 8, shuffle=True)
    for _ in range(4):
        for xb, yb in batches:
            steps.zero_grad()
            nn.functional.cross_entropy(net(xb), yb).backward()
            steps.step()
    models.append(net.eval())
"""


def trained(notebook, source, **options):
    """A cell of shards whose rows come from two sources."""
    first = len(Y) // 2
    notebook.source("left", X[:first].copy())
    notebook.source("right", X[first:].copy())
    notebook.names["y"] = Y
    notebook("import numpy as np\nX = np.concatenate([left, right])")
    session = notebook.session
    session.begin_train("shards", TrainOptions(shards=True, **options))
    try:
        notebook(source)
    except BaseException:
        session.end_train(False)
        raise
    return session.end_train(True)


@pytest.fixture(params=["linear", "pipelines", "network"])
def work(request, notebook):
    source = {"linear": LINEAR, "pipelines": PIPED, "network": NETWORK}[request.param]
    return notebook, trained(notebook, source, model="models")


def chances(model, X):
    """What the user's own model predicts."""
    if isinstance(model, torch.nn.Module):
        with torch.no_grad():
            return torch.softmax(model(torch.from_numpy(X).float()), 1).double().numpy()
    return model.predict_proba(X)


def each(models):
    return list(models.values()) if isinstance(models, dict) else models


def test_a_run_predicts_the_mean_of_what_its_models_predict(work):
    notebook, run = work
    want = np.mean([chances(model, X) for model in each(notebook.names["models"])], axis=0)
    np.testing.assert_allclose(run.predict(X), want, atol=1e-6)
    assert run.model is notebook.names["models"]
    assert run.objective.n == len(X)


def test_the_loss_of_the_vote_is_minus_the_log_of_the_mean_chance(work):
    _, run = work
    rows, query = deployed(run.objective), run.query(X, Y)
    order = np.concatenate([np.arange(k, len(X), 3) for k in range(3)])
    want = -np.log(run.predict(X)[np.arange(len(X)), Y])
    np.testing.assert_allclose(query.loss(run.w, all_rows(query)), want, atol=1e-6)
    np.testing.assert_allclose(rows.loss(run.w, all_rows(rows)), want[order], atol=1e-6)
    np.testing.assert_array_equal(rows.correct(run.w), (run.predict(X).argmax(1) == Y)[order])
    part = rows.restrict(np.array([1, 2, 25]))
    assert part.n == 3
    np.testing.assert_array_equal(part.answers, Y[order][[1, 2, 25]])


def test_derivatives_are_the_slopes_of_the_loss(work):
    _, run = work
    for risk in (run.objective, run.query(X[:9], Y[:9])):
        w = run.w + 0.0
        rng = np.random.default_rng(1)
        way = np.concatenate([rng.normal(size=risk.p - 3), np.zeros(3)])
        up, down = (risk.loss(w + e * way, all_rows(risk)) for e in (1e-6, -1e-6))
        got = risk.per_example_grad(w, all_rows(risk)) @ way
        np.testing.assert_allclose(got, (up - down) / 2e-6, atol=1e-5)
        rise = (risk.value(w + 1e-6 * way) - risk.value(w - 1e-6 * way)) / 2e-6
        np.testing.assert_allclose(risk.grad(w) @ way, rise, rtol=1e-5, atol=1e-5)
    bend = run.objective.grad(run.w + 1e-6 * way) - run.objective.grad(run.w - 1e-6 * way)
    np.testing.assert_allclose(run.objective.hvp(run.w, way), bend / 2e-6, rtol=1e-4, atol=1e-3)
    with pytest.raises(UnsupportedModelError, match="vote"):
        run.query(X[:9], Y[:9]).hvp(run.w, way)


def test_rows_lead_back_to_their_sources_through_the_shards(work):
    notebook, _ = work
    half = len(Y) // 2
    back = unlearn(notebook.session, run="shards", source="left").result.forgotten
    order = np.concatenate([np.arange(k, len(X), 3) for k in range(3)])
    assert set(order[back].tolist()) == set(range(half))


TWO_TABLES = NETWORK.replace(
    "whole = TensorDataset(T, torch.from_numpy(y.copy()))",
    "tables = [TensorDataset(torch.from_numpy(part).double(), torch.from_numpy(labels))\n"
    "          for part, labels in ((left, y[:20].copy()), (right, y[20:].copy()))]",
).replace("range(3)", "range(2)").replace(
    "Subset(whole, list(range(k, len(whole), 3)))", "Subset(tables[k], [3, 1, *range(6, 20)])"
).replace("nn.Linear(4, 6)", "nn.Linear(4, 6).double()").replace(
    "BatchNorm1d(6)", "BatchNorm1d(6).double()"
).replace("nn.Linear(6, 3)", "nn.Linear(6, 3).double()")  # fmt: skip


def test_shards_of_two_tables_lead_back_to_the_rows_that_were_picked(notebook):
    trained(notebook, TWO_TABLES)
    session = notebook.session
    done = unlearn(session, run="shards", reached=("right", 1)).result
    assert len(done.forgotten) == 1
    back = session.training.runs["shards"]
    place = done.forgotten[0] - back.shards[0].objective.n
    np.testing.assert_allclose(back.shards[1].objective.features[place], notebook.names["right"][1])


def test_only_shards_with_a_forgotten_row_are_trained_again(work):
    notebook, run = work
    models, before = each(notebook.names["models"]), run.w.copy()
    gone = [0, 3]  # both of the first shard
    answer = unlearn(notebook.session, run="shards", rows=gone, evaluate={"test": (X, Y)})
    assert answer.result.method == "sisa"
    assert "1 of 3 shards" in answer.result.note
    new = each(answer.model)
    assert type(answer.model) is type(notebook.names["models"])
    assert new[1] is models[1]
    assert new[2] is models[2]
    assert new[0] is not models[0]
    np.testing.assert_array_equal(run.w, before)
    want = np.mean([chances(model, X) for model in new], axis=0)
    np.testing.assert_allclose(answer.run.predict(X), want, atol=1e-6)
    last = answer.trajectory[answer.trajectory["strength"] == 1.0]
    assert last["test_accuracy"] == pytest.approx((want.argmax(axis=1) == Y).mean())


def test_forgetting_is_retraining_to_the_last_bit(work):
    notebook, run = work
    answer = unlearn(notebook.session, run="shards", rows=[0, 1, 3, 4], gold=3)
    np.testing.assert_array_equal(answer.result.w, answer.result.gold_w)
    assert answer.verified is True
    assert not answer.trajectory["over"].any() or run.framework == "torch"
    if run.framework == "sklearn":
        assert answer.result.left == 0.0


def test_linear_shards_end_where_a_fit_of_the_retained_rows_ends(notebook):
    trained(notebook, LINEAR, model="models")
    answer = unlearn(notebook.session, run="shards", rows=[0, 3])
    kept = np.setdiff1d(np.arange(0, len(X), 3), [0, 9])
    want = LogisticRegression(tol=1e-12, max_iter=10_000).fit(X[kept], Y[kept])
    got = answer.model["site 0"]
    np.testing.assert_allclose(got.coef_, want.coef_, atol=1e-6)


def test_a_shard_without_a_row_leaves_the_vote(work):
    notebook, run = work
    first = run.shards[0].objective.n
    answer = unlearn(notebook.session, run="shards", rows=list(range(first)), gold=1)
    models = each(notebook.names["models"])
    assert len(each(answer.model)) == 2
    want = np.mean([chances(model, X) for model in models[1:]], axis=0)
    np.testing.assert_allclose(answer.run.predict(X), want, atol=1e-6)
    assert "out of the vote" in answer.result.note
    assert answer.result.left in (0.0, None)


def test_what_was_forgotten_once_stays_forgotten_when_more_is(work):
    notebook, _ = work
    once = unlearn(notebook.session, run="shards", rows=[0, 3])
    twice = unlearn(notebook.session, run=once.run.name, rows=[0, 5], gold=1)
    both = unlearn(notebook.session, run="shards", rows=[0, 1, 3, 7])  # the same rows, at once
    np.testing.assert_allclose(twice.result.w, both.result.w, atol=1e-7)
    np.testing.assert_array_equal(twice.result.w, twice.result.gold_w)
    assert twice.run.parent == once.run.name
    assert twice.run.objective.n == len(X) - 4
    assert [shard.objective.n for shard in twice.run.shards] == [
        shard.objective.n for shard in both.run.shards
    ]
    np.testing.assert_allclose(twice.run.predict(X), both.run.predict(X), atol=1e-7)


def test_a_row_acts_on_the_vote_through_its_own_model(work):
    _, run = work
    query = run.query(X[:5], Y[:5])
    got = attribute(run, query, method="influence" if run.framework == "torch" else "closed-form")
    share = np.exp(
        -np.array(
            [
                m.loss(v, np.arange(5))
                for m, v in zip(query.blocks[0], run.objective.models(run.w), strict=True)
            ]
        )
    )
    share /= share.sum(axis=0)
    assert got.scores.shape == (5, len(X))
    start = 0
    for k, shard in enumerate(run.shards):
        own = METHODS[got.method](shard, query.blocks[0][k]).scores
        np.testing.assert_allclose(
            got.scores[:, start : start + shard.objective.n], share[k][:, None] * own, atol=1e-12
        )
        start += shard.objective.n


def test_influence_on_the_vote_is_that_of_leaving_the_row_out(notebook):
    run = trained(notebook, LINEAR, model="models")
    query = run.query(X[:4], Y[:4])
    scores = attribute(run, query).scores
    truth = np.empty((4, 12))
    for row in range(12):
        done = unlearn(notebook.session, run="shards", rows=[row * 3])
        truth[:, row] = query.loss(done.result.w, np.arange(4)) - query.loss(run.w, np.arange(4))
    assert np.corrcoef(truth.ravel(), scores[:, np.arange(12) * 3].ravel())[0, 1] > 0.98


@pytest.mark.parametrize(
    ("source", "options", "error", "said"),
    [
        ("m = LogisticRegression().fit(X, y)", {}, NoModelError, "1 was trained"),
        (LINEAR, {"model": "shard"}, UnknownNameError, "shards"),
        (LINEAR + "one = models['site 0']", {"model": "one"}, OptionError, "list, tuple or dict"),
        (LINEAR + "more = [*models.values(), LogisticRegression()]", {"model": "more"},
         NoModelError, "model 3"),
        ("ms = [LogisticRegression().fit(X[y < 2], y[y < 2]), LogisticRegression().fit(X, y)]",
         {}, UnsupportedModelError, "every class"),
    ],
)  # fmt: skip
def test_shards_that_are_none_are_refused_with_what_to_do(notebook, source, options, error, said):
    notebook("from sklearn.linear_model import LogisticRegression")
    with pytest.raises(error, match=said):
        trained(notebook, source, **options)
    assert not notebook.session.runs


def test_a_method_that_moves_one_model_is_refused(work):
    notebook, run = work
    with pytest.raises(UnsupportedModelError, match="leave method= out"):
        unlearn(notebook.session, run="shards", rows=[0], method="newton")
    assert list(notebook.session.runs) == [run.name]


def test_one_model_has_no_shards(notebook):
    notebook.names |= {"X": X, "y": Y}
    session = notebook.session
    session.begin_train("one", TrainOptions())
    notebook(
        "from sklearn.linear_model import LogisticRegression\nm = LogisticRegression().fit(X, y)"
    )
    session.end_train(True)
    with pytest.raises(UnsupportedModelError, match="--shards"):
        unlearn(session, rows=[0], method="sisa")


def test_a_shard_that_was_changed_since_is_found(notebook):
    trained(notebook, LINEAR, model="models")
    notebook("models['site 1'].coef_ += 1")
    with pytest.raises(NoRunError, match="no longer the model"):
        unlearn(notebook.session, run="shards", rows=[0])


JAX = """
import numpy as np
from tests.jax_parts import fit, loss, scores
Xs, ys = [X[k::2] for k in range(2)], [y[k::2] for k in range(2)]
models = [fit(rows, labels, 0) for rows, labels in zip(Xs, ys)]
"""
PARTS = {"model": "models", "loss": "loss", "predict": "scores", "fit": "fit"}


def test_jax_shards_are_named_by_lists(notebook):
    run = trained(notebook, JAX, rows=("Xs", "ys"), **PARTS)
    assert [shard.objective.n for shard in run.shards] == [len(X[0::2]), len(X[1::2])]
    answer = unlearn(notebook.session, run="shards", rows=[0, 5], gold=1)
    assert answer.model[1] is notebook.names["models"][1]
    np.testing.assert_array_equal(answer.result.w, answer.result.gold_w)
    half = run.shards[0].objective.p
    assert (answer.result.w[:half] != run.w[:half]).any()
    np.testing.assert_array_equal(answer.result.w[half:], run.w[half:])


@pytest.mark.parametrize(
    ("source", "rows", "said"),
    [(JAX + "ys = ys[:1]", ("Xs", "ys"), "ys 1"), (JAX, ("X", "y"), "X is a ndarray")],
)
def test_jax_lists_that_do_not_fit_are_refused(notebook, source, rows, said):
    with pytest.raises(OptionError, match=said):
        trained(notebook, source, rows=rows, **PARTS)
