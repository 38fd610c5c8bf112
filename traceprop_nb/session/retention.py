"""How long a stored session's events are kept, who holds them longer, and what gc removed.

Rules, holds, releases and removals are events themselves, and stay. One that ends others names
their digests, so that no clock decides which of two came first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from traceprop_nb.errors import OptionError, StoreError, unknown_name
from traceprop_nb.reports.trust.checkpoint import KIND
from traceprop_nb.reports.trust.log_check import ROTATED, digest_of_row
from traceprop_nb.session.chains import OPENED, REMOVED, body_of

if TYPE_CHECKING:
    from traceprop_nb.session.storage import Storage
    from traceprop_nb.stores import Entry, Recorded, Store

RULE, HELD, RELEASED = "set_retention", "held", "released"

STAYING = (OPENED, REMOVED, RULE, HELD, RELEASED, KIND, ROTATED)
"""Kinds of events that no rule removes: without them nobody could say what is missing, and why."""

AT_ONCE = 100
"""Sessions that one statement names; a longer list would be cut in an event."""


@dataclass(frozen=True)
class Hold:
    """What must not be removed.

    Attributes:
        session: Its id; empty for every session.
        reason: Why.
        by: Who said so; nobody's identity is checked.
        since: ISO 8601.
        digest: Of the event that began it.
    """

    session: str
    reason: str
    by: str
    since: str
    digest: str

    def covers(self, session: str) -> bool:
        """Whether the session is held by it."""
        return self.session in ("", session)

    def __str__(self) -> str:
        what = self.session or "every session"
        return f"{what} is held since {self.since[:10]} by {self.by}: {self.reason}"


@dataclass(frozen=True)
class Due:
    """A session whose time is over.

    Attributes:
        session: Its id.
        events: Bodies that are removed.
        length: How many events it has.
        head: Digest of the last.
        since: When its time was over, ISO 8601.
        rule: Which rule, in words.
    """

    session: str
    events: int
    length: int
    head: str
    since: str
    rule: str


@dataclass(frozen=True)
class Removal:
    """What gc removed, or would.

    Attributes:
        sessions: Whose time is over and that no hold covers.
        held: Whose time is over and that are held, with the hold in words.
        done: Whether it was removed.
        note: What could not be reached.
    """

    sessions: tuple[Due, ...]
    held: tuple[str, ...] = ()
    done: bool = False
    note: str = field(default="", kw_only=True)

    @property
    def events(self) -> int:
        """How many events."""
        return sum(due.events for due in self.sessions)

    def __repr__(self) -> str:
        did = "removed" if self.done else "would remove"
        lines = [f"{did} {self.events:,} events of {len(self.sessions):,} sessions"]
        lines += [f"  {d.session}: {d.events:,} events, kept {d.rule}" for d in self.sessions]
        lines += [f"  not removed: {hold}" for hold in self.held]
        return "\n".join([*lines, *filter(None, [self.note])])


def retain(
    storage: Storage,
    *,
    days: int | None,
    until: str | None,
    session: str | None,
    by: str,
) -> str:
    """Set a rule. See ``Storage.retain``."""
    _writable(storage)
    if days is None and until is None:
        raise OptionError('say how long: days=..., until="2030-01-31", or both')
    if days is not None and not 0 <= days <= 100_000:
        raise OptionError(f"events cannot be kept for {days} days; give 0 to 100,000")
    if until is not None:
        _day(until)
    name = _session(storage.store, session)
    ends = [one.digest for one in _active(storage.store, RULE) if _about(one) == name]
    storage.record(RULE, session=name, days=days, until=until, by=by, ends=ends)
    _written(storage)
    return _words(days, until)


def hold(storage: Storage, session: str | None, *, reason: str, by: str) -> None:
    """Begin a hold. See ``Storage.hold``."""
    _writable(storage)
    name = _session(storage.store, session)
    storage.record(HELD, session=name, **_signed(reason, by))
    _written(storage)


def release(storage: Storage, session: str | None, *, reason: str, by: str) -> None:
    """End holds. See ``Storage.release``."""
    _writable(storage)
    said = _signed(reason, by)
    mine = [one for one in holds(storage.store) if one.session == (session or "")]
    if not mine:
        known = "; ".join(map(str, holds(storage.store))) or "nothing is"
        raise OptionError(f"{session or 'every session'} is not held; {known}")
    storage.record(RELEASED, session=session or "", ends=[one.digest for one in mine], **said)
    _written(storage)


def holds(store: Store) -> list[Hold]:
    """Holds that no release names."""
    return [_hold(row) for row in _active(store, HELD)]


def gc(storage: Storage, *, dry_run: bool, session: str | None) -> Removal:
    """Remove what is due. See ``Storage.gc``."""
    from traceprop_nb.stores.retention import scrub, strip

    storage.flush()
    planned = plan(storage.store, session, storage.id)
    if dry_run or not planned.sessions:
        return planned
    _writable(storage)
    if session is None:
        chosen = planned.sessions
    else:
        chosen = tuple(due for due in planned.sessions if due.session == session)
    _state(storage, chosen)
    lengths = {due.session: due.length for due in chosen}

    def may(rows: Sequence[Entry]) -> None:
        for one in map(_hold, _unended(rows, HELD)):
            if covered := [name for name in lengths if one.covers(name)]:
                raise StoreError(f"nothing was removed: meanwhile {one} ({len(covered)} sessions)")

    strip(storage.store, lengths, STAYING, may)
    return Removal(chosen, planned.held, True, note=scrub(storage.store))


def plan(store: Store, session: str | None = None, running: str = "") -> Removal:
    """What would be removed now.

    Args:
        store: Open.
        session: The one session that is meant; None for all.
        running: The session that must stay, because it is the one that asks.

    Raises:
        OptionError: No rule says how long anything is kept; the session is the running one.
        StoreError: The one session that was asked for is held.
    """
    rules: dict[str, list[dict[str, Any]]] = {}
    for row in _active(store, RULE):
        rules.setdefault(_about(row), []).append(body_of(row))
    if not rules:
        raise OptionError(
            "no rule says how long events are kept; set one with retain(days=...) or "
            "retain(until=...)"
        )
    if session is not None and _session(store, session) == running:
        raise OptionError("this session is still running; another kernel must remove it")
    over = _over(store, rules, running)
    holding = holds(store)
    held = {due.session: one for due in over for one in holding if one.covers(due.session)}
    if session in held:
        raise StoreError(f"{held[session]}; release it before it is removed")
    free = tuple(due for due in over if due.session not in held and session in (None, due.session))
    return Removal(free, tuple(dict.fromkeys(map(str, held.values()))))


def _over(store: Store, rules: dict[str, list[dict[str, Any]]], running: str) -> list[Due]:
    from traceprop_nb.stores.retention import extents

    found, now = [], datetime.now(UTC)
    known = extents(store, STAYING)
    for one in store.sessions():
        mine = rules.get(one.id) or rules.get("", [])  # two, where they were set at once
        extent = known.get(one.id)
        if one.id == running or not mine or extent is None or not extent.bodies:
            continue
        ends, rule = max(((_ends(r, one, extent.last), r) for r in mine), key=lambda pair: pair[0])
        if ends <= now:
            words = _words(rule.get("days"), rule.get("until"))
            since = ends.isoformat(timespec="seconds")
            found.append(Due(one.id, extent.bodies, one.events, one.head, since, words))
    return found


def _ends(rule: dict[str, Any], session: Recorded, last: str) -> datetime:
    """When the rule lets the session go."""
    times = []
    if rule.get("days") is not None:
        times.append(_moment(last or session.started) + timedelta(days=int(rule["days"])))
    if rule.get("until") is not None:
        times.append(_day(str(rule["until"])))
    return max(times)


def _moment(time: str) -> datetime:
    found = datetime.fromisoformat(time)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _day(text: str) -> datetime:
    """The end of a day, in UTC."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise OptionError(f"{text!r} is no day; write it as 2030-01-31") from error
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def _words(days: object, until: object) -> str:
    parts = [f"{days} days after the last event"] if days is not None else []
    parts += [f"until {until}"] if until is not None else []
    return " and ".join(parts)


def _state(storage: Storage, chosen: Sequence[Due]) -> None:
    """Put what is going to be removed in the log: first said, then done."""
    for rule in dict.fromkeys(due.rule for due in chosen):
        mine = [due for due in chosen if due.rule == rule]
        for at in range(0, len(mine), AT_ONCE):
            told = [
                {"session": d.session, "events": d.events, "length": d.length, "head": d.head}
                for d in mine[at : at + AT_ONCE]
            ]
            storage.record(REMOVED, rule=f"kept {rule}", sessions=told)
    _written(storage)


def _writable(storage: Storage) -> None:
    """Refuse before anything is said that no store would take.

    Raises:
        StoreError: The store can only be read.
    """
    database = storage.store.database
    if not database.writable:
        raise StoreError(f"{database.where} took nothing: {database.note}")


def _written(storage: Storage) -> None:
    """Let what was said count only once it is stored.

    Raises:
        StoreError: It waits.
    """
    storage.flush()
    if storage.waiting or storage.unwritten:
        raise StoreError(f"this could not be stored yet: {storage.trouble}")


def _session(store: Store, session: str | None) -> str:
    known = [one.id for one in store.sessions()]
    if session is not None and session not in known:
        raise unknown_name("session", session, known)
    return session or ""


def _signed(reason: str, by: str) -> dict[str, str]:
    if not reason.strip() or not by.strip():
        raise OptionError("a hold and its end need a reason and a person: reason=..., by=...")
    return {"reason": reason, "by": by}


def _hold(row: Entry) -> Hold:
    body = body_of(row)
    return Hold(
        _about(row), str(body.get("reason", "")), str(body.get("by", "")), row.time, row.digest
    )


def _about(row: Entry) -> str:
    return str(body_of(row).get("session") or "")


def _active(store: Store, kind: str) -> list[Entry]:
    """Events of a kind that no later one ends."""
    from traceprop_nb.stores.retention import of_kinds

    return _unended([row for _, row in of_kinds(store, STAYING)], kind)


def _unended(rows: Iterable[Entry], kind: str) -> list[Entry]:
    ending = RELEASED if kind == HELD else kind
    whole = [
        row for row in rows
        if row.kind in (kind, ending) and digest_of_row(row) == row.digest
    ]  # fmt: skip
    ended = {
        str(name) for row in whole if row.kind == ending for name in body_of(row).get("ends") or ()
    }
    return [row for row in whole if row.kind == kind and row.digest not in ended]
