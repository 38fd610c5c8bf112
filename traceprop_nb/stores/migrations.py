"""Forward-only migrations, each under the database's lock and looked at again once it is held.

Bodies of events are never rewritten: their digests are bound to each other. A version adds tables,
columns or indexes; what is older stays readable.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Connection, inspect, select, text

from traceprop_nb.errors import StoreError
from traceprop_nb.stores.database import Database
from traceprop_nb.stores.schema import events, schema_versions, segments, sessions


def _first(connection: Connection) -> None:
    for table in (sessions, events):
        table.create(connection)


def _second(connection: Connection) -> None:
    """Segments beside the events, and events by their kind."""
    segments.create(connection)
    # not a part of the table: the first version would make it then
    connection.execute(text("CREATE INDEX events_by_kind ON events (kind)"))


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (_first, _second)
"""Migration k makes version k + 1."""


def migrate(database: Database, tool: str) -> int:
    """Bring a database to the newest version, whoever else opens it now; returns the version.

    Args:
        database: Open; left as it is where it cannot be written.
        tool: Version of this package, for the record.

    Raises:
        StoreError: It was written by a newer version of this package.
    """
    found = version_of(database)
    if found > len(MIGRATIONS):
        raise StoreError(
            f"the store at {database.where} has schema version {found} and this package knows "
            f"{len(MIGRATIONS)}; upgrade traceprop_nb to open it"
        )
    if found == len(MIGRATIONS) or not database.writable:
        return found
    with database.begin(alone=True) as connection:
        if not inspect(connection).has_table(schema_versions.name):
            schema_versions.create(connection)
        found = _version(connection)  # somebody else may have been here before the lock was ours
        for number, step in enumerate(MIGRATIONS[found:], found + 1):
            step(connection)
            row = {"version": number, "applied": _now(), "tool": tool}
            connection.execute(schema_versions.insert().values(row))
    return len(MIGRATIONS)


def version_of(database: Database) -> int:
    """Schema version; 0 for a database without tables of ours."""
    with database.read() as connection:
        if not inspect(connection).has_table(schema_versions.name):
            return 0
        return _version(connection)


def _version(connection: Connection) -> int:
    found = connection.execute(select(schema_versions.c.version)).scalars().all()
    return max(found, default=0)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
