"""Every public callable of scikit-learn is classified, and every rule answers the truth."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.surface.sklearn_setting import SETTING
from tests.surface.sklearn_witnesses import LIBRARY, WITNESSES
from tests.surface.witness import Witness, check
from traceprop_nb.lineage.nodes import Status

INEXACT = (
    "DictVectorizer.fit", "DictVectorizer.fit_transform", "DictVectorizer.transform",
    "learning_curve",
)  # fmt: skip
"""Rows in a list of dictionaries are no value; which rows a part of a fold has is not told."""


@pytest.mark.parametrize("witness", WITNESSES, ids=lambda one: f"{one.name}: {one.call}"[:120])
def test_the_rows_behind_a_result_are_the_truth(witness):
    outcome = check(SETTING, witness)
    assert outcome.holds, outcome
    assert (outcome.status <= Status.ASSUMED) == (not witness.name.endswith(INEXACT)), outcome


def test_everything_public_is_classified_and_most_of_it_exactly():
    assert LIBRARY.unclassified() == []
    table = LIBRARY.table()
    counts = Counter(table.treatment(which) for which in LIBRARY.public().values())
    inexact = {one.name for one in WITNESSES if one.name.endswith(INEXACT)}
    exact = counts["rule"] - len(inexact)  # each of them by the test above
    assert exact >= 0.95 * (counts["rule"] + counts["opaque"])


def test_a_callable_without_a_decision_or_a_witness_is_found():
    def new() -> None: ...

    more = dict(LIBRARY.public()) | {"sklearn.new": new}
    fewer = [one for one in WITNESSES if one.name != "sklearn.preprocessing.scale"]
    library = type(LIBRARY)("sklearn", "1", lambda: more, SETTING, fewer)
    assert library.unclassified() == [
        "sklearn.preprocessing.scale: has a rule and no witness",
        "sklearn.new: not classified",
    ]


@pytest.mark.parametrize(
    ("call", "why"),
    [
        ("out = StandardScaler().fit(F).transform(Q)[::-1].copy() * 0 + Q", "context"),
        ("m = StandardScaler().fit(Q)\nout = m.transform(F)", "context"),
    ],
)
def test_a_fitted_row_that_is_called_the_row_itself_is_noticed(call, why):
    outcome = check(SETTING, Witness("", call, context=("F",) if "(F)" in call[-14:] else ("Q",)))
    assert not outcome.holds, why
