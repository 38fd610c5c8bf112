"""What retention does to a store: bodies go, stubs stay, and the bytes are gone from the file.

A stub keeps its number, the digest before it and its own, so that the chain can still be followed;
what its event said, when, and of which kind, is no longer there. This is the one place where a row
is changed, and a statement that names the session and its head must be in the log before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select, text, update

from traceprop_nb.errors import StoreError
from traceprop_nb.stores.compact import compact
from traceprop_nb.stores.schema import events, segments
from traceprop_nb.stores.segments import drop, prune
from traceprop_nb.stores.store import Entry, Store

Sweep = Callable[[Connection, Sequence[str]], None]

SWEEPS: tuple[Sweep, ...] = (drop,)
"""Removes what else belongs to sessions; a table with such rows adds its own here."""


@dataclass(frozen=True)
class Extent:
    """How much of a session is there.

    Attributes:
        last: Time of its last event that still has one, ISO 8601; empty if none has.
        bodies: Events that are no stubs and of none of the kinds that stay.
    """

    last: str
    bodies: int


def extents(store: Store, staying: Sequence[str]) -> dict[str, Extent]:
    """Session -> its last time and how many bodies a removal would take.

    Args:
        store: Open.
        staying: Kinds of events that are never removed.
    """
    removable = (events.c.body != "") & events.c.kind.not_in(staying)
    asked = select(
        events.c.session,
        func.max(events.c.time).label("last"),
        func.count().filter(removable).label("bodies"),
    ).group_by(events.c.session)
    with store.database.read() as connection:
        return {
            row.session: Extent(row.last or "", row.bodies) for row in connection.execute(asked)
        }


def of_kinds(store: Store, kinds: Sequence[str]) -> list[tuple[str, Entry]]:
    """Every event of these kinds with its session, by session and number."""
    with store.database.read() as connection:
        return _of_kinds(connection, kinds)


def _of_kinds(connection: Connection, kinds: Sequence[str]) -> list[tuple[str, Entry]]:
    asked = select(events).where(events.c.kind.in_(kinds))
    rows = connection.execute(asked.order_by(events.c.session, events.c.number)).all()
    return [(r.session, Entry(r.number, r.time, r.kind, r.body, r.before, r.digest)) for r in rows]


def strip(
    store: Store,
    lengths: Mapping[str, int],
    staying: Sequence[str],
    may: Callable[[Sequence[Entry]], None],
) -> int:
    """Turn events into stubs, all of them or none; nobody adds an event meanwhile.

    Args:
        store: Open, writable.
        lengths: Session -> how many of its events, from the first, are meant.
        staying: Kinds of events that stay as they are.
        may: Is given every event of the kinds that stay, and raises if something now forbids the
            removal.

    Returns:
        How many events became stubs.

    Raises:
        StoreError: The store cannot be written.
    """
    if not store.database.writable:
        raise StoreError(f"{store.database.where} cannot be written: {store.database.note}")
    done = 0
    with store.database.begin(alone=True) as connection:
        if store.database.mode == "server":
            connection.execute(text("LOCK TABLE events IN SHARE ROW EXCLUSIVE MODE"))
        may([row for _, row in _of_kinds(connection, staying)])
        for session, length in lengths.items():
            meant = (
                (events.c.session == session)
                & (events.c.number < length)
                & (events.c.body != "")
                & events.c.kind.not_in(staying)
            )
            emptied = update(events).where(meant).values(time="", kind="", body="")
            done += connection.execute(emptied).rowcount
        for sweep in SWEEPS:
            sweep(connection, list(lengths))
    return done


def scrub(store: Store) -> str:
    """Make the file forget what was removed; returns what it could not reach, in words."""
    try:
        prune(store.database)
    except StoreError as error:
        return f"{error}; run gc again"
    left = compact(store.database, [events.name, segments.name])
    if left:
        return f"{left}; run gc again"
    if store.database.mode != "server":
        return ""
    return "the server's own write-ahead log, replicas and backups are its operator's to clear"
