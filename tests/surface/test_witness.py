"""The comparison of a call with the truth notices what it is there for."""

from __future__ import annotations

import pytest

from tests.surface.numpy_setting import SETTING
from tests.surface.witness import Witness, check
from traceprop_nb.lineage.nodes import Status


@pytest.mark.parametrize(
    ("call", "truth", "status"),
    [
        ("np.roll(a, 1, axis=0)", "carried", Status.EXACT),
        ("np.sin(a)", "changed", Status.EXACT),
        ("np.add(a, 1, out=b)", "changed", Status.EXACT),
    ],
)
def test_a_rule_that_is_right_holds(call, truth, status):
    outcome = check(SETTING, Witness("numpy", call, truth))
    assert outcome.holds, outcome
    assert outcome.status == status


def test_a_claim_too_much_and_a_row_too_few_are_noticed():
    shifted = "Z = a[1:].copy()\nZ[0] = np.roll(a, 1, axis=0)[0]\nout = Z"
    assert check(SETTING, Witness("numpy", shifted, "carried")).holds
    by_hand = "w = a * 1\nw.data.cast('B')[:24] = bytes(24)\nout = w"
    outcome = check(SETTING, Witness("numpy", by_hand))
    assert outcome.surplus[0] == {("a", 0)}
    assert not outcome.holds
    hidden = "w = np.zeros_like(a)\nw.data.cast('B')[:] = a.tobytes()\nout = w"
    outcome = check(SETTING, Witness("numpy", hidden))
    assert outcome.missing[0] == {("a", 0)}
    assert not outcome.holds
