"""Segments: immutable bytes beside the events that name them by digest.

A small one lies in its table, so that it is committed with its event in one go; a large one of an
SQLite store is a file in the folder ``NAME.segments``, flushed and renamed before the event that
names it is committed. On a server all lie in the table, where a colleague can read them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, select, text

from traceprop_nb.errors import StoreError
from traceprop_nb.stores.database import Database
from traceprop_nb.stores.schema import segments

SETTLED = 60.0
"""Seconds after which a file that no event names will not be named any more."""

INLINE = 64 * 1024
"""Bytes up to which a segment lies in the table: a file costs a flush of the disk."""


@dataclass(frozen=True)
class Segment:
    """Bytes to be stored.

    Attributes:
        kind: What they are, such as ``"lineage"``.
        data: The bytes.
        digest: ``"sha256:..."`` of them.
    """

    kind: str
    data: bytes = field(repr=False)
    digest: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", digest_of(self.data))


_INSERT = text(
    "INSERT INTO segments (session, digest, kind, bytes, data) "
    "VALUES (:session, :digest, :kind, :bytes, :data) ON CONFLICT DO NOTHING"
)
"""Spelled out: both databases know it, and to build it anew takes as long as to run it."""


def digest_of(data: bytes) -> str:
    """``"sha256:"`` and the SHA-256 of bytes, in hex."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def folder_of(database: Database) -> Path | None:
    """Where large segments of an SQLite store lie; None on a server."""
    return None if database.mode == "server" else Path(database.where + ".segments")


def place(database: Database, found: Iterable[Segment]) -> list[dict[str, object]]:
    """Rows for the table, the large ones' files in place already.

    Raises:
        StoreError: A file cannot be written.
    """
    folder = folder_of(database)
    rows = []
    for one in found:
        inline = folder is None or len(one.data) <= INLINE
        if folder is not None and not inline:
            _write(folder, one)
        rows.append(
            {
                "digest": one.digest, "kind": one.kind, "bytes": len(one.data),
                "data": one.data if inline else None,
            }
        )  # fmt: skip
    return rows


def insert(connection: Connection, session: str, rows: list[dict[str, object]]) -> None:
    """Add rows of a session; one that is there already is the same bytes."""
    if rows:
        connection.execute(_INSERT, [{"session": session, **row} for row in rows])


def fetch(database: Database, session: str, digest: str) -> bytes:
    """The bytes of a segment, seen to be those that its digest names.

    Raises:
        StoreError: They are gone, or others now; names the segment.
    """
    own = (segments.c.session == session) & (segments.c.digest == digest)
    with database.read() as connection:
        row = connection.execute(select(segments.c.data).where(own)).first()
    data = None if row is None else row.data
    folder = folder_of(database)
    if row is not None and data is None and folder is not None:
        with contextlib.suppress(OSError):
            data = (folder / _name(digest)).read_bytes()
    if data is None:
        raise StoreError(f"segment {digest} of session {session} is missing")
    if digest_of(data) != digest:
        raise StoreError(f"segment {digest} of session {session} is not what was written")
    return bytes(data)


def drop(connection: Connection, sessions: Sequence[str]) -> None:
    """Take away what the table holds of these sessions; ``prune`` takes their files."""
    connection.execute(segments.delete().where(segments.c.session.in_(sessions)))


def prune(database: Database) -> None:
    """Take away files that no session names; one that was written just now may still be named.

    Raises:
        StoreError: One of them cannot be removed.
    """
    folder = folder_of(database)
    if folder is None or not folder.is_dir():
        return
    files = {path.name: path for path in folder.glob("*.seg")}
    old = {name for name, path in files.items() if time.time() - path.stat().st_mtime > SETTLED}
    with database.read() as connection:
        known = connection.execute(select(segments.c.digest)).scalars()
        old -= {_name(digest) for digest in known}
    try:
        for name in old:
            files[name].unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"a file of {folder} cannot be removed: {error}") from error


def copy_files(database: Database, target: Path) -> None:
    """Put the files of large segments beside a copy of the database.

    Raises:
        StoreError: One of them cannot be copied.
    """
    source = folder_of(database)
    if source is None or not source.is_dir():
        return
    folder = Path(f"{target}.segments")
    for path in sorted(source.glob("*.seg")):
        _write_bytes(folder, path.name, path.read_bytes())


def _name(digest: str) -> str:
    return digest.removeprefix("sha256:") + ".seg"


def _write(folder: Path, one: Segment) -> None:
    _write_bytes(folder, _name(one.digest), one.data)


def _write_bytes(folder: Path, name: str, data: bytes) -> None:
    """A file that is there whole, or not there, whatever happens meanwhile."""
    target, own = folder / name, folder / f"{name}.{os.getpid()}.tmp"
    try:
        if target.exists() and target.stat().st_size == len(data):
            return
        folder.mkdir(mode=0o700, exist_ok=True)
        with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        own.replace(target)
        at = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(at)  # the name too
        finally:
            os.close(at)
    except OSError as error:
        with contextlib.suppress(OSError):
            own.unlink()
        raise StoreError(f"segment {target} cannot be written: {error.strerror}") from error
