"""Files that traced cells wrote: each an event with its digest, by which others find it again.

A digest counts only while the file is what it was right after it was written. A large file's is
taken in a thread, and its event comes when it is there.
"""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from traceprop_nb.tracing.filewrite import FileWrite

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session

WROTE = "wrote_file"
_SMALL = 4 * 1024 * 1024
"""Bytes up to which a digest takes a few milliseconds, and is waited for."""


@dataclass(eq=False)
class WrittenFiles:
    """What was written and is not in the log yet, in order."""

    _waiting: list[tuple[FileWrite, int, Future[str | None]]] = field(default_factory=list)
    _beside: ThreadPoolExecutor | None = None

    def note(self, write: FileWrite, cell: int) -> None:
        """A value was written to a file just now."""
        digest: Future[str | None]
        if write.size <= _SMALL:
            digest = Future()
            digest.set_result(_digest(write))
        else:
            if self._beside is None:
                self._beside = ThreadPoolExecutor(1, "traceprop-written")
            digest = self._beside.submit(_digest, write)
        self._waiting.append((write, cell, digest))

    def record(self, session: Session, *, wait: bool = False) -> None:
        """Put those whose digest is there in the session's log; all of them if ``wait``."""
        while self._waiting and (wait or self._waiting[0][2].done()):
            write, cell, digest = self._waiting.pop(0)
            found = digest.result()
            if found is not None:
                session.events.append(WROTE, _body(write, cell, found))


def _body(write: FileWrite, cell: int, digest: str) -> dict[str, object]:
    from traceprop_nb.reports.files import shown_path

    return {
        "file": shown_path(write.path, os.getcwd()), "digest": digest, "format": write.format,
        "separator": write.separator, "records": write.records, "exact": write.exact,
        "node": write.node, "cell": cell, "size": write.size, "part": write.part,
    }  # fmt: skip


def _digest(write: FileWrite) -> str | None:
    """Digest of the file, or None if it is no longer what was written."""
    from traceprop_nb.reports.files import file_digest

    digest = file_digest(write.path)
    try:
        stat = os.stat(write.path)
    except OSError:
        return None
    same = (stat.st_size, stat.st_mtime_ns) == (write.size, write.mtime_ns)
    return digest if same else None
