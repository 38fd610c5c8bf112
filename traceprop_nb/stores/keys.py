"""The keys behind the pseudonyms of a store: a side place, so that they can be destroyed.

Beside an SQLite store they lie in a database of their own, mode 0600, so that copies of the store
and bundles carry no key: what is destroyed here is gone for all of them. A PostgreSQL store has a
table of its own for them, which is as far as the server's rights reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Column, LargeBinary, MetaData, String, Table, delete, inspect, select

from traceprop_nb.stores.compact import compact
from traceprop_nb.stores.database import Database, connect, look

_meta = MetaData()
keys = Table(
    "traceprop_keys", _meta,
    Column("name", String(80), primary_key=True),
    Column("key", LargeBinary, nullable=False),
)  # fmt: skip

SUFFIX = ".keys"
"""What follows the name of an SQLite store in the name of its keys."""

MAIN = "project"


class KeyTable:
    """Keys by id; what is dropped is overwritten where the database can do that.

    Attributes:
        database: Where they lie.
        left: Why what was dropped may still be in a file of it; empty if it is not.
    """

    def __init__(self, database: Database) -> None:
        self.database, self.left = database, ""
        with database.read() as connection:
            there = inspect(connection).has_table(keys.name)
        if not there and database.writable:
            with database.begin(alone=True) as connection:
                _meta.create_all(connection)  # somebody may have been faster: it looks first

    def put(self, name: str, key: bytes) -> bytes:
        """Keep a key unless there is one of that id; returns the one that is kept.

        Raises:
            StoreError: The database cannot be written.
        """
        found = self.get([name])
        if found is not None:
            return found
        with self.database.begin(alone=True) as connection:
            # looked at again: another kernel may have made it since
            found = connection.execute(select(keys.c.key).where(keys.c.name == name)).scalar()
            if found is None:
                connection.execute(keys.insert().values(name=name, key=key))
        return key if found is None else bytes(found)

    def get(self, names: Sequence[str]) -> bytes | None:
        """The key of the first of these ids that has one, or None."""
        with self.database.read() as connection:
            rows = connection.execute(select(keys).where(keys.c.name.in_(names))).all()
        found = {row.name: bytes(row.key) for row in rows}
        return next((found[name] for name in names if name in found), None)

    def drop(self, names: Sequence[str]) -> int:
        """Destroy keys; returns how many there were.

        Raises:
            StoreError: The database cannot be written.
        """
        with self.database.begin() as connection:
            gone = connection.execute(delete(keys).where(keys.c.name.in_(names))).rowcount
        self.left = compact(self.database, [keys.name])
        return int(gone)

    def projects(self) -> list[str]:
        """Ids of the keys of projects, the one in use first."""
        with self.database.read() as connection:
            rows = connection.execute(
                select(keys.c.name).where(keys.c.name.startswith(MAIN)).order_by(keys.c.name)
            )
            return list(rows.scalars())

    def close(self) -> None:
        """Let go of a database of its own."""
        if self.database.mode != "server":
            self.database.close()


def keys_of(store: Database) -> KeyTable:
    """The keys of a store: in a file beside it, or in its server.

    Raises:
        StoreError: They cannot be opened.
    """
    if store.mode == "server":
        return KeyTable(store)
    return KeyTable(connect(Path(store.where + SUFFIX)))


def keys_to_read(store: Database) -> KeyTable | None:
    """The keys of a store, not to be written; None where there are none yet.

    Raises:
        StoreError: They cannot be read.
    """
    if store.mode != "server":
        path = Path(store.where + SUFFIX)
        return KeyTable(look(path)) if path.exists() else None
    with store.read() as connection:
        there = inspect(connection).has_table(keys.name)
    return KeyTable(store) if there else None
