"""Seeded faults: each small notebook with one fault gets that contradiction, its twin gets none.

A fault is something that a careful reader of the record must not miss. The twin is the same
notebook without it, so that a contradiction that is always there would be seen too.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.records.notebook import IMPORTS, Lab, people

READ = "table = pd.read_csv('people.csv')"
SPLIT = """\
train, test = table.iloc[:140], table.iloc[{first}:]
X, y = train[["a", "b"]], train["y"]
X_test, y_test = test[["a", "b"]], test["y"]
"""
FIT = "model = LogisticRegression().fit(X, y)"
SAY = "said = model.predict(X_test)"
MEASURE = "accuracy_score(y_test, said)"


def begun(first: int = 140) -> Lab:
    """A notebook that has read its file and split it."""
    lab = Lab()
    lab(IMPORTS)
    lab(READ)
    lab(SPLIT.format(first=first))
    return lab


def whole(lab: Lab) -> None:
    """Training, prediction and metric."""
    lab.train("screen", FIT)
    lab(SAY)
    lab(MEASURE)


def test_rows(faulty: bool) -> Lab:
    lab = begun(first=130 if faulty else 140)
    whole(lab)
    return lab


def stale_file(faulty: bool) -> Lab:
    lab = begun()
    whole(lab)
    people(seed=4 if faulty else 3).to_csv("people.csv", index=False)
    return lab


def made_up_metric(faulty: bool) -> Lab:
    lab = begun()
    lab.train("screen", FIT)
    lab(SAY)
    lab("said[:50] = y_test[:50]" if faulty else "said[:50]", traced=False)
    lab(MEASURE)
    return lab


def declared_metric(faulty: bool) -> Lab:
    lab = begun()
    whole(lab)
    value = lab.metrics()[0]["value"]["value"]
    lab.stated = {"metrics": {"accuracy": round(value, 3) + (0.05 if faulty else 0)}}
    return lab


def erased_rows(faulty: bool) -> Lab:
    lab = begun()
    lab.train("screen", "model = LogisticRegression(C=0.5).fit(X, y)")
    lab.session.unlearn(rows=[3, 4, 5], gold=True)
    kept = "" if faulty else "X, y = X.drop(index=[3, 4, 5]), y.drop([3, 4, 5])\n"
    lab.train("again", kept + FIT)
    return lab


def label_column(faulty: bool) -> Lab:
    lab = begun()
    flipped = "" if faulty else "train.iloc[7, train.columns.get_loc('flag')] ^= 1\n"
    lab("train = train.assign(flag=(train['y'] == 'sick').astype(int))\n"
        f"{flipped}X = train[['a', 'b', 'flag']]")  # fmt: skip
    lab.train("screen", "model = LogisticRegression().fit(X, y)")
    return lab


def other_version(faulty: bool) -> Lab:
    Path("requirements.txt").write_text(f"numpy=={'0.9' if faulty else np.__version__}\n")
    lab = begun()
    whole(lab)
    return lab


test_rows.__test__ = False  # a program, not a test
FAULTS: dict[str, tuple[Callable[[bool], Lab], str, str]] = {
    "test rows in training": (test_rows, "eval.disjoint.1", "behind both the test and the train"),
    "a file that changed": (stale_file, "data.sources", "changed since it was read: people.csv"),
    "a metric that does not recompute": (made_up_metric, "eval.metric.1", "computed again"),
    "a declared metric": (declared_metric, "eval.stated_metrics", "declared accuracy"),
    "erased rows in a later run": (erased_rows, "erase.later_runs.1", "again"),
    "the label among the features": (label_column, "data.leak.1", "2 (flag) equals the label"),
    "another version than the lock file's": (other_version, "env.lock", "fixed as 0.9"),
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    people().to_csv("people.csv", index=False)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_seeded_fault_is_the_one_contradiction_of_the_record(fault):
    program, field, words = FAULTS[fault]
    lab = program(True)
    found = lab.contradicted(**lab.stated)
    assert set(found) == {field}
    assert words in found[field]


@pytest.mark.parametrize("fault", FAULTS)
def test_the_twin_without_the_fault_is_contradicted_by_nothing(fault):
    program, _, _ = FAULTS[fault]
    lab = program(False)
    assert lab.contradicted(**lab.stated) == {}
    assert lab.swallowed() == {}
