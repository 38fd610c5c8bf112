"""Every public callable of imbalanced-learn is classified, and every rule answers the truth."""

from __future__ import annotations

import pytest

from tests.surface.imblearn_witnesses import INEXACT, LIBRARY, SETTING, WITNESSES
from tests.surface.witness import check
from traceprop_nb.lineage.nodes import Status


@pytest.mark.parametrize("witness", WITNESSES, ids=lambda one: one.name)
def test_the_rows_behind_a_result_are_the_truth(witness):
    outcome = check(SETTING, witness)
    assert outcome.holds, outcome
    assert (outcome.status <= Status.ASSUMED) == (witness.name.split(".")[-2] not in INEXACT)


def test_everything_public_is_classified():
    assert LIBRARY.unclassified() == []
