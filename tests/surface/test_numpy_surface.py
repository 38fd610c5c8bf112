"""Every public callable of NumPy is decided on, and every rule's answer is the truth."""

from __future__ import annotations

import pytest

from tests.surface.numpy_setting import SETTING
from tests.surface.numpy_witnesses import LIBRARY, WITNESSES
from tests.surface.witness import Witness, check
from traceprop_nb.lineage.nodes import Status

FLOOR = 0.65
"""Least share of exact callables among all public ones; masked arrays are most of the others."""
SUPERSETS = frozenset("another order|a part of mosaics|where=".split("|"))
"""Groups of calls that are supersets for a reason, and single calls of that kind."""
SUPERSET_CALLS = frozenset((
    "np.partition(v, 2)", "np.partition(a, 1, axis=0)", "a.sort(axis=0); out = a",
    "v.partition(2); out = v",
))  # fmt: skip
OUTCOMES: dict[Witness, object] = {}


@pytest.mark.parametrize("witness", WITNESSES, ids=lambda one: f"{one.name}: {one.call}"[:90])
def test_a_call_of_numpy_names_the_rows_that_it_depends_on(witness):
    outcome = OUTCOMES[witness] = check(SETTING, witness)
    assert outcome.holds, outcome
    superset = witness.name.partition(":")[0] in SUPERSETS or witness.call in SUPERSET_CALLS
    assert (outcome.status == Status.INEXACT) == superset, outcome.status


def test_every_public_callable_is_decided_on():
    assert LIBRARY.unclassified() == []


def test_most_of_numpy_is_exact():
    if len(OUTCOMES) < len(set(WITNESSES)):
        pytest.skip("asks about all witnesses of this file, of which not all ran here")
    counts = LIBRARY.coverage(OUTCOMES)
    print(dict(counts))  # noqa: T201  # the figures, for who asks with -s
    assert counts["exact"] >= FLOOR * counts.total()
    assert counts["inexact"] <= 5
    assert counts["not classified"] == 0


@pytest.mark.parametrize(
    ("call", "truth"),
    [
        ("w = np.roll(a, 1, axis=0); w.data.cast('B')[:] = a.tobytes(); out = w", "carried"),
        ("w = np.cumsum(a, axis=0); w.data.cast('B')[-24:] = bytes(24); out = w", "changed"),
    ],
)
def test_a_row_that_was_changed_behind_the_rules_back_is_noticed(call, truth):
    assert not check(SETTING, Witness("control", call, truth)).holds
