"""Merkle trees and proofs: RFC 9162, against known answers and against the definition."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings, strategies as st

from traceprop_nb.errors import RowRangeError
from traceprop_nb.reports.trust.merkle import (
    consistency,
    consistent,
    included,
    inclusion,
    leaf_hash,
    node_hash,
    root,
)

# Leaves and roots of the reference trees that RFC 6962's own implementation is tested with.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def defined(entries: list[bytes]) -> bytes:
    """The root by RFC 9162's own words, section 2.1.1."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\0" + entries[0]).digest()
    k = 1
    while 2 * k < len(entries):
        k *= 2
    return hashlib.sha256(b"\1" + defined(entries[:k]) + defined(entries[k:])).digest()


def hashed(entries: list[bytes]) -> list[bytes]:
    return [leaf_hash(entry) for entry in entries]


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_the_known_ones(size):
    assert root(hashed(LEAVES[:size])).hex() == ROOTS[size - 1]


def test_the_empty_tree_has_the_hash_of_nothing():
    assert root([]) == hashlib.sha256(b"").digest()


def test_proofs_are_the_known_ones():
    leaves = hashed(LEAVES)
    h = leaves
    ab, cd, ef, gh = (node_hash(h[k], h[k + 1]) for k in (0, 2, 4, 6))
    assert inclusion(leaves, 5) == [h[4], gh, node_hash(ab, cd)]
    assert inclusion(leaves[:5], 4) == [node_hash(ab, cd)]
    # RFC 9162, section 2.1.5: PROOF(3, D[7]), PROOF(4, D[7]) and PROOF(6, D[7])
    efg = node_hash(ef, h[6])
    assert inclusion(leaves[:7], 0) == [h[1], cd, efg]
    assert inclusion(leaves[:7], 6) == [ef, node_hash(ab, cd)]
    assert consistency(leaves[:7], 3) == [h[2], h[3], ab, efg]
    assert consistency(leaves[:7], 4) == [efg]
    assert consistency(leaves[:7], 6) == [ef, h[6], node_hash(ab, cd)]


entries = st.lists(st.binary(max_size=3), min_size=1, max_size=20)
few = settings(max_examples=60)


@few
@given(entries)
def test_the_root_is_the_one_of_the_definition(found):
    assert root(hashed(found)) == defined(found)


@few
@given(entries, st.data())
def test_every_entry_is_shown_to_be_in_and_no_other_one(found, data):
    leaves, head = hashed(found), defined(found)
    place = data.draw(st.integers(0, len(found) - 1))
    proof = inclusion(leaves, place)
    assert included(leaves[place], place, len(found), proof, head)
    assert not included(leaf_hash(b"another"), place, len(found), proof, head)
    other = data.draw(st.integers(-1, len(found) + 1).filter(lambda k: k != place))
    if not (0 <= other < len(found) and leaves[other] == leaves[place]):
        assert not included(leaves[place], other, len(found), proof, head)
    assert not included(leaves[place], place, len(found), [*proof, head], head)
    assert not proof or not included(leaves[place], place, len(found), proof[:-1], head)


@few
@given(entries, st.data())
def test_a_beginning_is_shown_to_be_one_and_another_is_not(found, data):
    leaves, head = hashed(found), defined(found)
    size = data.draw(st.integers(1, len(found)))
    old, proof = defined(found[:size]), consistency(leaves, size)
    sizes = (size, len(found))
    assert consistent(sizes, (old, head), proof)
    assert not consistent(sizes, (leaf_hash(b"x"), head), proof)
    assert not consistent(sizes, (old, leaf_hash(b"x")), proof)
    assert not consistent(sizes, (old, head), [*proof, head])
    if proof:
        assert not consistent(sizes, (old, head), proof[:-1])
        turned = bytes([proof[0][0] ^ 1]) + proof[0][1:]
        assert not consistent(sizes, (old, head), [turned, *proof[1:]])


def test_no_tree_is_consistent_with_a_smaller_one_or_with_nothing():
    leaves = hashed(LEAVES)
    heads = (root(leaves), root(leaves[:4]))
    assert not consistent((8, 4), heads, [])
    assert not consistent((0, 8), (root([]), root(leaves)), [])
    assert not consistent((4, 8), (root(leaves[:4]), root(leaves)), [])


def test_what_is_not_there_has_no_proof():
    with pytest.raises(RowRangeError, match="2 leaves has no leaf 2"):
        inclusion(hashed(LEAVES[:2]), 2)
    for size in (0, 3):
        with pytest.raises(RowRangeError, match=f"2 leaves has no beginning of {size}"):
            consistency(hashed(LEAVES[:2]), size)
