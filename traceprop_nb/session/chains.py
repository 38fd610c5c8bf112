"""What events of a store say of it: what was removed, and what sessions tell of each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from traceprop_nb.reports.canonical import read
from traceprop_nb.reports.trust.log_check import digest_of_row

if TYPE_CHECKING:
    from traceprop_nb.stores import Entry, Store

OPENED, REMOVED = "opened_store", "removed"


@dataclass(frozen=True)
class Removed:
    """What a statement in the log says about a session's events.

    Attributes:
        session: Whose events they were.
        events: How many were removed.
        length: Of how many, from the first.
        head: Digest of the last of them.
        on: When, ISO 8601.
        rule: By which rule, in words.
    """

    session: str
    events: int
    length: int
    head: str
    on: str
    rule: str

    def __str__(self) -> str:
        many = f"{self.events:,} event{'' if self.events == 1 else 's'}"
        return f"{self.session}: {many} removed by retention on {self.on[:10]} ({self.rule})"


def removals(store: Store) -> list[Removed]:
    """What intact statements in the log say was removed, the oldest first; stubs there are."""
    from traceprop_nb.stores.retention import of_kinds

    found = [one for _, row in of_kinds(store, [REMOVED]) for one in _removed(row)]
    return sorted(found, key=lambda one: (one.on, one.session, one.length))


def _removed(row: Entry) -> Iterator[Removed]:
    if digest_of_row(row) != row.digest:
        return
    body = body_of(row)
    for one in members_of(body.get("sessions", [])):
        if {"session", "events", "length", "head"} <= set(one):
            yield Removed(
                str(one["session"]), int(one["events"]), int(one["length"]), str(one["head"]),
                row.time, str(body.get("rule", "")),
            )  # fmt: skip


def members_of(listed: object) -> list[dict[str, Any]]:
    """Objects as an event holds them, lists of name and value, as dicts again."""
    return [
        {member["name"]: member["value"] for member in one}
        for one in (listed if isinstance(listed, list) else [])
        if isinstance(one, list)
    ]


def body_of(row: Entry) -> dict[str, Any]:
    """An event's body; empty for a stub.

    Raises:
        ValueError: It is no JSON.
    """
    found = read(row.body) if row.body else {}
    return found if isinstance(found, dict) else {}
