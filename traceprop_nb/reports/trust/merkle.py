"""Merkle trees over a list that only grows, and proofs about them.

Leaves and nodes are hashed apart (0x00, 0x01), so that no node can pass for a leaf. A proof of
inclusion shows that an entry is in a tree, a proof of consistency that a tree is the beginning of
a larger one; both need a logarithm of the entries. RFC 9162 (doi:10.17487/RFC9162), section 2.1;
the hashes are those of RFC 6962.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from traceprop_nb.errors import RowRangeError


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256 of an entry as a leaf, 32 bytes."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of two hashes as a node, 32 bytes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Root of the tree over leaf hashes; the hash of nothing where there are none."""
    tree = GrowingTree()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()


class GrowingTree:
    """A tree that keeps one hash a level: a leaf costs two hashes on average.

    Attributes:
        size: Leaves so far.
    """

    def __init__(self) -> None:
        self.size = 0
        self._full: list[bytes] = []  # roots of full subtrees, the largest first

    def add(self, leaf: bytes) -> None:
        """Append a leaf hash."""
        carry, size = leaf, self.size
        while size & 1:
            carry = node_hash(self._full.pop(), carry)
            size >>= 1
        self._full.append(carry)
        self.size += 1

    def root(self) -> bytes:
        """Root over the leaves so far."""
        if not self._full:
            return hashlib.sha256(b"").digest()
        out = self._full[-1]
        for left in reversed(self._full[:-1]):
            out = node_hash(left, out)
        return out


def inclusion(leaves: Sequence[bytes], place: int) -> list[bytes]:
    """Hashes that lead from leaf ``place`` to the root, the lowest first.

    Raises:
        RowRangeError: There is no such leaf.
    """
    if not 0 <= place < len(leaves):
        raise RowRangeError(f"a tree of {len(leaves)} leaves has no leaf {place}")
    if len(leaves) == 1:
        return []
    cut = _split(len(leaves))
    if place < cut:
        return [*inclusion(leaves[:cut], place), root(leaves[cut:])]
    return [*inclusion(leaves[cut:], place - cut), root(leaves[:cut])]


def included(leaf: bytes, place: int, size: int, proof: Sequence[bytes], head: bytes) -> bool:
    """Whether a proof shows that a leaf is number ``place`` of the tree with that root."""
    if not 0 <= place < size:
        return False
    at, last, found = place, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(step, found)
            at, last = _up(at, last)
        else:
            found = node_hash(found, step)
        at, last = at >> 1, last >> 1
    return last == 0 and found == head


def consistency(leaves: Sequence[bytes], size: int) -> list[bytes]:
    """Hashes that show that the tree over the first ``size`` leaves begins the whole one.

    Raises:
        RowRangeError: The tree has no such beginning.
    """
    if not 0 < size <= len(leaves):
        raise RowRangeError(f"a tree of {len(leaves)} leaves has no beginning of {size}")
    return _subproof(leaves, size, whole=True)


def _subproof(leaves: Sequence[bytes], size: int, *, whole: bool) -> list[bytes]:
    if size == len(leaves):
        return [] if whole else [root(leaves)]
    cut = _split(len(leaves))
    if size <= cut:
        return [*_subproof(leaves[:cut], size, whole=whole), root(leaves[cut:])]
    return [*_subproof(leaves[cut:], size - cut, whole=False), root(leaves[:cut])]


def consistent(sizes: tuple[int, int], heads: tuple[bytes, bytes], proof: Sequence[bytes]) -> bool:
    """Whether a proof shows that the first tree begins the second.

    Args:
        sizes: Leaves of the two trees.
        heads: Their roots.
        proof: From ``consistency``.
    """
    first, second = sizes
    if first == second:
        return not proof and heads[0] == heads[1]
    path = [heads[0], *proof] if first & (first - 1) == 0 else list(proof)
    if not 0 < first < second or not path:
        return False
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(step, old), node_hash(step, new)
            at, last = _up(at, last)
        else:
            new = node_hash(new, step)
        at, last = at >> 1, last >> 1
    return last == 0 and (old, new) == heads


def _up(at: int, last: int) -> tuple[int, int]:
    """Past the levels on which a node at the right edge has no sibling."""
    while at and not at & 1:
        at, last = at >> 1, last >> 1
    return at, last


def _split(size: int) -> int:
    """The largest power of two below a size of at least two."""
    return 1 << (size - 1).bit_length() - 1
