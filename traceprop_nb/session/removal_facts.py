"""What retention took out of a store, as facts: what the log says of it, looked at again."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from traceprop_nb.errors import StoreError
from traceprop_nb.reports.log_facts import RemovalFact
from traceprop_nb.session.chains import Removed, removals
from traceprop_nb.session.retention import STAYING

if TYPE_CHECKING:
    from traceprop_nb.stores import Store


def removal_facts(store: Store) -> tuple[RemovalFact, ...] | None:
    """One fact for each session and statement, the oldest first; None if the store is away."""
    try:
        return tuple(_fact(store, one) for one in removals(store))
    except StoreError:
        return None


def _fact(store: Store, one: Removed) -> RemovalFact:
    left = whole = None
    if any(one.session == known.id for known in store.sessions()):
        rows = store.events(one.session)[: one.length]
        left = sum(bool(row.body) and row.kind not in STAYING for row in rows)
        linked = all(row.before == before.digest for before, row in pairwise(rows))
        whole = linked and len(rows) == one.length and rows[-1].digest == one.head
    return RemovalFact(one.session, one.events, one.length, one.head, one.on, one.rule, left, whole)
