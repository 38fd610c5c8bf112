"""Metrics on record: noted as they were computed, computed again, and of which run."""

from __future__ import annotations

import gc
import math
import sys
import warnings
import weakref

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import binomtest
from sklearn.metrics import balanced_accuracy_score

from tests.records.notebook import FIT, Lab, trained
from traceprop_nb.adapters.sklearn import metrics as sklearn_metrics
from traceprop_nb.reports.evidence import MetricFact
from traceprop_nb.reports.stated_metrics import disagreeing
from traceprop_nb.session.intervals import bootstrap, wilson
from traceprop_nb.tracing import observed

noticed = sys.modules["traceprop_nb.session.noticed"]

EVERY = """\
said, chance = model.predict(X_test), model.predict_proba(X_test)
accuracy_score(y_test, said)
roc_auc_score(y_test, chance[:, 1])
log_loss(y_test, chance)
f1_score(y_test, said, pos_label="sick", average="binary")
model.score(X_test, y_test)
"""


@pytest.fixture
def lab() -> Lab:
    return trained()


def test_each_metric_is_computed_again_from_its_rows_and_from_the_recorded_model(lab):
    lab(EVERY)
    found = lab.metrics()
    assert [f["label"] for f in found] == [
        "Metric accuracy_score", "Metric roc_auc_score", "Metric log_loss", "Metric f1_score",
        "Metric score (accuracy_score)",
    ]  # fmt: skip
    assert {f["state"] for f in found} == {"established"}
    for field in found:
        value = field["value"]
        assert (value["run"], value["evaluated_on"], value["rows"]) == ("screen", "X_test", 60)
        assert value["from_model"] == pytest.approx(value["value"], rel=1e-9)
        assert value["by_source"][0]["rows"] == 60
        assert value["interval"][0] < value["value"] < value["interval"][1]
    assert [f["value"]["recomputed"] is None for f in found] == [False] * 4 + [True]
    assert lab.swallowed() == {}


def test_labels_that_are_names_stay_out_of_the_record(lab):
    lab(EVERY)
    record = lab.session.report()
    assert "sick" not in record.to_json()
    (field,) = (f for f in lab.metrics() if f["label"] == "Metric f1_score")
    shown = {"name": "average", "value": "binary"}, {"name": "pos_label", "value": "<str>"}
    assert field["value"]["parameters"] == list(shown)


def test_predictions_that_were_changed_where_nobody_saw_it_contradict_the_metric(lab):
    lab("said = model.predict(X_test)")
    lab("said[:] = y_test", traced=False)
    lab("accuracy_score(y_test, said)")
    (field,) = lab.metrics()
    assert field["state"] == "contradicted"
    assert field["check"]["detail"].startswith("recorded 1.0, computed again 0.")


def test_a_model_that_was_fitted_anew_where_nobody_saw_it_contradicts_the_metric(lab):
    lab("model.fit(X, y.to_numpy()[::-1])", traced=False)
    lab("accuracy_score(y_test, model.predict(X_test))\nmodel.score(X_test, y_test)")
    assert [f["state"] for f in lab.metrics()] == ["contradicted"] * 2


def test_a_model_that_was_fitted_anew_in_a_traced_cell_is_no_longer_the_run(lab):
    lab("model.fit(X, y.to_numpy()[::-1])")
    lab("accuracy_score(y_test, model.predict(X_test))\nmodel.score(X_test, y_test)")
    called, scored = lab.metrics()
    assert (called["state"], called["value"]["run"]) == ("established", None)
    assert called["value"]["from_model"] is None
    assert (scored["state"], scored["value"]["run"]) == ("partial", None)


@pytest.mark.parametrize(
    "source",
    ["accuracy_score(y_test, np.where(model.predict_proba(X_test)[:, 1] > 0.3, 'well', 'sick'))",
     "accuracy_score(y_test[::-1], model.predict(X_test)[::-1])",
     "roc_auc_score(y_test == 'well', model.predict_proba(X_test)[:, 1] ** 2)",
     "said = model.predict(X_test)\nsaid[0] = 'sick'\naccuracy_score(y_test, said)"],
)  # fmt: skip
def test_predictions_that_were_worked_on_are_not_compared_with_the_model(lab, source):
    lab(source)
    (field,) = lab.metrics()
    assert field["state"] == "established"
    assert field["value"]["from_model"] is None


def test_probabilities_that_were_changed_where_nobody_saw_it_contradict_the_metric(lab):
    lab("chance = model.predict_proba(X_test)")
    lab("chance[:] = np.stack([y_test == 'sick', y_test == 'well'], axis=1)", traced=False)
    lab("roc_auc_score(y_test, chance[:, 1])\nlog_loss(y_test, chance)")
    assert [f["state"] for f in lab.metrics()] == ["contradicted"] * 2


def test_a_run_of_the_same_name_takes_no_predictions_of_the_earlier_model(lab):
    lab("said = model.predict(X_test)")
    lab.train("screen", "model = LogisticRegression(C=1e-3).fit(X, y.to_numpy()[::-1])")
    lab("accuracy_score(y_test, said)\naccuracy_score(y_test, model.predict(X_test))")
    assert [f["value"]["run"] for f in lab.metrics()] == [None, "screen"]
    assert {f["state"] for f in lab.metrics()} == {"established"}


@pytest.mark.parametrize(
    "more", ["normalize=False", "sample_weight=np.arange(60.0)", "normalize=True"]
)
def test_only_a_plain_accuracy_is_a_share_of_rows(lab, more):
    lab(f"accuracy_score(y_test, model.predict(X_test), {more})")
    (field,) = lab.metrics()
    assert field["state"] == "established"
    assert field["value"]["interval_method"].startswith("bootstrap")


def test_a_metric_of_training_rows_says_so(lab):
    lab("model.score(X, y)\naccuracy_score(y, model.predict(X))")
    for field in lab.metrics():
        assert field["value"]["evaluated_on"] == "X, which it was trained on"
        assert field["state"] == "established"


def test_numbers_without_lineage_or_run_are_metrics_too():
    lab = Lab()
    lab("from sklearn.metrics import accuracy_score, confusion_matrix, mean_squared_error")
    lab("accuracy_score([1, 0, 1], [1, 1, 1])\nconfusion_matrix([1, 0], [1, 1])")
    lab("mean_squared_error([1.0, 2.0, 4.0], [1.5, 2.0, 3.0], sample_weight=[1.0, 1.0, 2.0])")
    first, second = lab.metrics()
    assert first["value"]["value"] == pytest.approx(2 / 3)
    assert second["value"]["recomputed"] == pytest.approx((0.25 + 2) / 4)
    assert {first["state"], second["state"]} == {"established"}


def test_a_metric_in_an_untraced_cell_is_not_on_record(lab):
    lab("accuracy_score(y_test, model.predict(X_test))", traced=False)
    assert lab.fields()["eval.metrics"]["missing"]["why"] == "not_observed"


def test_nothing_of_the_users_is_kept_alive_and_writes_afterwards_change_nothing(lab):
    lab("answers = np.array([1, 0] * 20)\nsaid = np.array([1, 1, 0, 0] * 10)")
    gone = weakref.ref(lab.names["said"])
    lab("accuracy_score(answers, said)\nanswers[:] = 0\ndel said")
    gc.collect()
    assert gone() is None
    assert lab.session.noticed.metrics[-1].call.copies is None
    (field,) = lab.metrics()
    assert (field["state"], field["value"]["recomputed"]) == ("established", 0.5)


def test_copies_have_a_bound_beyond_which_nothing_is_computed_again(lab, monkeypatch):
    monkeypatch.setattr(observed, "LARGEST", 50)
    lab("accuracy_score(y_test, model.predict(X_test))")
    (field,) = lab.metrics()
    assert (field["state"], field["value"]["recomputed"]) == ("partial", None)
    assert field["value"]["run"] == "screen"


def test_the_oldest_copies_go_and_the_oldest_metrics_are_counted(lab, monkeypatch):
    monkeypatch.setattr(noticed, "MOST_ELEMENTS", 250)
    lab("for k in range(203): accuracy_score(y_test, model.predict(X_test))")
    kept = lab.session.noticed.metrics
    assert [one.copies is not None for one in kept] == [False] * 198 + [True] * 2
    gaps = lab.session.report().to_dict()["tool"]["capture_coverage"]["known_gaps"]
    assert "3 metrics before the last 200 are counted only" in gaps


def test_a_declared_metric_is_compared_with_those_recorded_by_its_name(lab):
    lab(EVERY)
    value = lab.metrics()[0]["value"]["value"]
    agreed = lab.fields(metrics={"accuracy": round(value, 2), "speed": 3})["eval.stated_metrics"]
    assert agreed["state"] == "stated"
    field = lab.fields(metrics={"Accuracy": 0.99}, by="A. B.")["eval.stated_metrics"]
    assert field["state"] == "contradicted"
    assert field["check"]["detail"].startswith("declared Accuracy: 0.99; recorded ")
    assert field["evidence"] == ["ev:metric/1", "ev:metric/5"]
    assert field["value"]["declared_by"]["who"] == "A. B."


@pytest.mark.parametrize(
    ("name", "number", "agrees"),
    [("accuracy", 0.97, True), ("accuracy_score", 0.965, True), ("accuracy", 0.95, False),
     ("accuracy", 1, True), ("auc", 0.5, True), ("ROC-AUC", 0.4, False), ("recall", 0.1, True)],
)  # fmt: skip
def test_a_declared_number_counts_as_far_as_its_digits_go(name, number, agrees):
    recorded = (MetricFact("score (accuracy_score)", 0.965), MetricFact("roc_auc_score", 0.5))
    assert (disagreeing(recorded, [{"name": name, "value": number}]) == []) == agrees


def test_one_of_several_recorded_metrics_of_a_name_is_enough():
    recorded = (MetricFact("accuracy_score", 0.9), MetricFact("accuracy_score", 0.8))
    assert disagreeing(recorded, [{"name": "accuracy", "value": 0.8}]) == []
    assert disagreeing(recorded, [{"name": "accuracy", "value": 0.7}]) == [
        ("accuracy", 0.7, (0, 1))
    ]


def test_text_and_lists_that_a_person_declared_are_not_compared():
    recorded = (MetricFact("accuracy", 0.9),)
    for declared in ("0.1", [0.1], [{"name": "accuracy", "value": True}]):
        assert disagreeing(recorded, declared) == []


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilsons_interval_is_scipys(counts):
    hits, n = counts
    low, high, _ = wilson(hits / n, n)
    known = binomtest(hits, n).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((known.low, known.high), abs=1e-12)


def test_the_bootstrap_of_a_mean_has_the_width_of_theory():
    rows = {"x": np.random.default_rng(1).normal(size=400)}
    found = bootstrap(lambda taken: float(taken["x"].mean()), rows)
    assert found is not None
    assert found == bootstrap(lambda taken: float(taken["x"].mean()), rows)
    width = 2 * 1.96 * rows["x"].std() / math.sqrt(400)
    assert found[1] - found[0] == pytest.approx(width, rel=0.3)


def test_a_metric_that_most_resamples_do_not_have_gets_no_interval():
    assert bootstrap(lambda taken: math.nan, {"x": np.arange(4)}) is None


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("ab")), min_size=1, max_size=30))
def test_a_metric_of_our_copies_is_the_metric(pairs):
    truth, said = map(list, zip(*pairs, strict=True))
    copies = observed.own_copies({"y_true": truth, "y_pred": np.array(said, dtype=object)})
    assert copies is not None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert balanced_accuracy_score(**copies) == balanced_accuracy_score(truth, said)


@pytest.mark.parametrize("value", [3, None, [object()], "ab", iter(())])
def test_what_is_no_rows_of_plain_values_is_not_copied(value):
    assert observed.own_copies({"y_true": value}) is None


def test_the_functions_that_are_noted_are_scorers_of_answers_and_predictions():
    names = {function.__name__ for function in sklearn_metrics.measures()}
    known = "accuracy_score roc_auc_score log_loss f1_score mean_squared_error r2_score rand_score"
    assert {*known.split(), "cohen_kappa_score", "brier_score_loss"} <= names
    assert not names & {"auc", "make_scorer", "pairwise_distances", "silhouette_score"}
    assert len(names) > 45


def test_a_fit_without_names_of_columns_is_predicted_again_too():
    lab = trained(FIT.replace("X, y", "X.to_numpy(), y.to_numpy()"))
    lab("rows = X_test.to_numpy()\nmodel.score(rows, y_test)\nmodel.score(rows * 1.0, y_test)")
    for field in lab.metrics():
        assert field["value"]["from_model"] == field["value"]["value"]
