"""What the log says, as facts: its span, who looked, who was searched for and erased."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from traceprop_nb.reports.log_facts import (
    AccessFact,
    ErasureFact,
    LogFacts,
    RemovalFact,
    SearchFact,
    SpanFact,
)
from traceprop_nb.session.access import ACCESSED
from traceprop_nb.session.events import Event
from traceprop_nb.session.privacy.erasure import ERASED, SEARCHED
from traceprop_nb.session.subject import ASKED


def log_facts(
    events: Iterable[Event], *, access_log: bool, removals: tuple[RemovalFact, ...] | None = None
) -> LogFacts | None:
    """The facts; None for an empty log.

    Args:
        events: Of one session, in order.
        access_log: Whether accesses were logged.
        removals: What retention took out of its store; None where it is not stored.
    """
    every = list(events)
    if not every:
        return None
    kinds = Counter(event.kind for event in every)
    return LogFacts(
        SpanFact(len(every), every[0].time, every[-1].time, dict(sorted(kinds.items()))),
        _accesses(every) if access_log else None,
        tuple(_search(event) for event in every if event.kind == ASKED),
        _erasures(every),
        removals,
    )


def _accesses(events: list[Event]) -> tuple[AccessFact, ...]:
    times: Counter[tuple[str, str]] = Counter()
    last: dict[tuple[str, str], str] = {}
    for event in events:
        if event.kind == ACCESSED:
            by: Any = event.body.get("by")
            who = _member(by, "identity") or _member(by, "user") or "somebody"
            key = str(event.body.get("act")), str(who)
            times[key] += 1
            last[key] = event.time
    return tuple(AccessFact(*key, n, last[key]) for key, n in sorted(times.items()))


def _member(listed: Any, name: str) -> Any:
    """A member of a mapping as the log has it: name and value, or the mapping itself."""
    if isinstance(listed, Mapping):
        return listed.get(name)
    return {one["name"]: one["value"] for one in listed or ()}.get(name)


def _search(event: Event) -> SearchFact:
    body = event.body
    counts = body.get("sources") or ()
    return SearchFact(
        str(body.get("who")),
        event.time,
        {str(one["name"]): int(one["value"]) for one in counts},
        int(body.get("values") or 0),
        int(body.get("batches") or 0),
        tuple(body.get("runs") or ()),
        int(body.get("models") or 0),
        _told(body.get("unreached")),
    )


def _told(unreached: Any) -> tuple[str, ...]:
    """What was not reached and why; the log of an erasure names the places alone."""
    return tuple(one if isinstance(one, str) else ": ".join(one) for one in unreached or ())


def _erasures(events: list[Event]) -> tuple[ErasureFact, ...]:
    """Each erasure, with the first scan for the same person after it."""
    found = []
    for at, event in enumerate(events):
        if event.kind != ERASED:
            continue
        who = event.body["who"]
        scans = (e.body for e in events[at:] if e.kind == SEARCHED and e.body["who"] == who)
        scan: Mapping[str, Any] = next(scans, {})
        found.append(
            ErasureFact(
                str(who), event.time, int(event.body["keys"]),
                tuple(scan["scanned"]) if scan.get("scanned") else None,
                tuple(scan.get("found") or ()),
                _told(scan.get("unreached") or event.body.get("unreached")),
            )
        )  # fmt: skip
    return tuple(found)
