"""Code for Traceprop 0.7.0 runs with only the import changed, and says the truth."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

import traceprop_nb as tp
from tests.traced import Notebook
from traceprop_nb import errors

QUICK_START = """
import traceprop_nb as tp
import numpy as np
from sklearn.linear_model import LogisticRegression

data_a = tp.from_csv("hospital_a.csv", source_id="hospital_a")
data_b = tp.from_csv("hospital_b.csv", source_id="hospital_b")
norm_a = (data_a - data_a.mean(axis=0)) / (data_a.std(axis=0) + 1e-8)
norm_b = (data_b - data_b.mean(axis=0)) / (data_b.std(axis=0) + 1e-8)
X_train = np.vstack([norm_a[:, :-1], norm_b[:, :-1]])
y_train = np.concatenate([data_a[:, -1], data_b[:, -1]])
model = LogisticRegression()
with tp.training_context(source_id="hospital_a") as ctx:
    model.fit(X_train, y_train)

engine = tp.attribution_engine(ctx.gradient_store)
p = 1 / (1 + np.exp(-model.decision_function(X_train[3:4])[0]))
test_gradient = (p - y_train[3]) * np.append(X_train[3], 1.0)
result = engine.attribute(test_gradient, top_k=10)
printed = []
for entry in result.top(5):
    printed.append((entry["source_id"], entry["sample_index"], entry["influence_score"]))
trace = result.trace_to_file(rank=0)
printed.append((trace["sources"], trace["ops"]))

unlearn_result = tp.unlearn(
    gradient_store=ctx.gradient_store,
    source_id="hospital_a",
    n_steps=300,
    lr=1e-2,
)
report = tp.compliance_report(
    tensor=norm_a,
    system_name="CreditScorer-v1",
    system_version="1.0.0",
    deployer_name="Amit N.",
    high_risk_category="credit_scoring",
    output_path="compliance_report.json",
)
"""
N = 30


def hospital(seed: int) -> str:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, N))
    y = (a - b + rng.normal(size=N) > 0).astype(int)
    rows = zip(a, b, y, strict=True)
    return "a,ward,b,y\n" + "".join(f"{u:.4f},ward {seed},{v:.4f},{c}\n" for u, v, c in rows)


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A notebook whose session is that of the process."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hospital_a.csv").write_text(hospital(1))
    (tmp_path / "hospital_b.csv").write_text(hospital(2))
    work = Notebook()
    package = sys.modules["traceprop_nb.session"]  # the function of that name hides it
    monkeypatch.setattr(package, "current", lambda: work.session)
    return work


@pytest.fixture
def started(work):
    with pytest.warns(UserWarning, match="no numbers in column 'ward'"):
        work(QUICK_START)
    assert work.session.recorder.swallowed == {}
    return work


def test_the_quick_start_names_files_rows_and_steps(started):
    names = started.names
    assert len(names["ctx"].gradient_store) == 2 * N
    entry, trace = names["result"].top(1)[0], names["trace"]
    place = entry["sample_index"]
    assert trace["sources"] == [entry["source_id"]]
    assert trace["records"] == {entry["source_id"]: [place % N]}
    assert trace["lines"] == {entry["source_id"]: [place % N + 2]}
    assert trace["status"] == "EXACT"
    assert [step[0] for step in trace["ops"]][-1] == "vstack"
    assert "[]" in {step[0] for step in trace["ops"]}
    assert [len(one) for one in names["printed"]] == [3] * 5 + [2]


def test_its_scores_are_those_of_influence(started):
    names = started.names
    row = names["X_train"][3:4], names["y_train"][3:4]
    told = started.session.influence(*row, k=None, method="influence")
    np.testing.assert_allclose(names["result"].scores, told.scores[0], rtol=1e-3, atol=1e-6)
    assert names["result"].scores[3] > 0  # a row is its own proponent
    order = names["result"].scores[names["result"].order]
    assert np.all(np.diff(order) <= 0)


def test_by_source_sums_rows_and_harm_comes_first_when_asked_for(started):
    names = started.names
    result = names["result"]
    sums = result.by_source()
    assert sums["hospital_a"] == pytest.approx(result.scores[:N].sum())
    assert sums["hospital_b"] == pytest.approx(result.scores[N:].sum())
    worst = names["engine"].attribute(names["test_gradient"], 3, most_harmful=True)
    assert [entry["influence_score"] for entry in worst] == sorted(result.scores)[:3]


def test_unlearning_is_verified_against_retraining(started):
    answer = started.names["unlearn_result"]
    again = type(started.names["model"])().fit(
        started.names["X_train"][N:], started.names["y_train"][N:]
    )
    np.testing.assert_allclose(answer.model.coef_, again.coef_, atol=1e-3)
    assert answer.verified is True
    assert answer.influence_before == 1.0
    assert answer.influence_after < 1e-3
    assert answer.compliance_report["kind"]
    with pytest.raises(errors.UnknownNameError, match="hospital_a"):
        tp.unlearn(gradient_store=started.names["ctx"].gradient_store, source_id="hospital_A")


def test_the_record_is_of_the_one_hospital(started, tmp_path):
    saved = json.loads((tmp_path / "compliance_report.json").read_text())
    text = json.dumps(saved)
    assert "CreditScorer-v1" in text
    view = tp.provenance(started.names["norm_a"])
    assert view.sources() == ["hospital_a"]
    assert "vstack" not in view.ops()
    assert view.ancestors()
    assert list(view.rows(4).sources) == ["hospital_a"]


def test_values_add_up_by_source_and_operation(started):
    names = started.names
    valued = tp.data_valuation(
        gradient_store=names["ctx"].gradient_store, val_gradients=names["test_gradient"][None], k=3
    )
    np.testing.assert_allclose(valued.values, names["result"].scores)
    assert sum(valued.by_source().values()) == pytest.approx(valued.values.sum())
    assert valued.by_op()["vstack"] == pytest.approx(valued.values.sum())


def test_gradients_logged_by_hand_are_ranked_the_right_way_up(work, tmp_path):
    with tp.training_context(proj_dim=64) as ctx:
        for i, gradient in enumerate(np.eye(4) * [1, 2, 3, -9]):
            ctx.log_gradient(gradient, sample_index=i, source_id="ab"[i % 2])
    store = ctx.gradient_store
    first = tp.attribution_engine(store).attribute(np.ones(4), top_k=1, estimator="dot")
    assert first.top(1) == [{"sample_index": 2, "source_id": "a", "influence_score": 3.0}]
    assert tp.attribution_engine(store).attribute(np.ones(4), 4, estimator="dot").by_source() == {
        "a": 4.0, "b": -7.0,
    }  # fmt: skip
    again = type(store).load(store.save(tmp_path / "s.npz"))
    for estimator in ("dot", "trak"):
        both = [
            tp.attribution_engine(one).attribute(np.ones(4), 4, estimator=estimator)
            for one in (store, again)
        ]
        assert both[0].top(4) == both[1].top(4)
    trace = first.trace_to_file(0)
    assert (trace["status"], trace["sources"]) == ("UNKNOWN", ["a"])


def test_a_projected_store_answers_after_it_was_loaded(work, tmp_path):
    rng = np.random.default_rng(0)
    gradients = rng.normal(size=(20, 500))
    with tp.training_context(proj_dim=200, seed=3) as ctx:
        ctx.log_batch(gradients, sample_indices=range(20))
    store = type(ctx.gradient_store).load(ctx.gradient_store.save(tmp_path / "s.npz"))
    assert store.matrix.shape == (20, 200)
    found = tp.attribution_engine(store).attribute(gradients[7], 1, estimator="dot")
    assert found.top(1)[0]["sample_index"] == 7
    assert found.scores[7] == pytest.approx(gradients[7] @ gradients[7], rel=0.5)


def test_a_row_of_several_epochs_counts_once(work):
    with tp.training_context() as ctx:
        for _ in range(2):
            ctx.log_batch(np.eye(3), sample_indices=[5, 9, 7])
    found = tp.attribution_engine(ctx.gradient_store).attribute([1.0, 2.0, 3.0], estimator="dot")
    assert [(e["sample_index"], e["influence_score"]) for e in found] == [(7, 6), (9, 4), (5, 2)]


def test_a_block_in_which_nothing_was_trained_says_what_can_be(work):
    with tp.training_context() as ctx:
        pass
    with pytest.raises(errors.NoRunError, match="log_gradient"):
        _ = ctx.gradient_store


def test_an_error_of_the_users_comes_through(work):
    with pytest.raises(ZeroDivisionError, match="division"), tp.training_context():
        1 / 0  # noqa: B018


def test_what_does_not_fit_is_refused_and_nothing_is_kept(work):
    with tp.training_context() as ctx:
        ctx.log_gradient(np.ones(4), sample_index=0)
        with pytest.raises(errors.ShapeError, match="5 numbers after gradients of 4"):
            ctx.log_gradient(np.ones(5), sample_index=1)
        with pytest.raises(errors.NotFiniteError, match="nan"):
            ctx.log_gradient([1, 2, np.nan, 4], sample_index=1)
    store = ctx.gradient_store
    assert len(store) == 1
    engine = tp.attribution_engine(store)
    with pytest.raises(errors.ShapeError, match=r"\(4,\)"):
        engine.attribute(np.ones(3))
    with pytest.raises(errors.UnknownNameError, match="dot"):
        engine.attribute(np.ones(4), estimator="dots")
    with pytest.raises(errors.UnsupportedModelError, match="by hand"):
        tp.unlearn(gradient_store=store, source_id="a")
    with pytest.raises(errors.UnknownNameError, match="n_steps"):
        tp.unlearn(gradient_store=store, source_id="a", n_stepps=3)
    with pytest.raises(errors.ShapeError, match="3 training rows and 2 labels"):
        tp.training_context(None, np.ones(3), np.ones(2))
    with pytest.raises(errors.OptionError, match="proj_dim=0"):
        tp.training_context(proj_dim=0)


@pytest.mark.parametrize(
    ("text", "options", "rows"),
    [
        ("a,b\n1,2\n,4\n", {}, [[1, 2], [np.nan, 4]]),
        ("1;2\n\n3;4\n", {"delimiter": ";", "skip_header": False}, [[1, 2], [3, 4]]),
        ("\ufeffä,b\n1,2\n", {}, [[1, 2]]),
        ("a,b\n", {}, []),
    ],
)
def test_a_csv_file_is_numbers_and_their_lines(work, tmp_path, text, options, rows):
    (tmp_path / "x.csv").write_text(text, encoding="utf-8")
    made = tp.from_csv("x.csv", **options)
    np.testing.assert_array_equal(made, np.array(rows, float).reshape(-1, 2))
    assert made.dtype == np.float64
    for i in range(len(rows)):
        answer = work.session.rows(made, i)
        assert answer.sources["x.csv"].tolist() == [i]
        line = text.splitlines()[answer.lines["x.csv"][0] - 1]
        assert line.split(options.get("delimiter", ","))[1] == f"{rows[i][1]:g}"


def test_a_ragged_file_names_its_line(work, tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n1,2\n3\n")
    with pytest.raises(errors.ShapeError, match=r"line 3 of x\.csv has 1 cells, not 2"):
        tp.from_csv("x.csv")


def test_arrays_of_every_kind_are_sources_and_stay_what_they_are(work):
    import torch

    own = np.arange(6.0).reshape(3, 2)
    assert tp.from_numpy(own, source_id="own") is own
    tensor = torch.ones(3, 2)
    assert tp.from_torch(tensor, source_id="t") is tensor
    made, jax = tp.array([[1, 2]], source_id="made"), tp.from_jax(own, source_id="j")
    for value, name in ((own, "own"), (tensor, "t"), (made, "made"), (jax, "j")):
        assert tp.provenance(value).sources() == [name]
        assert tp.provenance(value).ops() == []
    tp.reset_graph()
    with pytest.raises(errors.UntracedError, match="UNKNOWN"):
        tp.provenance(own)


def test_granularity_is_that_of_cells_that_do_not_ask_for_theirs(work):
    tp.set_granularity(tp.Granularity.BATCH)
    work("import numpy as np\nx = np.ones(3)\nfor k in range(50):\n    x = x + 1")
    assert work.session.recorder.granularity == "batch"
    few = len(work.session.graph)
    tp.set_granularity("op")
    work("import numpy as np\nx = np.ones(3)\nfor k in range(50):\n    x = x + 1")
    assert len(work.session.graph) - few > 50
    with pytest.raises(errors.UnknownNameError, match="epoch"):
        tp.set_granularity("epok")
