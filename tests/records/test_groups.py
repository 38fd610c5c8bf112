"""Metrics in declared groups: of the same rows, computed again, and not of a handful of people."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.metrics import accuracy_score, roc_auc_score

from tests.records.notebook import FIT, IMPORTS, SPLIT, Lab, people
from traceprop_nb.errors import OptionError, ShapeError
from traceprop_nb.session.groups import MISSING, Groups, declare

BANDS = "bands = pd.cut(test['age'], [0, 30, 60, 99]).astype(str)"
SCORE = "accuracy = accuracy_score(y_test, model.predict(X_test))"


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A trained model, its accuracy on 60 test rows, and the sex and age of everybody."""
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(5)
    table = people().assign(sex=draw.choice(["f", "m"], 200), age=draw.integers(18, 90, 200))
    table.to_csv("people.csv", index=False)
    made = Lab()
    made(IMPORTS)
    made("table = pd.read_csv('people.csv')")
    made(SPLIT)
    made.train("clf", FIT)
    made(SCORE)
    made("sex = test['sex']")
    yield made
    made.session.close()


def grouped(lab, number=1):
    return lab.fields()[f"eval.groups.{number}"]


def test_each_group_has_the_metric_of_its_rows(lab):
    declare(lab.session, lab.names["sex"], "sex", 10)
    found = grouped(lab)
    assert found["state"] == "established"
    truth, said = lab.names["y_test"], lab.names["model"].predict(lab.names["X_test"])
    sex = lab.names["sex"].to_numpy()
    for one in found["value"]["groups"]:
        rows = sex == one["group"]
        assert one["n"] == rows.sum()
        assert one["value"] == pytest.approx(accuracy_score(truth[rows], said[rows]), abs=0)
        assert one["low"] < one["value"] < one["high"] <= 1
    assert found["value"]["overall"] == pytest.approx(lab.names["accuracy"], abs=0)
    values = [one["value"] for one in found["value"]["groups"]]
    assert found["value"]["largest_gap"] == pytest.approx(max(values) - min(values), abs=0)
    assert found["label"] == "Metrics in declared groups (accuracy_score by sex)"


def test_without_a_declaration_the_field_is_open(lab):
    found = lab.fields()["eval.groups"]
    assert found["state"] == "not_established"
    assert "declare them with tp.groups" in found["missing"]["how_to_establish"]


def test_a_small_group_is_counted_and_no_more(lab):
    made = declare(lab.session, ["few"] * 9 + ["many"] * 31 + ["some"] * 20, "size", 10)
    few, many, some = grouped(lab)["value"]["groups"]
    assert (few["n"], few["value"], few["low"]) == (9, None, None)
    assert (some["n"], some["value"]) == (20, None)  # or the whole less the others is the few's
    assert many["value"] is not None
    assert grouped(lab)["value"]["largest_gap"] is None
    assert repr(made).splitlines()[1:] == [
        "  few: 9 rows, counted only", "  many: 31 rows", "  some: 20 rows, counted only",
    ]  # fmt: skip


def test_of_two_groups_a_small_one_hides_both(lab):
    declare(lab.session, ["few"] * 9 + ["many"] * 51, "size", 10)
    assert [one["value"] for one in grouped(lab)["value"]["groups"]] == [None, None]


@given(st.lists(st.integers(1, 30), min_size=1, max_size=8), st.integers(1, 20))
def test_what_is_hidden_cannot_be_told_from_what_is_shown(sizes, minimum):
    code = np.repeat(np.arange(len(sizes)), sizes)
    made = Groups("g", tuple(map(str, range(len(sizes)))), code, minimum, None)
    hidden = [sizes[k] for k in made.hidden]
    shown = [n for k, n in enumerate(sizes) if k not in made.hidden]
    assert all(n >= minimum for n in shown)
    assert not hidden or sum(hidden) >= minimum or not shown
    assert (not hidden) == (min(sizes) >= minimum)


def test_labels_of_other_rows_contradict(lab):
    lab("other = table['sex'].iloc[:60]")
    declare(lab.session, lab.names["other"], "sex", 10)
    found = grouped(lab)
    assert found["state"] == "contradicted"
    assert "of other rows than the metric" in found["check"]["detail"]


def test_labels_in_another_order_contradict(lab):
    lab("turned = sex.iloc[::-1]")
    declare(lab.session, lab.names["turned"], "sex", 10)
    assert grouped(lab)["state"] == "contradicted"


def test_untraced_labels_are_taken_in_order_and_said_to_be(lab):
    declare(lab.session, list(lab.names["sex"]), "sex", 10)
    found = grouped(lab)
    assert found["state"] == "partial"
    assert "taken to be in the metric's order" in found["missing"]["how_to_establish"]


def test_another_metric_gets_a_bootstrap_and_one_that_a_group_has_not_none(lab):
    lab("auc = roc_auc_score(y_test, model.predict_proba(X_test)[:, 1])")
    declare(lab.session, lab.names["sex"], "sex", 10)
    second = grouped(lab, 2)
    assert "bootstrap" in second["value"]["interval_method"]
    score = lab.names["model"].predict_proba(lab.names["X_test"])[:, 1]
    rows = lab.names["sex"].to_numpy() == "f"
    told = next(one for one in second["value"]["groups"] if one["group"] == "f")
    assert told["value"] == roc_auc_score(lab.names["y_test"][rows], score[rows])
    declare(lab.session, lab.names["y_test"], "outcome", 10)  # AUC of one class does not exist
    auc = next(
        field for name, field in lab.fields().items()
        if name.startswith("eval.groups") and "roc_auc_score by outcome" in field["label"]
    )  # fmt: skip
    assert all(one["value"] in (None, "nan") for one in auc["value"]["groups"])


def test_a_metric_of_another_length_is_left_alone(lab):
    declare(lab.session, ["a", "b"] * 20, "half", 1)
    assert lab.fields()["eval.groups"]["state"] == "not_established"


def test_a_declaration_is_replaced_by_one_of_its_name(lab):
    declare(lab.session, lab.names["sex"], "sex", 10)
    declare(lab.session, lab.names["sex"], "sex", 5)
    fields = [name for name in lab.fields() if name.startswith("eval.groups.")]
    assert fields == ["eval.groups.1"]


def test_rows_without_a_label_are_a_group(lab):
    made = declare(lab.session, [None, float("nan"), pd.NA, "x"], "a", 1)
    assert made.groups == (MISSING, "x")
    assert repr(made).splitlines() == ["a: 4 rows", f"  {MISSING}: 3 rows", "  x: 1 row"]


@pytest.mark.parametrize(
    ("labels", "name", "minimum", "error", "message"),
    [
        (["a"], " ", 1, OptionError, "groups need a name"),
        ([], "a", 1, ShapeError, r"labels of shape \(0,\)"),
        ([["a"], ["b"]], "a", 1, ShapeError, r"labels of shape \(2, 1\)"),
        ("abc", "a", 1, ShapeError, r"labels of shape \(\)"),
        (["a"], "a", 0, OptionError, "minimum=0"),
        (list(range(51)), "a", 1, OptionError, r"51 different labels of 'a' .*bands first"),
    ],
)
def test_bad_groups_are_refused(lab, labels, name, minimum, error, message):
    with pytest.raises(error, match=message):
        declare(lab.session, labels, name, minimum)


def test_hidden_names_hide_groups(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    people().assign(ward=["geriatrics", "maternity"] * 100).to_csv("p.csv", index=False)
    lab = Lab()
    lab.session.open(tmp_path / "s.db", names="keyed")
    lab(IMPORTS)
    lab("table = pd.read_csv('p.csv')")
    lab(SPLIT)
    lab.train("clf", FIT)
    lab(SCORE)
    lab("wards = test['ward']")
    declare(lab.session, lab.names["wards"], "wards", 10)
    record = lab.session.report().to_json()
    log = str([event.body for event in lab.session.events])
    assert "eval.groups.1" in record
    assert not [word for word in ("geriatrics", "maternity", "wards") if word in record + log]
    lab.session.storage.close()
    lab.session.close()


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_the_groups_share_the_rows_out(data):
    """Every row is in one group, and the groups' accuracies weigh to the whole."""
    lab = Lab()
    n = data.draw(st.integers(1, 40))
    lab.source("t", np.array(data.draw(st.lists(st.integers(0, 1), min_size=n, max_size=n))))
    lab.source("p", np.array(data.draw(st.lists(st.integers(0, 1), min_size=n, max_size=n))))
    lab("from sklearn.metrics import accuracy_score\na = accuracy_score(t, p)")
    declare(
        lab.session, data.draw(st.lists(st.sampled_from("xyz"), min_size=n, max_size=n)), "g", 1
    )
    found = lab.fields()["eval.groups.1"]["value"]
    groups = found["groups"]
    lab.session.close()
    assert sum(one["n"] for one in groups) == n
    whole = sum(one["n"] * one["value"] for one in groups) / n
    assert whole == pytest.approx(found["overall"])
