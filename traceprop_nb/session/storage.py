"""The session's log on disk: written at the end of each cell, and never in the way of one.

What cannot be written now is kept and tried again; how much waits, and why, is said. The first
event of a stored session names the heads of the sessions before it, so that one of those cannot be
cut short or dropped without a later one telling.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from traceprop_nb.errors import OptionError, StoreError, UnknownNameError
from traceprop_nb.reports.canonical import canonical
from traceprop_nb.session.access import access, switched_on, who
from traceprop_nb.session.chains import OPENED, body_of
from traceprop_nb.session.checkpoints import checkpoint, when_due
from traceprop_nb.session.events import Event, EventLog
from traceprop_nb.session.fact_keeping import FACTS, FactKeeper
from traceprop_nb.session.feature_keeping import FEATURES, FeatureKeeper
from traceprop_nb.session.keeping import LINEAGE, Keeper
from traceprop_nb.session.others import Others
from traceprop_nb.session.parts import Parts
from traceprop_nb.session.privacy.pseudonyms import Pseudonyms
from traceprop_nb.session.retained import Retained

if TYPE_CHECKING:
    from traceprop_nb.reports.trust.checkpoint import Head
    from traceprop_nb.session.anchors import Anchor
    from traceprop_nb.session.core import Session
    from traceprop_nb.session.past import Past
    from traceprop_nb.session.stored_check import Checked
    from traceprop_nb.stores import Entry, Recorded, Segment, Store
    from traceprop_nb.stores.keys import KeyTable

DEFAULT = ".traceprop/store.db"
"""Where a session's log goes unless somebody says otherwise."""

NAMED = 50
"""Sessions whose heads a new one names: the newest."""

MOST = 100_000
"""Events that wait for a store that cannot be written; later ones stay in the session alone."""

_open: WeakSet[Storage] = WeakSet()


@dataclass(eq=False, repr=False)
class Storage(Retained, Parts):
    """A session that is being stored.

    Attributes:
        store: Open.
        id: The session's id in it; empty where the store can only be read.
        given: Path or address, as it was given.
        log: The session's events, which are stored here.
        keeper: Makes the parts of the session's lineage; None once that has failed.
        facts: Makes the parts of its facts; None once that has failed.
        gradients: Makes those of its runs' gradients; None where nobody asked for them.
        keys: Those behind its pseudonyms; None where the store can only be read.
        waiting: Events that are not written yet.
        segments: Those that they name.
        unwritten: Events that will not be, because too many waited.
        access_log: Whether accesses are logged; see ``session.access``.
        trouble: Why the last attempt failed; empty if it did not.
    """

    store: Store
    id: str
    given: str
    log: EventLog
    keeper: Keeper | None
    keys: KeyTable | None
    waiting: list[Event] = field(default_factory=list)
    unwritten: int = 0
    trouble: str = ""
    access_log: bool = True
    facts: FactKeeper | None = None
    gradients: FeatureKeeper | None = None
    segments: list[Segment] = field(default_factory=list)
    _process: int = field(default_factory=os.getpid)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @cached_property
    def others(self) -> Others:
        """The lineages of the store's other sessions, and the files that they wrote."""
        return Others(self)

    @property
    def line(self) -> str:
        """Where the log goes and what waits, in one line."""
        database = self.store.database
        out = f"{database.where} ({database.mode}), session {self.id or 'not stored'}"
        if self.waiting or self.unwritten:
            out += (
                f"; {len(self.waiting):,} events wait, {self.unwritten:,} will not be written: "
                f"{self.trouble or 'too many waited'}"
            )
        for what, keeper in (("lineage is", self.keeper), ("facts are", self.facts)):
            if keeper is None and self.id:
                out += f"; the {what} not kept any more, because of an error of our own"
        return "; ".join(filter(None, [out, self.others.said(), database.note]))

    def add(self, event: Event) -> None:
        """Write this event with the next ones."""
        if self.unwritten or len(self.waiting) >= MOST:
            self.unwritten += 1  # a gap in the middle would break the chain
        else:
            self.waiting.append(event)

    def keep(self, *, last: bool = False) -> None:
        """Write what waits, and the lineage that is new; an error is raised to nobody.

        Args:
            last: Nothing more will come.
        """
        if os.getpid() != self._process:
            return
        with self._lock:
            if self.trouble:
                self.flush()
            if not self.trouble and not self.unwritten:
                self.keeper = self._added(LINEAGE, self.keeper, last)
                if last:
                    self.flush()  # what comes now may take seconds
                self.facts = self._added(FACTS, self.facts, last)
                self.gradients = self._added(FEATURES, self.gradients, last)
            self.flush()

    def flush(self) -> None:
        """Write what waits; an error is remembered, and raised to nobody."""
        if not self.id or os.getpid() != self._process:
            return  # a store that can only be read; a fork, which must not write its parent's log
        with self._lock:
            now = list(self.waiting)
            try:
                self.store.append(self.id, [entry(event) for event in now], self.segments)
            except (StoreError, OSError) as error:
                self.trouble = str(error)
                return
            del self.waiting[: len(now)]
            self.segments.clear()
            self.trouble = ""

    def cell_ended(self) -> None:
        """Write what is new, and sign the log if it has not been signed for long."""
        self.keep()
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
        if not (session or self.id):
            return []
        rows = self.store.events(session or self.id)
        return [
            Event(r.number, r.time, r.kind, body_of(r), r.before, r.digest) for r in rows
        ]  # fmt: skip

    def lineage(self, session: str | None = None) -> Past:
        """The lineage of a stored session: ``rows``, ``impact``, ``why``, ``lineage`` by name.

        Args:
            session: Its id; by default the newest that has a lineage, before this one.

        Raises:
            UnknownNameError: There is no such session, or none has a lineage.
        """
        if session is None:
            session = next(iter(self.others.ids()), None)
        if session is None:
            raise UnknownNameError("no earlier session of the store has a lineage")
        return self.others.past(session)

    def hidden(self, name: str) -> str:
        """What a name is called in sessions that were opened with ``names="keyed"``."""
        if self.keys is None:
            return name
        pseudonyms = Pseudonyms()
        pseudonyms.ring = self.keys
        return pseudonyms.hidden(name)

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
        self.record_signed(ROTATED, key=keys.own_key().id, statement=signed)
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

    def record_signed(self, kind: str, **body: Any) -> Event:
        """Add an event that holds a signature: no text of it is shortened or hidden."""
        event = self.log.append_made(kind, lambda _number, _before: body)
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
        """Write everything, sign the log and let go of the store; returns where it lies."""
        self.end()
        _open.discard(self)
        if self.keys is not None:
            self.keys.close()
        self.store.close()
        return self.given

    def end(self) -> None:
        """Write everything, what was still being computed too, and sign the log."""
        if os.getpid() != self._process:
            return
        if self.keeper is not None:
            self.keeper.session.written.record(self.keeper.session, wait=True)
        self.keep(last=True)
        if self.id:
            checkpoint(self.log, self, "end")
            self.flush()

    def __repr__(self) -> str:
        known = self.store.sessions()
        total = sum(one.events for one in known)
        return (
            f"store {self.line}, schema version {self.store.version}\n"
            f"{len(known):,} session{'' if len(known) == 1 else 's'}, {total:,} events"
        )


def open_storage(
    session: Session, where: str | Path | None, names: str = "clear", cells: str = "digest",
    features: bool = False,
) -> Storage:  # fmt: skip
    """Store this session's log from now on, what it has so far first.

    Raises:
        StoreError: It cannot be opened, or a newer version wrote it. Where it can only be read
            it is read, and the session not stored.
        OptionError: The session is stored elsewhere already, or ``names`` and ``cells`` make no
            sense.
        MissingFrameworkError: PostgreSQL without its driver.
    """
    from traceprop_nb.stores import open_store
    from traceprop_nb.stores.keys import keys_of

    target = DEFAULT if where is None else where
    if session.storage is not None:
        how = {"names": names, "cells": cells}
        return _already(session.storage, str(target), how, features, session)
    session.guard.choose(names, cells)
    store = open_store(target, metadata.version("traceprop_nb"))
    if not store.database.writable:
        session.storage = Storage(store, "", str(target), session.events, None, None)
        return session.storage
    try:
        keys = keys_of(store.database)
        before = [one for one in store.sessions() if one.events][-NAMED:]
        started = session.started.isoformat(timespec="milliseconds")
        name = store.begin(started, session.events.id)
    except StoreError:
        store.close()
        raise
    session.guard.pseudonyms.keep(keys)
    storage = Storage(store, name, str(target), session.events, Keeper(session), keys)
    storage.facts = FactKeeper(session)
    storage.gradients = FeatureKeeper(session) if features else None
    _open.add(storage)
    return _begun(session, storage, before)


def _begun(session: Session, storage: Storage, before: list[Recorded]) -> Storage:
    """The session's log goes there from now on, what it has so far first."""
    for event in session.events:
        storage.add(event)
    named = [{"session": one.id, "events": one.events, "head": one.head} for one in before]
    session.events.sink, session.storage = storage.add, storage
    opened = {"sessions": len(before), "named": named}
    session.events.append(OPENED, opened | ({"by": who()} if switched_on() else {}))
    storage.keep()
    return storage


def _already(
    storage: Storage, given: str, how: dict[str, str], features: bool, session: Session
) -> Storage:
    """The open store again, if that is what is asked for."""
    chosen = session.guard.chosen
    same = storage.given == given and how in ({"names": "clear", "cells": "digest"}, chosen)
    if same and (storage.gradients is not None or not features):
        return storage
    raise OptionError(
        f"this session is stored in {storage.given} already, with {chosen}; a log has one place "
        "and one form: restart the kernel to begin another"
    )


def entry(event: Event) -> Entry:
    """An event as a store keeps it."""
    from traceprop_nb.stores import Entry

    body = canonical(event.body).decode("utf-8")
    return Entry(event.number, event.time, event.kind, body, event.before, event.digest)


@atexit.register
def _flush_all() -> None:
    """Sign and write what waits before the interpreter ends."""
    for storage in list(_open):
        storage.end()
