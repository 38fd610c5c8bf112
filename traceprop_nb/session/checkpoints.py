"""When a session's log is signed: with a record, at its end, and now and then between cells.

Signing costs far more than an event, so the end of a cell signs only what is many events or
minutes old. A session that is not stored signs its own log; a stored one the heads of the store's
sessions too.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from traceprop_nb.errors import StoreError
from traceprop_nb.reports.trust.checkpoint import KIND, Head, Signer
from traceprop_nb.reports.trust.merkle import leaf_hash
from traceprop_nb.session.events import Event, EventLog

if TYPE_CHECKING:
    from traceprop_nb.session.storage import Storage

EVENTS = 1000
"""Events after which the end of a cell signs."""

SECONDS = 300.0
"""Seconds after which the end of a cell signs, if there is a new event."""


class _Due:
    """A log's signer, and when it signed last."""

    def __init__(self, log: EventLog) -> None:
        self.signer = Signer(log.id)
        self.at, self.number = time.monotonic(), 0


_signers: WeakKeyDictionary[EventLog, _Due] = WeakKeyDictionary()
_lock = threading.Lock()


def checkpoint(log: EventLog, storage: Storage | None, why: str) -> Event | None:
    """Add a checkpoint to a log; the last event where that is one already, None for no event.

    Without a key it is there all the same, unsigned, and says why.

    Args:
        log: The session's.
        storage: Where it is stored, or None.
        why: ``"report"``, ``"end"``, ``"anchor"``, ``"export"`` or ``"cell"``.
    """
    with _lock:
        if not len(log):
            return None
        last = log[len(log) - 1]
        due = _of(log)
        if last.kind == KIND:
            return last
        others = _heads(storage)
        made = log.append_made(KIND, lambda n, head: _body(log, due, (n, head), others, why))
        due.at, due.number = time.monotonic(), len(log)
    return made


def when_due(log: EventLog, storage: Storage) -> None:
    """At the end of a cell: a checkpoint, if the last one is old."""
    due = _of(log)
    fresh = len(log) - due.number
    if fresh >= EVENTS or (fresh and time.monotonic() - due.at >= SECONDS):
        checkpoint(log, storage, "cell")
        storage.flush()


def _of(log: EventLog) -> _Due:
    due = _signers.get(log)
    if due is None:
        due = _signers[log] = _Due(log)
    return due


def _body(
    log: EventLog, due: _Due, place: Head, others: dict[str, Head], why: str
) -> dict[str, Any]:
    """Called under the log's lock: nobody adds an event meanwhile."""
    tree = due.signer.tree
    for number in range(tree.size, place[0]):
        tree.add(leaf_hash(log[number].digest.encode("ascii")))
    return due.signer.body(*place, others, why)


def _heads(storage: Storage | None) -> dict[str, Head]:
    """Heads of the store's newest sessions; none where the store cannot be asked."""
    if storage is None:
        return {}
    storage.flush()
    try:
        return storage.store.heads()
    except StoreError:
        return {}
