"""Decisions by recorded models: the answer is the model's own, and a changed model shows."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import scipy.sparse
import torch

import traceprop_nb as tp
from tests.decisions import MAKE, ask, denied, trained
from traceprop_nb.errors import (
    NoRunError,
    NotFiniteError,
    OptionError,
    ShapeError,
    UnknownNameError,
)

PIPELINES = {
    "plain": "LogisticRegression(max_iter=500)",
    "standard": "make_pipeline(StandardScaler(), LogisticRegression())",
    "no mean": "make_pipeline(StandardScaler(with_mean=False), LogisticRegression())",
    "two scalers": "make_pipeline(RobustScaler(), MinMaxScaler(), LogisticRegression())",
    "passthrough": "make_pipeline('passthrough', StandardScaler(), LogisticRegression())",
    "without intercept": "LogisticRegression(fit_intercept=False, max_iter=500)",
}


@pytest.fixture
def people(notebook):
    notebook(MAKE)
    return notebook


@pytest.fixture
def credit(people):
    trained(people)
    return people


@pytest.mark.parametrize("made", PIPELINES.values(), ids=PIPELINES)
@pytest.mark.parametrize("target", ["label", "third"])
def test_the_answer_is_the_models_own(people, made, target):
    trained(people, f"model = {made}.fit(X, {target})")
    model, X = people.names["model"], people.names["X"]
    for i in (0, 7, 31):
        x = X.iloc[[i]]
        answer = ask(people, x, favourable="granted")
        own = model.predict_proba(x)[0]
        column = list(model.classes_).index("granted")
        assert answer.probability == pytest.approx(own[column], rel=1e-9)
        assert answer.outcome.favoured == (model.predict(x)[0] == "granted")
        rival = np.delete(own, column).max()
        assert answer.score == pytest.approx(np.log(own[column] / rival), rel=1e-7, abs=1e-9)
        assert answer.recomputes is True
        assert answer.names == ("income", "debts", "years")
        assert abs(answer.contributions.gap) < 1e-9
        # Contributions are in the user's terms: moved by one, a feature moves the score so.
        moved = ask(people, x.assign(income=x.income + 1.0), favourable="granted")
        if moved.outcome.unit == answer.outcome.unit:
            step = moved.contributions.values - answer.contributions.values
            assert moved.score - answer.score == pytest.approx(step[0], rel=1e-6)
            np.testing.assert_allclose(step[1:], 0.0, atol=1e-9)
        if answer.counterfactual is not None:
            changed = X.iloc[[i]].copy().astype(float)
            changed.iloc[0] = answer.counterfactual.row
            assert (model.predict(changed)[0] == "granted") != answer.outcome.favoured
            assert answer.verified is True
            assert changed.iloc[0, 1] == np.rint(changed.iloc[0, 1])


def test_the_reasons_are_what_hurt_most_in_order_and_at_most_k(credit):
    answer = ask(credit, denied(credit), favourable="granted")
    hurt = sorted((v, n) for v, n in zip(answer.toward, answer.names, strict=True) if v < 0)
    assert answer.reasons == tuple(name for _, name in hurt)
    assert ask(credit, denied(credit), favourable="granted", k=1).reasons == answer.reasons[:1]
    shown = repr(answer)
    assert shown.index(f"1 {answer.reasons[0]}") > 0
    assert "a diagnosis of the model, not a reason" in shown


def test_seen_from_the_other_outcome_the_signs_turn_over(credit):
    x = denied(credit)
    granted, refused = (ask(credit, x, favourable=f) for f in ("granted", "denied"))
    np.testing.assert_allclose(granted.toward, -refused.toward)
    assert granted.score == pytest.approx(-refused.score)
    assert granted.outcome.favoured is False
    assert refused.outcome.favoured is True
    assert set(granted.reasons).isdisjoint(refused.reasons)


def test_without_a_favourable_outcome_the_reasons_are_for_what_was_decided(credit):
    named, unnamed = (ask(credit, denied(credit), **o) for o in ({"favourable": "granted"}, {}))
    assert unnamed.reasons == named.reasons
    assert unnamed.outcome.favoured is None
    assert "nobody said which outcome is favourable" in repr(unnamed)


def test_a_threshold_decides_where_it_is_reached(credit):
    x = denied(credit)
    p = ask(credit, x, favourable="granted").probability
    below, above = (ask(credit, x, favourable="granted", threshold=t) for t in (p * 0.9, p * 1.1))
    assert (below.outcome.decided, below.outcome.favoured) == ("granted", True)
    assert (above.outcome.decided, above.outcome.favoured) == ("denied", False)
    changed = x.astype(float)
    changed.iloc[0] = above.counterfactual.row
    reached = credit.names["model"].predict_proba(changed)[0, 1]
    assert reached >= p * 1.1
    assert reached == pytest.approx(p * 1.1, rel=1e-6)  # and no further than it needs


def test_whole_numbers_stay_whole_whatever_scaled_them(people):
    made = "make_pipeline(RobustScaler(), MinMaxScaler(), LogisticRegression(C=100))"
    trained(people, f"model = {made}.fit(X, label)")
    model, found = people.names["model"], []
    for i in range(40):
        x = people.names["X"].iloc[[i]]
        answer = ask(people, x, favourable="granted", fixed=["income", "years"])
        if answer.counterfactual is not None:
            [change] = answer.counterfactual.changes
            assert change.after == np.rint(change.after)
            step = np.sign(change.after - change.before)
            nearer = x.assign(debts=x.debts + (abs(change.after - change.before) - 1) * step)
            assert (model.predict(nearer)[0] == "granted") == answer.outcome.favoured
            found.append(change)
    assert len(found) > 3


def test_a_vector_a_series_and_a_frame_are_the_same_row(credit):
    x = denied(credit)
    ways = [x, x.iloc[0], x.to_numpy(), x.to_numpy()[0], list(x.to_numpy()[0])]
    ways += [scipy.sparse.csr_matrix(x.to_numpy()), torch.from_numpy(x.to_numpy())]
    answers = [ask(credit, way, favourable="granted") for way in ways]
    assert len({a.score for a in answers}) == 1
    assert len({a.inputs for a in answers}) == 1
    assert len({a.parameters for a in answers}) == 1
    assert {a.names for a in answers} == {("income", "debts", "years")}
    for another in (denied(credit, 1), scipy.sparse.csr_matrix(denied(credit, 1).to_numpy())):
        assert ask(credit, another).inputs != answers[0].inputs
    other = ask(credit, denied(credit, 1))
    assert other.inputs.startswith("hmac-sha256:")


def test_a_changed_coefficient_is_seen_even_where_the_score_stays(credit):
    x = denied(credit).to_numpy().astype(float)
    x[0, 1] = 0.0
    assert ask(credit, x, favourable="granted").recomputes is True
    credit.names["model"].coef_[0, 1] += 0.5  # times 0: this row's score is the same
    answer = ask(credit, x, favourable="granted")
    assert abs(answer.check.score - answer.score) <= answer.check.tolerance
    assert answer.check.moved > 1e-3
    assert answer.recomputes is False
    credit.names["model"].coef_[0, 0] += 0.5
    answer = ask(credit, x, favourable="granted")
    assert abs(answer.check.score - answer.score) > answer.check.tolerance
    assert "NOT what the model itself gives now" in repr(answer)


@pytest.mark.parametrize(
    "spoil",
    [
        "model.fit(X[['income', 'debts']], label)",
        "model.fit(X, third)",
        "del model.coef_",
    ],
)
def test_a_model_that_no_longer_answers_is_not_the_recorded_one(credit, spoil):
    x = denied(credit)
    credit(spoil)
    answer = ask(credit, x, favourable="granted")
    assert answer.recomputes is False
    assert np.isnan(answer.check.score)
    assert answer.verified in (False, None)


def test_a_scaler_that_was_changed_is_seen(people):
    trained(people, "model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, label)")
    people("model[0].mean_ += 1.0")
    answer = ask(people, people.names["X"].iloc[[0]], favourable="granted")
    assert answer.recomputes is False
    assert answer.check.moved == 0.0


def test_a_pipeline_that_makes_columns_is_explained_by_them_and_changes_none(people):
    people("both = people[['income', 'branch', 'debts']]")
    made = "make_column_transformer((OneHotEncoder(), ['branch']), remainder='passthrough')"
    trained(people, f"model = make_pipeline({made}, LogisticRegression()).fit(both, label)")
    answer = ask(people, people.names["both"].iloc[3], favourable="granted")
    assert any("north" in name for name in answer.names)
    assert answer.recomputes is True
    assert abs(answer.contributions.gap) < 1e-9
    assert answer.counterfactual is None
    assert "features are those that the pipeline hands to its last step" in answer.why


def test_a_run_that_has_forgotten_rows_decides_by_its_own_model(credit):
    x = denied(credit)
    before = ask(credit, x, favourable="granted")
    gone = credit.session.unlearn(rows=[1, 2, 3])
    after = ask(credit, x, run=gone.run, favourable="granted")
    assert after.recomputes is True
    assert after.parameters != before.parameters
    own = gone.model.predict_proba(x)[0, list(gone.model.classes_).index("granted")]
    assert after.probability == pytest.approx(own, rel=1e-7)


def test_training_rows_are_kept_apart_and_only_if_asked(credit):
    answer = ask(credit, denied(credit), favourable="granted")
    assert not credit.session.asked
    said = repr(answer.influence(3))
    assert said.startswith("Influential training rows are a diagnosis of the model, not a reason")
    assert len(credit.session.asked) == 1


def test_the_model_and_the_random_streams_stay_as_they_were(credit):
    model, x = credit.names["model"], denied(credit)
    coefficients = model.coef_.copy()
    np.random.seed(5)  # noqa: NPY002  # the user's own stream
    expected = np.random.random(3)  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002
    operations = len(credit.session.graph)
    ask(credit, x, favourable="granted")
    np.testing.assert_array_equal(model.coef_, coefficients)
    np.testing.assert_array_equal(np.random.random(3), expected)  # noqa: NPY002
    assert len(credit.session.graph) == operations


def test_names_may_be_given_and_a_feature_held_fixed(people):
    trained(people, "model = LogisticRegression(max_iter=500).fit(X.to_numpy(), label)")
    x = denied_array(people)
    plain = ask(people, x, favourable="granted")
    assert plain.names == ("feature 0", "feature 1", "feature 2")
    assert plain.known is False
    named = ask(people, x, favourable="granted", names=["income", "debts", "years"])
    assert named.known is True
    first = named.counterfactual.changes[0].feature
    held = ask(people, x, favourable="granted", names=named.names, fixed=[first])
    assert held.fixed == (first,)
    assert first not in {c.feature for c in (held.counterfactual or named.counterfactual).changes
                         if held.counterfactual}  # fmt: skip


def denied_array(nb):
    X, model = nb.names["X"].to_numpy(), nb.names["model"]
    return X[np.flatnonzero(model.predict(X) == "denied")[0]]


@pytest.mark.parametrize(
    ("x", "options", "error", "message"),
    [
        (np.zeros((2, 3)), {}, ShapeError, "2 rows; a decision is about one"),
        (np.zeros((0, 3)), {}, ShapeError, "no row; a decision is about one"),
        ([], {}, ShapeError, "no row"),
        (np.zeros(4), {}, ShapeError, "3 features"),
        ([[1, 2], [3]], {}, ShapeError, "the row is no array"),
        ([1.0, np.nan, 2.0], {}, NotFiniteError, "nan"),
        (np.zeros(3), {"run": "debit"}, UnknownNameError, "no run named 'debit'; did you mean"),
        (np.zeros(3), {"favourable": "grant"}, UnknownNameError, "did you mean 'granted'"),
        (np.zeros(3), {"threshold": 0.5}, OptionError, "threshold=0.5 decides for nothing"),
        (np.zeros(3), {"threshold": 1.0, "favourable": "granted"}, OptionError, "no probability"),
        (np.zeros(3), {"threshold": np.nan, "favourable": "granted"}, OptionError, "no number"),
        (np.zeros(3), {"k": 0}, OptionError, "k=0 gives no reason"),
        (np.zeros(3), {"names": ["a"]}, OptionError, "1 names for 3 features"),
        (np.zeros(3), {"fixed": ["incom"]}, UnknownNameError, "did you mean 'income'"),
    ],
)
def test_what_cannot_be_decided_says_why(credit, x, options, error, message):
    with pytest.raises(error, match=message):
        ask(credit, x, **options)
    assert credit.session.training.decisions == []


def test_without_a_run_there_is_nothing_to_decide_by(notebook):
    with pytest.raises(NoRunError, match="no training run is recorded"):
        ask(notebook, [1.0])


def test_wrong_columns_of_a_pipeline_are_named(people):
    trained(people, "model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, label)")
    with pytest.raises(ShapeError, match="the pipeline of run 'credit' cannot take this row"):
        ask(people, np.zeros(5))
    with pytest.raises(NotFiniteError, match="nan"):
        ask(people, [np.nan, 1.0, 1.0])


def test_the_door_asks_the_session_of_this_process(credit, monkeypatch):
    monkeypatch.setattr(sys.modules["traceprop_nb.session"], "_CURRENT", [credit.session])
    answer = tp.decision(denied(credit), favourable="granted", title="case 7")
    assert credit.session.training.decisions == [answer]
    assert repr(answer).startswith("case 7: by the LogisticRegression of run 'credit'")
    credit.session.reset()
    assert credit.session.training.decisions == []
