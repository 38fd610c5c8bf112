"""The session's log: what was asked and answered, each event bound to the one before it.

An event's digest covers its number, time, kind and body in canonical JSON, and the digest before
it: to change, drop or swap one changes every later digest. A rewrite of the whole log by its owner
shows only to those who kept a head of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from traceprop_nb.ids import ulid
from traceprop_nb.reports.plain import plain
from traceprop_nb.reports.trust.chain import START, digest_of_event

__all__ = ["START", "Event", "EventLog", "digest_of_event"]


@dataclass(frozen=True)
class Event:
    """One entry.

    Attributes:
        number: From 0.
        time: ISO 8601 with a zone, by the host's clock.
        kind: What happened, such as ``"forgot"``.
        body: What is known of it: names, counts, digests and verdicts, no values of rows.
        before: Digest of the event before.
        digest: Of all that.
    """

    number: int
    time: str
    kind: str
    body: dict[str, Any]
    before: str
    digest: str


class EventLog:
    """Events in order; appended to, never edited.

    Attributes:
        id: The log's own name, a ULID.
        sink: Told of each new event, or None.
        veil: Hides names in a body before it is hashed, or None.
    """

    def __init__(self) -> None:
        self.id = ulid()
        self._events: list[Event] = []
        self.sink: Callable[[Event], None] | None = None
        self.veil: Callable[[dict[str, Any]], dict[str, Any]] | None = None
        self._lock = threading.Lock()  # a retraining in the background logs its end

    def append(self, kind: str, body: dict[str, Any]) -> Event:
        """Add an event; texts in the body are cut and cleaned as those of a record are."""
        made = {name: plain(value) for name, value in body.items()}
        shown = made if self.veil is None else self.veil(made)
        return self._add(kind, lambda _number, _before: shown)

    def append_made(self, kind: str, make: Callable[[int, str], dict[str, Any]]) -> Event:
        """Add an event whose body depends on its place: its number and the digest before it.

        It holds ids, digests and what is signed, and no names: nothing of it is hidden.
        """
        return self._add(
            kind, lambda *place: {name: plain(value) for name, value in make(*place).items()}
        )

    def _add(self, kind: str, make: Callable[[int, str], dict[str, Any]]) -> Event:
        with self._lock:
            body = make(len(self._events), self.head)
            time = datetime.now(UTC).isoformat(timespec="milliseconds")
            number, before = len(self._events), self.head
            digest = digest_of_event(number, time, kind, body, before)
            event = Event(number, time, kind, body, before, digest)
            self._events.append(event)
            if self.sink is not None:
                self.sink(event)  # in the order of the numbers, whichever threads append
        return event

    @property
    def head(self) -> str:
        """Digest of the last event."""
        return self._events[-1].digest if self._events else START

    def broken(self) -> int | None:
        """The first event that is not what was appended, or None."""
        before = START
        for place, e in enumerate(self._events):
            told = digest_of_event(e.number, e.time, e.kind, e.body, before)
            if e.number != place or e.before != before or e.digest != told:
                return place
            before = e.digest
        return None

    def __len__(self) -> int:
        return len(self._events)

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events)

    def __getitem__(self, number: int) -> Event:
        return self._events[number]
