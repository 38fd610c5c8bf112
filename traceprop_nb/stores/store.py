"""A store: sessions and their events, each session a chain of its own.

Events come with their digests from whoever made them; a store keeps them as they are, acknowledges
what is committed, and says what no longer fits together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from traceprop_nb.errors import StoreError, unknown_name
from traceprop_nb.ids import ulid
from traceprop_nb.stores import segments as beside
from traceprop_nb.stores.database import Database, connect, look
from traceprop_nb.stores.migrations import migrate
from traceprop_nb.stores.schema import events, sessions
from traceprop_nb.stores.segments import Segment


@dataclass(frozen=True)
class Entry:
    """One event as it is stored.

    Attributes:
        number: From 0 in its session.
        time: ISO 8601 with a zone.
        kind: What happened.
        body: Canonical JSON.
        before: Digest of the event before.
        digest: Of all that.
    """

    number: int
    time: str
    kind: str
    body: str
    before: str
    digest: str


@dataclass(frozen=True)
class Recorded:
    """A session in the store.

    Attributes:
        id: Its ULID.
        started: When, ISO 8601 with a zone.
        tool: Version of this package that recorded it.
        events: How many it has.
        head: Digest of the last one; empty without events.
    """

    id: str
    started: str
    tool: str
    events: int
    head: str


@dataclass(frozen=True)
class Damage:
    """Something that does not fit.

    Attributes:
        session: The session's id.
        number: The first event that is not what was appended; None for the whole session.
        what: In words.
    """

    session: str
    number: int | None
    what: str


class Store:
    """An open store.

    Attributes:
        database: Where it lies, how it is journalled, whether it can be written.
    """

    def __init__(self, database: Database, tool: str) -> None:
        self.database = database
        self._tool = tool
        self.version = migrate(database, tool)

    def begin(self, started: str, name: str | None = None) -> str:
        """Add a session and return its id.

        Args:
            started: ISO 8601 with a zone.
            name: Its id, a ULID; a new one if None.

        Raises:
            StoreError: The store cannot be written.
        """
        self._require_writable()
        name = name or ulid()
        with self.database.begin() as connection:
            row = {"id": name, "started": started, "tool": self._tool}
            connection.execute(sessions.insert().values(row))
        return name

    def append(
        self, session: str, entries: Sequence[Entry], segments: Sequence[Segment] = ()
    ) -> None:
        """Add events; when this returns they are committed, all of them.

        Args:
            session: Its id.
            entries: Events, which may name segments by digest.
            segments: Those that they name and that are not there yet.

        Raises:
            StoreError: None of them was added.
        """
        if not entries:
            return
        self._require_writable()
        rows = [_row(session, entry) for entry in entries]
        placed = beside.place(self.database, segments)
        with self.database.begin() as connection:
            beside.insert(connection, session, placed)
            connection.execute(_INSERT, rows)

    def segment(self, session: str, digest: str) -> bytes:
        """The bytes of a segment of a session, seen to be those that were written.

        Raises:
            StoreError: They are gone, or others now; names the segment.
        """
        return beside.fetch(self.database, session, digest)

    def sessions_with(self, kind: str) -> list[str]:
        """Ids of the sessions that have events of a kind."""
        wanted = select(events.c.session).where(events.c.kind == kind).distinct()
        with self.database.read() as connection:
            return list(connection.execute(wanted).scalars())

    def events_of_kind(
        self, kind: str, *, session: str | None = None, containing: str | None = None
    ) -> list[tuple[str, Entry]]:
        """Events of a kind with their sessions' ids, the oldest session first.

        Args:
            kind: Their kind.
            session: Only this one's.
            containing: Only those with this text in their body.
        """
        wanted = select(events).where(events.c.kind == kind)
        if session is not None:
            wanted = wanted.where(events.c.session == session)
        if containing is not None:
            wanted = wanted.where(events.c.body.contains(containing, autoescape=True))
        with self.database.read() as connection:
            rows = connection.execute(wanted.order_by(events.c.session, events.c.number)).all()
        return [
            (r.session, Entry(r.number, r.time, r.kind, r.body, r.before, r.digest)) for r in rows
        ]

    def sessions(self) -> list[Recorded]:
        """Every session, the oldest first."""
        count = select(
            events.c.session, func.count().label("n"), func.max(events.c.number).label("last")
        ).group_by(events.c.session)
        with self.database.read() as connection:
            counted = {row.session: row for row in connection.execute(count)}
            found = connection.execute(select(sessions).order_by(sessions.c.id)).all()
            heads = {
                (row.session, row.number): row.digest
                for row in connection.execute(
                    select(events.c.session, events.c.number, events.c.digest).where(
                        events.c.number.in_({row.last for row in counted.values()})
                    )
                )
            }
        return [
            Recorded(
                row.id, row.started, row.tool, counted[row.id].n if row.id in counted else 0,
                heads[row.id, counted[row.id].last] if row.id in counted else "",
            )
            for row in found
        ]  # fmt: skip

    def heads(self, newest: int = 200) -> dict[str, tuple[int, str]]:
        """Session -> number of events and head, of the newest sessions that have events.

        Costs one look-up a session, however many events there are.
        """
        chosen = select(sessions.c.id).order_by(sessions.c.id.desc()).limit(newest).subquery()
        last = (
            select(func.max(events.c.number))
            .where(events.c.session == chosen.c.id)
            .correlate(chosen)
            .scalar_subquery()
        )
        found = select(events.c.session, events.c.number, events.c.digest).join(
            chosen, (events.c.session == chosen.c.id) & (events.c.number == last)
        )
        with self.database.read() as connection:
            rows = connection.execute(found).all()
        return {row.session: (row.number + 1, row.digest) for row in rows}

    def events(self, session: str) -> list[Entry]:
        """Events of a session in their order.

        Raises:
            UnknownNameError: There is no such session.
        """
        with self.database.read() as connection:
            known = connection.execute(select(sessions.c.id)).scalars().all()
            if session not in known:
                raise unknown_name("session", session, known)
            rows = connection.execute(
                select(events).where(events.c.session == session).order_by(events.c.number)
            ).all()
        return [Entry(r.number, r.time, r.kind, r.body, r.before, r.digest) for r in rows]

    def backup(self, path: Path) -> None:
        """Write a copy of an SQLite store, consistent whoever writes meanwhile.

        Raises:
            StoreError: The store is on a server, or the copy cannot be written.
        """
        if self.database.mode == "server":
            raise StoreError("a store on a server is backed up by the server's own tools: pg_dump")
        if path.exists():
            raise StoreError(f"{path} is there already; name a new file")
        with self.database.read() as connection:
            connection.exec_driver_sql("VACUUM INTO ?", (str(path),))
        beside.copy_files(self.database, path)  # after it: every segment that it names is there

    def close(self) -> None:
        """Let go of it."""
        self.database.close()

    def _require_writable(self) -> None:
        if not self.database.writable:
            raise StoreError(f"{self.database.where} cannot be written: {self.database.note}")


_INSERT = events.insert()
"""Made once: to make it takes as long as to run it."""


def _row(session: str, entry: Entry) -> dict[str, object]:
    return {
        "session": session, "number": entry.number, "time": entry.time, "kind": entry.kind,
        "body": entry.body, "before": entry.before, "digest": entry.digest,
    }  # fmt: skip


def open_store(where: str | Path, tool: str) -> Store:
    """Open a store, and make it where there is none.

    Args:
        where: Path of an SQLite file, or the address of a PostgreSQL database.
        tool: Version of this package.

    Raises:
        StoreError: It cannot be opened, or a newer version wrote it.
        MissingFrameworkError: PostgreSQL without its driver.
    """
    return Store(connect(where), tool)


def read_store(where: str | Path, tool: str) -> Store:
    """Open a store that is there, only to read: it is neither made nor migrated nor written.

    Args:
        where: Path of an SQLite file, or the address of a PostgreSQL database.
        tool: Version of this package.

    Raises:
        StoreError: There is none, it cannot be read, or a newer version wrote it.
        MissingFrameworkError: PostgreSQL without its driver.
    """
    store = Store(look(where), tool)
    if store.version == 0:
        store.close()
        raise StoreError(
            f"{store.database.where} is a database without a store; tp.open() makes one"
        )
    return store
