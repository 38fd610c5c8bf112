"""A connection to SQLite or PostgreSQL on which a transaction means the same.

SQLite: write-ahead log where the file system allows it, one writer at a time, taken with BEGIN
IMMEDIATE so that nobody finds out at the end that somebody else was writing. On network file
systems the write-ahead log is unsafe across hosts, so there a plain journal is used and said.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from traceprop_nb.errors import MissingFrameworkError, StoreError

REMOTE = frozenset("nfs nfs4 cifs smb smb2 smb3 smbfs 9p afs ceph fuse.sshfs fuse.rclone".split())
"""File systems on which locks and shared memory do not reach other hosts."""

PATIENCE = 30.0
"""Seconds that a writer waits for another one."""

LOCK = 7_351_842_117
"""Key of the advisory lock that PostgreSQL holds for our migrations."""


class Database:
    """An open database.

    Attributes:
        where: Path or address, without a password.
        mode: ``"wal"``, ``"delete"`` (a plain journal) or ``"server"``.
        writable: Whether events can be added.
        note: What a reader must know about where it lies; empty if nothing.
    """

    def __init__(self, where: str, engine: Engine, mode: str, writable: bool, note: str) -> None:
        self.where, self.mode, self.writable, self.note = where, mode, writable, note
        self._engine, self._process = engine, os.getpid()
        self._finalizer = weakref.finalize(self, engine.dispose)

    @contextmanager
    def begin(self, *, alone: bool = False) -> Iterator[Connection]:
        """A transaction; on SQLite it holds the one right to write from its start.

        Args:
            alone: On a server too, nobody else is in such a transaction of ours.

        Raises:
            StoreError: It could not be begun or committed; nothing of it is there then.
        """
        self._after_fork()
        try:
            with self._engine.connect() as connection:
                if self.mode == "server" and alone:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
                elif self.mode != "server":
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                try:
                    yield connection
                except BaseException:
                    connection.rollback()
                    raise
                connection.commit()
        except SQLAlchemyError as error:
            raise StoreError(
                f"the store at {self.where} cannot be written: {_said(error)}"
            ) from error

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection to read with.

        Raises:
            StoreError: It cannot be read.
        """
        self._after_fork()
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise StoreError(f"the store at {self.where} cannot be read: {_said(error)}") from error

    @contextmanager
    def unbound(self) -> Iterator[Connection]:
        """A connection outside of any transaction, for what cannot be in one, such as VACUUM.

        Raises:
            StoreError: It could not be done.
        """
        self._after_fork()
        try:
            with self._engine.connect() as connection:
                if self.mode == "server":
                    connection = connection.execution_options(isolation_level="AUTOCOMMIT")
                yield connection
        except SQLAlchemyError as error:
            raise StoreError(
                f"the store at {self.where} cannot be written: {_said(error)}"
            ) from error

    def close(self) -> None:
        """Let go of every connection."""
        self._finalizer()

    def _after_fork(self) -> None:
        """A child must not use its parent's connections."""
        if os.getpid() != self._process:
            self._engine.dispose(close=False)
            self._process = os.getpid()


def connect(where: str | Path) -> Database:
    """Open a database, and make it where there is none.

    Args:
        where: Path of an SQLite file, or an address such as ``postgresql://host/name``.

    Raises:
        StoreError: It cannot be opened, or is no database.
        MissingFrameworkError: PostgreSQL without its driver.
    """
    return _server(where) if "://" in str(where) else _file(Path(where))


def look(where: str | Path) -> Database:
    """Open a database that is there, only to read; the file is not touched.

    Args:
        where: Path of an SQLite file, or an address such as ``postgresql://host/name``.

    Raises:
        StoreError: There is none, or it is no database.
        MissingFrameworkError: PostgreSQL without its driver.
    """
    if "://" in str(where):
        database = _server(where)
        database.writable, database.note = False, "it was opened to read"
        return database
    path = Path(where)
    if not path.is_file():
        raise StoreError(
            f"there is no store at {path}; tp.open({str(path)!r}) in a notebook makes one"
        )
    return _readable(path, StoreError("it was opened to read"))


def _server(address: Path | str) -> Database:
    said = str(address)
    if said.startswith(("postgresql://", "postgres://")):
        said = "postgresql+psycopg://" + said.partition("://")[2]
    try:
        # A connection that was lost fails once and is made anew: no question before every write.
        engine = create_engine(said, pool_size=1, connect_args={"connect_timeout": 10})
        with engine.connect() as connection:
            read_only = connection.execute(text("SHOW default_transaction_read_only")).scalar()
    except ImportError as error:  # psycopg, or the library under it
        raise MissingFrameworkError(
            "a store on PostgreSQL needs psycopg; pip install 'traceprop_nb[postgres]'"
        ) from error
    except ArgumentError as error:
        raise StoreError(f"{address!r} is no address of a database") from error
    except SQLAlchemyError as error:
        raise StoreError(f"the store cannot be reached: {_said(error)}") from error
    hidden = engine.url.render_as_string(hide_password=True)
    return Database(hidden, engine, "server", read_only != "on", "")


def _file(path: Path) -> Database:
    kind = file_system(path)
    remote = kind in REMOTE
    mode = "delete" if remote else "wal"
    note = (
        f"the store lies on {kind}, where SQLite's write-ahead log is unsafe: a plain journal is "
        "used, and one kernel at a time should write; a local path or PostgreSQL has no such limit"
        if remote
        else ""
    )
    try:
        engine, got = _writable_engine(path, mode)
    except (OSError, SQLAlchemyError) as error:
        return _readable(path, error)
    return Database(str(path), engine, got, True, note)


def _writable_engine(path: Path, mode: str) -> tuple[Engine, str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(0o600)
    engine = _engine(path, read_only=False)
    with engine.connect() as connection:
        got = connection.exec_driver_sql(f"PRAGMA journal_mode={mode}").scalar()
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # a read-only file says so only now
        connection.exec_driver_sql("ROLLBACK")
    return engine, str(got)


def _readable(path: Path, error: Exception) -> Database:
    """The database for reading only, or the reason why not even that."""
    if path.exists():
        engine = _engine(path, read_only=True)
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar()
        except SQLAlchemyError as other:
            raise StoreError(f"{path} is no store: {_said(other)}") from other
        note = f"the store can only be read: {_said(error)}"
        return Database(str(path), engine, "delete", False, note)
    raise StoreError(f"no store can be made at {path}: {_said(error)}") from error


def _engine(path: Path, *, read_only: bool) -> Engine:
    mode = "ro" if read_only else "rwc"
    address = f"sqlite:///file:{quote(str(path.absolute()))}?mode={mode}&uri=true"
    # Without an isolation level sqlite3 begins nothing by itself: BEGIN IMMEDIATE is ours to say.
    # Connections are kept: closing the last one of a write-ahead log empties it, which takes long.
    own = {"timeout": PATIENCE, "isolation_level": None, "check_same_thread": False}
    engine = create_engine(address, poolclass=QueuePool, pool_size=1, connect_args=own)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA secure_delete=ON")

    return engine


def file_system(path: Path, mounts: Path = Path("/proc/self/mounts")) -> str:
    """Type of the file system that a path lies on, such as ``ext4``; empty where nobody says."""
    try:
        lines = mounts.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    target, best, kind = path.absolute(), -1, ""
    for line in lines:
        parts = line.split()
        if len(parts) < 3:
            continue
        point = Path(parts[1].replace("\\040", " "))
        if target.is_relative_to(point) and len(point.parts) > best:
            best, kind = len(point.parts), parts[2]
    return kind


def _said(error: Exception) -> str:
    """An error's own words, without SQL, parameters and passwords."""
    cause = getattr(error, "orig", None) or error
    return str(cause).splitlines()[0] if str(cause) else type(cause).__name__
