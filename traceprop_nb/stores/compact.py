"""Leaves nothing behind of what was deleted, as far as a database can do that itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from traceprop_nb.errors import StoreError
from traceprop_nb.stores.database import Database


def compact(database: Database, tables: Sequence[str] = ()) -> str:
    """Write the database anew without free pages, and empty its log.

    SQLite's secure_delete has overwritten deleted rows already; VACUUM drops their pages, and the
    write-ahead log, which still holds older ones, is cut to nothing. On a server only the named
    tables are written anew; its own log and backups are its administrator's.

    Args:
        database: Open.
        tables: Tables of a server that are written anew.

    Returns:
        Why it was not done, or nothing.
    """
    try:
        with database.unbound() as connection:
            if database.mode == "server":
                for table in tables:
                    connection.exec_driver_sql(f'VACUUM FULL "{table}"')
                return ""
            connection.exec_driver_sql("VACUUM")
            if database.mode != "wal":
                return ""
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar()
    except StoreError as error:
        return str(error)
    return f"{database.where}-wal is being read by another kernel" if busy else ""


def files_of(database: Database) -> list[Path]:
    """Every file of an SQLite database that is there: itself, its log, its index, its journal."""
    if database.mode == "server":
        return []
    names = [database.where + end for end in ("", "-wal", "-shm", "-journal")]
    return [path for path in map(Path, names) if path.exists()]
