"""The session's log on disk: written at the end of each cell, and never in the way of one.

What cannot be written now is kept and tried again; how much waits, and why, is said. The first
event of a stored session names the heads of the sessions before it, so that one of those cannot be
cut short or dropped without a later one telling.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from traceprop_nb.errors import OptionError, StoreError
from traceprop_nb.reports.canonical import canonical, read
from traceprop_nb.session.access import access, switched_on, who
from traceprop_nb.session.checkpoints import checkpoint, when_due
from traceprop_nb.session.events import Event, EventLog

if TYPE_CHECKING:
    from traceprop_nb.reports.trust.checkpoint import Head
    from traceprop_nb.session.anchors import Anchor
    from traceprop_nb.session.core import Session
    from traceprop_nb.session.stored_check import Checked
    from traceprop_nb.stores import Entry, Recorded, Store

DEFAULT = ".traceprop/store.db"
"""Where a session's log goes unless somebody says otherwise."""

NAMED = 50
"""Sessions whose heads a new one names: the newest."""

MOST = 100_000
"""Events that wait for a store that cannot be written; later ones stay in the session alone."""

_open: WeakSet[Storage] = WeakSet()


@dataclass(eq=False, repr=False)
class Storage:
    """A session that is being stored.

    Attributes:
        store: Open.
        id: The session's id in it.
        given: Path or address, as it was given.
        log: The session's events, which are stored here.
        waiting: Events that are not written yet.
        unwritten: Events that will not be, because too many waited.
        access_log: Whether accesses are logged; see ``session.access``.
        trouble: Why the last attempt failed; empty if it did not.
    """

    store: Store
    id: str
    given: str
    log: EventLog
    waiting: list[Event] = field(default_factory=list)
    unwritten: int = 0
    trouble: str = ""
    access_log: bool = True
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def line(self) -> str:
        """Where the log goes and what waits, in one line."""
        database = self.store.database
        out = f"{database.where} ({database.mode}), session {self.id}"
        if self.waiting or self.unwritten:
            out += (
                f"; {len(self.waiting):,} events wait, {self.unwritten:,} will not be written: "
                f"{self.trouble or 'too many waited'}"
            )
        return "; ".join(filter(None, [out, database.note]))

    def add(self, event: Event) -> None:
        """Write this event with the next ones."""
        if self.unwritten or len(self.waiting) >= MOST:
            self.unwritten += 1  # a gap in the middle would break the chain
        else:
            self.waiting.append(event)

    def flush(self) -> None:
        """Write what waits; an error is remembered, and raised to nobody."""
        with self._lock:
            now = list(self.waiting)
            try:
                self.store.append(self.id, [entry(event) for event in now])
            except (StoreError, OSError) as error:
                self.trouble = str(error)
                return
            del self.waiting[: len(now)]
            self.trouble = ""

    def cell_ended(self) -> None:
        """Write what waits, and sign the log if it has not been signed for long."""
        self.flush()
        when_due(self.log, self)

    def sessions(self) -> list[Recorded]:
        """Every session of the store, the oldest first."""
        return self.store.sessions()

    def events(self, session: str | None = None) -> list[Event]:
        """Events of a session in their order; of this one by default.

        Raises:
            UnknownNameError: There is no such session.
        """
        if session not in (None, self.id):
            access(self, "queried", {"session": session})
        self.flush()
        rows = self.store.events(session or self.id)
        return [
            Event(r.number, r.time, r.kind, _body(r), r.before, r.digest) for r in rows
        ]  # fmt: skip

    def heads(self) -> dict[str, tuple[int, str]]:
        """Session -> number of events and head: keep them elsewhere, and ``check`` against them."""
        self.flush()
        return {one.id: (one.events, one.head) for one in self.store.sessions() if one.events}

    def check(self, heads: Mapping[str, Head] | None = None) -> Checked:
        """What is not as it was appended; empty if everything is. See ``stored_check``."""
        from traceprop_nb.session.stored_check import check

        return check(self, heads)

    def anchor(self, how: str | Path, *, url: str | None = None) -> Anchor:
        """Keep the heads outside the store. See ``session.anchors``.

        Args:
            how: ``"git"`` (a note on the commit that is checked out), ``"rfc3161"`` (a time
                stamp), or the path of a file.
            url: Of the time-stamping authority; it is sent a digest, and that is logged.

        Raises:
            TrustError: They cannot be kept there.
            OptionError: A URL that is missing or not needed.
        """
        from traceprop_nb.session.anchors import anchor

        return anchor(self, how, url=url)

    def rotate_key(self) -> str:
        """Sign with a new key from now on; the old one signs that it follows. Returns its id.

        Raises:
            TrustError: The old key cannot be had, or the new one not be written.
        """
        from traceprop_nb.reports.trust import keys
        from traceprop_nb.reports.trust.log_check import ROTATED

        checkpoint(self.log, self, "rotation")
        signed = canonical(keys.rotate()).decode("utf-8")
        self.record(ROTATED, key=keys.own_key().id, statement=signed)
        return keys.own_key().id

    def save_log(self, path: str | Path) -> Path:
        """Write every session's events as lines of JSON, for ``verify.py`` and other readers.

        Raises:
            StoreError: The store cannot be read.
        """
        from traceprop_nb.reports.trust.chain import log_file

        access(self, "exported", {"sessions": len(self.store.sessions()), "form": "log"})
        checkpoint(self.log, self, "export")
        self.flush()
        parts = [log_file(one.id, self.store.events(one.id)) for one in self.store.sessions()]
        Path(path).write_bytes(b"".join(parts))
        return Path(path)

    def record(self, kind: str, **body: Any) -> Event:
        """Add an event to the log, and write it."""
        event = self.log.append(kind, body)
        self.flush()
        return event

    def backup(self, path: str | Path) -> Path:
        """Write a copy of an SQLite store, consistent whoever writes meanwhile.

        Raises:
            StoreError: The store is on a server, or the copy cannot be written.
        """
        self.flush()
        self.store.backup(Path(path))
        return Path(path)

    def close(self) -> str:
        """Sign the log, write what waits and let go of the store; returns where it lies."""
        checkpoint(self.log, self, "end")
        self.flush()
        _open.discard(self)
        self.store.close()
        return self.given

    def __repr__(self) -> str:
        known = self.store.sessions()
        total = sum(one.events for one in known)
        return (
            f"store {self.line}, schema version {self.store.version}\n"
            f"{len(known):,} session{'' if len(known) == 1 else 's'}, {total:,} events"
        )


OPENED = "opened_store"


def open_storage(session: Session, where: str | Path | None) -> Storage:
    """Store this session's log from now on, what it has so far first.

    Raises:
        StoreError: The store cannot be opened or written, or a newer version wrote it.
        OptionError: The session is stored elsewhere already.
        MissingFrameworkError: PostgreSQL without its driver.
    """
    from traceprop_nb.stores import open_store

    target = DEFAULT if where is None else where
    already = session.storage
    if already is not None:
        if already.given == str(target):
            return already
        raise OptionError(
            f"this session is stored in {already.given} already; a log has one place: restart the "
            "kernel to begin another"
        )
    store = open_store(target, metadata.version("traceprop_nb"))
    try:
        before = [one for one in store.sessions() if one.events][-NAMED:]
        started = session.started.isoformat(timespec="milliseconds")
        name = store.begin(started, session.events.id)
    except StoreError:
        store.close()
        raise
    storage = Storage(store, name, str(target), session.events)
    named = [{"session": one.id, "events": one.events, "head": one.head} for one in before]
    for event in session.events:
        storage.add(event)
    session.events.sink, session.storage = storage.add, storage
    by = {"by": who()} if switched_on() else {}
    session.record_event(OPENED, sessions=len(before), named=named, **by)
    storage.flush()
    _open.add(storage)
    return storage


def entry(event: Event) -> Entry:
    """An event as a store keeps it."""
    from traceprop_nb.stores import Entry

    body = canonical(event.body).decode("utf-8")
    return Entry(event.number, event.time, event.kind, body, event.before, event.digest)


def _body(row: Entry) -> dict[str, Any]:
    found = read(row.body)
    return found if isinstance(found, dict) else {}


@atexit.register
def _flush_all() -> None:
    """Sign and write what waits before the interpreter ends."""
    for storage in list(_open):
        checkpoint(storage.log, storage, "end")
        storage.flush()
