"""What people state about the session: signed, into its log, with an end and a way back.

A signature shows that the account in which it was made signed, and no more: who spoke is what was
said of it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from traceprop_nb.errors import OptionError, TrustError
from traceprop_nb.reports.canonical import canonical, digest
from traceprop_nb.reports.files import file_digest, shown_path
from traceprop_nb.reports.finding import Human
from traceprop_nb.reports.kinds import every_human
from traceprop_nb.reports.law import day_of
from traceprop_nb.reports.stated import ANYONE, checked, named, ruled_out, speaker
from traceprop_nb.reports.stated_facts import STATED, AttachedFact, StatementFact, told
from traceprop_nb.reports.trust import keys
from traceprop_nb.session.events import Event, EventLog

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session

KIND, WITHDREW = "stated", "withdrew"

_places: WeakKeyDictionary[EventLog, dict[str, str]] = WeakKeyDictionary()
"""Digest of an attached file -> where it is: a path outside the folder enters no log."""


def attest(  # one for each part of a statement
    session: Session, field: str, value: Any, by: str | None, until: str | None,
    attach: str | Path | None,
) -> StatementFact:  # fmt: skip
    """See ``traceprop_nb.attest``."""
    if value is None and attach is not None:
        value = f"see {Path(attach).name}"
    if any(field in (one.name, one.field.id) for one in every_human(single=True)):
        raise OptionError(
            f"{field!r} is about one decision, and not about the session; state it with the "
            f"decision's .record({field.rpartition('.')[2]}=...)"
        )
    (about,) = named(every_human(), {field: value})
    who = speaker({} if by is None else {"by": by})
    fact = _fact(session, about, checked(field, value), who, _until(until))
    if attach is not None:
        fact = replace(fact, attached=_attached(session, Path(attach)))
    return _append(session, fact)


def withdraw(session: Session, field: str, by: str | None) -> StatementFact:
    """Take back what stands for a field.

    Raises:
        OptionError: Nothing does.
        UnknownNameError: Nobody can state such a field.
    """
    (about,) = named(every_human(), {field: "-"})
    standing = {one.about: one for one in statements(session.events) if one.withdrawn is None}
    if about not in standing:
        raise OptionError(f"nothing that was stated for {field!r} stands, so nothing is withdrawn")
    now = _now()
    session.record_event(WITHDREW, field=about, who=speaker({} if by is None else {"by": by}),
                         when=now)  # fmt: skip
    return replace(standing[about], withdrawn=now)


def keep(session: Session, humans: Iterable[Human], stated: Mapping[str, object]) -> None:
    """Log what is stated for a record, all of it or, if anything is wrong with it, nothing.

    Raises:
        UnknownNameError, OptionError: See ``reports.stated.named``.
    """
    who = speaker(stated)
    standing = {one.about: one for one in statements(session.events) if one.withdrawn is None}
    for about, value in named(humans, stated).items():
        fact = _fact(session, about, value, who, None)
        old = standing.get(about)
        if old is None or _gist(old) != _gist(fact):
            _append(session, fact)


def _gist(fact: StatementFact) -> tuple[object, ...]:
    return fact.who, fact.value_digest, fact.words, fact.until


def _fact(
    session: Session, about: str, value: object, who: str, until: str | None
) -> StatementFact:
    shown = session.guard.shown(value)
    words = str(shown) if ruled_out(shown) else ""
    kept = None if words else shown
    return StatementFact(about, digest(kept), who, _now(), until, words, value=kept)


def _until(day: str | None) -> str | None:
    if day is None:
        return None
    found = day_of(str(day))
    if found < _now()[:10]:
        raise OptionError(f"a statement until {found} would be over; give a day to come")
    return found


def _attached(session: Session, path: Path) -> AttachedFact:
    found = file_digest(path)
    if found is None:
        raise OptionError(f"{path.name!r} cannot be attached; name a file that can be read")
    _places.setdefault(session.events, {})[found] = str(path.absolute())
    shown = shown_path(str(path.absolute()), os.getcwd())
    return AttachedFact(session.guard.shown(shown), found, found)


def _append(session: Session, fact: StatementFact) -> StatementFact:
    fact = _signed(fact)
    body = {
        "field": fact.about, "who": fact.who, "when": fact.when, "until": fact.until,
        "words": fact.words, "key": fact.key, "public_key": fact.public_key,
        "signature": fact.signature,
        "value": None if fact.words else canonical(fact.value).decode("utf-8"),
        "attached": fact.attached and [fact.attached.name, fact.attached.digest],
    }  # fmt: skip
    # its names are hidden already, and its signature is whole: nothing may change it again
    session.events.append_made(KIND, lambda _number, _before: body)
    session.stored()
    return fact


def _signed(fact: StatementFact) -> StatementFact:
    """The statement under the account's key; as it is where there is none."""
    try:
        key = keys.own_key()
    except TrustError:
        return fact
    named_by = replace(fact, key=key.id, public_key=key.public.hex())
    return replace(named_by, signature=key.sign(STATED, told(named_by)))


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def statements(events: Iterable[Event]) -> tuple[StatementFact, ...]:
    """The last statement of each field, in the order of the fields' first ones."""
    places = _places.get(events, {}) if isinstance(events, EventLog) else {}
    found: dict[str, StatementFact] = {}
    for event in events:
        body = event.body
        if event.kind == KIND:
            found[body["field"]] = _read(body, places)
        elif event.kind == WITHDREW and body["field"] in found:
            found[body["field"]] = replace(found[body["field"]], withdrawn=body["when"])
    return tuple(found.values())


def _read(body: Mapping[str, Any], places: Mapping[str, str]) -> StatementFact:
    value = None if body["value"] is None else json.loads(body["value"])
    return StatementFact(
        body["field"], digest(value), body["who"], body["when"], body["until"], body["words"],
        None, body["key"], body["public_key"], body["signature"],
        None if body["attached"] is None else _looked(places, *body["attached"]), value,
    )  # fmt: skip


def _looked(places: Mapping[str, str], name: str, digest_then: str) -> AttachedFact:
    place = places.get(digest_then) or os.path.abspath(name)
    return AttachedFact(name, digest_then, file_digest(place), place)


__all__ = ["ANYONE", "attest", "keep", "statements", "withdraw"]
