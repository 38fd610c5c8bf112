"""Checkpoints: a signed statement of how far every log has come.

A checkpoint is an event of a session's own chain. It states the number of events before it, the
root of the Merkle tree over their digests, and the root of the tree over the heads of the newest
sessions of the store; the heads that changed since the session's last checkpoint stand beside it,
so that every root can be computed again from the log alone. Not each event is signed: one
signature covers all before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from traceprop_nb.errors import TrustError
from traceprop_nb.reports.canonical import canonical
from traceprop_nb.reports.trust.dsse import CHECKPOINT
from traceprop_nb.reports.trust.keys import Key, own_key
from traceprop_nb.reports.trust.merkle import GrowingTree, leaf_hash, root

SCHEMA = "urn:traceprop-nb:checkpoint:1"
KIND = "checkpoint"
"""The kind of event that a checkpoint is."""

WINDOW = 200
"""Sessions under the root: the newest; older ones are under the checkpoints of these."""

Head = tuple[int, str]
"""How many events a session has, and the digest of the last one."""


def heads_root(heads: Mapping[str, Head]) -> tuple[int, str]:
    """How many sessions are under the root (the newest, by id), and the root in hex."""
    newest = sorted(heads)[-WINDOW:]
    leaves = [
        leaf_hash(canonical({"session": name, "events": heads[name][0], "head": heads[name][1]}))
        for name in newest
    ]
    return len(newest), root(leaves).hex()


def statement(body: Mapping[str, Any]) -> bytes:
    """The payload that a checkpoint's signature covers."""
    signed = ("session", "events", "head", "tree", "sessions", "root", "public_key")
    return canonical({"schema": SCHEMA, **{name: body.get(name) for name in signed}})


@dataclass
class Signer:
    """Makes the checkpoints of one session.

    Attributes:
        session: Its id.
        tree: Over the digests of its events so far.
        told: The heads that its checkpoints have stated.
    """

    session: str
    tree: GrowingTree = field(default_factory=GrowingTree)
    told: dict[str, Head] = field(default_factory=dict)

    def body(self, events: int, head: str, others: Mapping[str, Head], why: str) -> dict[str, Any]:
        """The body of a checkpoint after so many events.

        Args:
            events: How many there are; ``tree`` holds exactly these.
            head: Digest of the last one.
            others: Heads of the store's sessions, as far as they are known.
            why: What made it, such as ``"report"``.
        """
        now = dict(sorted({**self.told, **others, self.session: (events, head)}.items())[-WINDOW:])
        fresh = {name: one for name, one in now.items() if self.told.get(name) != one}
        sessions, top = heads_root(now)
        self.told = now
        body: dict[str, Any] = {
            "session": self.session, "events": events, "head": head,
            "tree": self.tree.root().hex(), "sessions": sessions, "root": top,
            "told": [[name, *one] for name, one in fresh.items()], "why": why,
        }  # fmt: skip
        return body | _signature(body)


def _signature(body: Mapping[str, Any]) -> dict[str, Any]:
    try:
        key: Key = own_key()
    except TrustError as error:
        return {"key": None, "public_key": None, "signature": None, "unsigned": str(error)}
    public = key.public.hex()
    signature = key.sign(CHECKPOINT, statement({**body, "public_key": public}))
    return {"key": key.id, "public_key": public, "signature": signature, "unsigned": None}
