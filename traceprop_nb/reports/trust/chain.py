"""A log's chain: what an event's digest covers, and how a log is written as a file.

A file holds one event a line, with the session that it belongs to; the body stands in it as it is
stored, so that a byte that changed in a store is a byte that changed in the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Protocol

from traceprop_nb.reports.canonical import digest

START = "sha256:" + "0" * 64
"""What the first event's predecessor is called."""


class Row(Protocol):
    """An event as it is stored; its body is canonical JSON."""

    @property
    def number(self) -> int:
        """From 0 in its session."""

    @property
    def time(self) -> str:
        """ISO 8601 with a zone."""

    @property
    def kind(self) -> str:
        """What happened."""

    @property
    def body(self) -> str:
        """Canonical JSON."""

    @property
    def before(self) -> str:
        """Digest of the event before."""

    @property
    def digest(self) -> str:
        """Of all that."""


def digest_of_event(number: int, time: str, kind: str, body: object, before: str) -> str:
    """``"sha256:"`` and the digest of an event's canonical JSON, the one before it included."""
    told = {"number": number, "time": time, "kind": kind, "body": body, "before": before}
    return digest(told)


def log_file(session: str, rows: Iterable[Row]) -> bytes:
    """The events of a session as lines of JSON, in UTF-8."""
    return "".join(_line(session, row) for row in rows).encode("utf-8", "backslashreplace")


def _line(session: str, row: Row) -> str:
    """Canonical JSON, as far as the body is; of an event that retention emptied, it is null."""
    told = (
        ("before", row.before), ("body", None), ("digest", row.digest), ("kind", row.kind),
        ("number", row.number), ("session", session), ("time", row.time),
    )  # fmt: skip
    body = row.body or "null"
    members = [
        f'"{name}":{body if name == "body" else json.dumps(value, ensure_ascii=False)}'
        for name, value in told
    ]
    return "{" + ",".join(members) + "}\n"
