"""Names of people: the same for the same person, of no use without their key, and erasable."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from hypothesis import given, strategies as st

from traceprop_nb.session.privacy.pseudonyms import PROJECT, WRITTEN, Memory, Pseudonyms

keys = st.lists(st.text(max_size=8) | st.integers(), min_size=1, max_size=3)


@given(keys, keys, st.text(max_size=5), st.text(max_size=5))
def test_a_name_stands_for_one_set_of_cells_of_one_column(one, other, column, another):
    names = Pseudonyms()
    same = (column, {*map(str, one)}) == (another, {*map(str, other)})
    assert (names.person(column, one) == names.person(another, other)) == same
    assert names.person(column, reversed(one)) == names.person(column, one)


def test_a_name_is_a_keyed_hash_of_128_bits_as_the_standard_has_it():
    names = Pseudonyms()
    found = names.person("patient", ["P17"])
    project = names.ring.get([PROJECT])
    place = hmac.new(project, json.dumps(["patient", "P17"]).encode(), "sha256").hexdigest()[:32]
    own = hashlib.sha256(names.ring.get([f"subject {place}"])).digest()
    told = json.dumps(["patient", "P17"]).encode()
    assert found == hmac.new(own, told, "sha256").digest()[:16].hex()


def test_two_projects_call_a_person_differently_and_a_plain_hash_is_nobody():
    one, other = (Pseudonyms().person("patient", ["P17"]) for _ in range(2))
    assert one != other
    assert one != hashlib.sha256(b"P17").hexdigest()[:32]


def test_after_the_key_is_destroyed_nobody_finds_the_name_again():
    names = Pseudonyms()
    before = names.person("patient", ["P17"])
    other = names.person("patient", ["P18"])
    together = names.person("patient", ["P17", "P18"])
    written = names.literal("text", "'P17'")
    assert names.known("patient", ["P17"]) == before
    assert names.destroy("patient", ["P17"]) == 2
    assert names.known("patient", ["P17"]) is None
    assert names.known("patient", ["P17", "P18"]) is None
    assert names.person("patient", ["P17"]) != before
    assert names.person("patient", ["P17", "P18"]) != together
    assert names.literal("text", '"P17"') != written
    assert names.person("patient", ["P18"]) == other
    assert names.destroy("patient", ["nobody"]) == 0


def test_to_ask_makes_no_key():
    names = Pseudonyms()
    assert names.known("patient", ["P17"]) is None
    assert not [name for name in names.ring.keys if name.startswith("subject")]


def test_a_ring_with_a_project_of_its_own_keeps_what_was_named_before():
    names, ring = Pseudonyms(), Memory()
    earlier = Pseudonyms()
    earlier.keep(ring)
    known = earlier.person("patient", ["P1"])
    before = names.person("patient", ["P17"])
    names.keep(ring)
    assert names.person("patient", ["P17"]) == before
    assert names.person("patient", ["P1"]) == known
    assert earlier.person("patient", ["P17"]) == before
    assert names.destroy("patient", ["P17"]) == 1
    assert before not in (names.person("patient", ["P17"]), earlier.person("patient", ["P17"]))


@pytest.mark.parametrize("kind", ["text", "number"])
def test_a_literal_is_called_by_its_value_however_it_is_quoted(kind):
    names = Pseudonyms()
    assert names.literal(kind, "17") == f"<{kind} {names.person(WRITTEN, ['17'])[:12]}>"
    assert names.literal("text", "'a'") == names.literal("text", 'r"a"')
