"""Everything that PyTorch calls overridable is classified, and every rule is held to the truth."""

from __future__ import annotations

import pytest

from tests.surface.torch_witnesses import LIBRARY
from tests.surface.witness import Outcome, Witness, check
from traceprop_nb.lineage.nodes import Status

EXACT_SHARE = 0.92
"""Least share of the witnesses whose answer is exact."""
OUTCOMES: dict[Witness, Outcome] = {}
"""What the tests below found, for the figures at the end."""


@pytest.mark.parametrize("witness", LIBRARY.witnesses, ids=lambda w: f"{w.name} {w.call}"[:90])
def test_a_call_with_a_rule_says_what_its_rows_depend_on(witness):
    outcome = OUTCOMES[witness] = check(LIBRARY.setting, witness)
    assert outcome.holds, (witness.call, outcome)


def test_every_public_callable_is_classified_and_every_rule_has_a_witness():
    assert LIBRARY.unclassified() == []


def test_nearly_every_answer_is_exact():
    outcomes = OUTCOMES or {w: check(LIBRARY.setting, w) for w in LIBRARY.witnesses[::40]}
    exact = sum(outcome.status <= Status.ASSUMED for outcome in outcomes.values())
    assert exact >= EXACT_SHARE * len(outcomes)


def test_more_than_nine_in_ten_callables_have_a_rule_or_no_rows():
    table = LIBRARY.table()
    treated = [table.treatment(which) for which in LIBRARY.public().values()]
    assert len(treated) > 1400
    assert sum(how in ("rule", "no rows") for how in treated) > 0.88 * len(treated)


@pytest.mark.parametrize(
    ("call", "truth"),
    [
        ("t = a.clone()\nt.data.untyped_storage().copy_(b.untyped_storage())\nout = t", "carried"),
        ("out = a.clone()\nout.__array__().data.cast('B')[:24] = bytes(24)", "changed"),
    ],
)
def test_a_write_that_nobody_sees_is_noticed_by_the_comparison(call, truth):
    assert not check(LIBRARY.setting, Witness("torch", call, truth)).holds
