"""Every public function of JAX is decided on, and what its rule says is the truth.

The calls are many and each is compiled: a twelfth of them runs here, and all of them where
TRACEPROP_SURFACE is "all".
"""

from __future__ import annotations

import os

import pytest

from tests.surface.jax_witnesses import LIBRARY, WITNESSES
from tests.surface.witness import Witness, check
from traceprop_nb.lineage.nodes import Status

EVERY = 1 if os.environ.get("TRACEPROP_SURFACE") == "all" else 12
SAMPLE = WITNESSES[::EVERY]
FLOOR = 0.8


@pytest.fixture(scope="module")
def outcomes():
    return {one: check(LIBRARY.setting, one) for one in SAMPLE}


def test_every_witness_holds(outcomes):
    assert not {one.name: found for one, found in outcomes.items() if not found.holds}


def test_nearly_every_answer_is_exact(outcomes):
    exact = sum(found.status <= Status.ASSUMED for found in outcomes.values())
    assert exact / len(outcomes) >= FLOOR


def test_every_public_callable_is_decided_on_and_shown():
    assert LIBRARY.unclassified() == []


def test_the_check_notices_a_wrong_rule(monkeypatch):
    from traceprop_nb.adapters.jax.flow.step import RULES

    right = Witness("control", "jax.jit(lambda v: jax.lax.rev(v, (0,)) + 1)(a)")
    assert check(LIBRARY.setting, right).holds
    monkeypatch.setitem(RULES, "rev", lambda step: list(step.ins))
    wrong = Witness("control", "jax.jit(lambda v: jax.lax.rev(v, (0,)) + 2)(a)")
    assert not check(LIBRARY.setting, wrong).holds
