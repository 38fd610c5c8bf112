"""What people state: checked names, plain values, and who said it when."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from traceprop_nb.errors import OptionError, unknown_name
from traceprop_nb.reports.canonical import digest
from traceprop_nb.reports.facts import numbered
from traceprop_nb.reports.finding import Human, Statement
from traceprop_nb.reports.plain import plain
from traceprop_nb.reports.stated_facts import AttachedFact, StatementFact, signed

ANYONE = "user of this session"
NOT_APPLICABLE = "not applicable"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
BY = "by"
"""The name under which the speaker is given: ``tp.report(purpose=..., by="M. Okafor")``."""


@dataclass(frozen=True)
class Said:
    """What was said of a field.

    Attributes:
        value: Plain JSON; None where the field was ruled out.
        lapsed: Why it no longer counts, in words; empty = it does.
        changed: What became of the attached file, in words; empty = it is what it was, or is gone.
    """

    value: object
    by: Statement
    lapsed: str = ""
    changed: str = ""


def speaker(stated: Mapping[str, object]) -> str:
    """Who speaks.

    Raises:
        OptionError: for an empty name.
    """
    return str(checked(BY, stated.get(BY, ANYONE)))


def named(humans: Iterable[Human], stated: Mapping[str, object]) -> dict[str, object]:
    """Stated values, plain, by the id of their field, which goes by its short name or its id.

    Raises:
        UnknownNameError: for a field that nobody can state, with the nearest that one can.
        OptionError: for an empty value, one that is not plain, or a field stated twice.
    """
    fields = {human.name: human for human in humans}
    ids = {human.field.id: human for human in fields.values()}
    found: dict[str, object] = {}
    for name, value in stated.items():
        if name == BY:
            continue
        human: Human | None = fields.get(name) or ids.get(name)
        if human is None:
            raise unknown_name("stated field", name, [*fields, *(ids if "." in name else ())])
        if human.field.id in found:
            raise OptionError(f"{human.name!r} is stated twice, also as {human.field.id!r}")
        found[human.field.id] = checked(name, value)
    return found


def ruled_out(value: object) -> bool:
    """Whether a value says that the field does not apply: those words, or they and a colon."""
    return isinstance(value, str) and value.lower().partition(":")[0].strip() == NOT_APPLICABLE


def statements(
    humans: Iterable[Human],
    stated: Mapping[str, object],
    when: str,
    logged: Iterable[StatementFact] = (),
) -> dict[str, Said]:
    """What counts, by the id of its field: what is stated now over what stands in the log.

    Args:
        humans: Those of the record.
        stated: Values by name; ``by`` names the person.
        when: The time of the record, ISO 8601.
        logged: The last statement of each field.

    Raises:
        UnknownNameError, OptionError: See ``named``.
    """
    who = speaker(stated)
    found = {one.about: _logged(one, at, when) for at, one in enumerate(logged)}
    for name, value in named(humans, stated).items():
        out = ruled_out(value)
        found[name] = Said(None if out else value, Statement(who, when, str(value) if out else ""))
    return found


def _logged(fact: StatementFact, at: int, now: str) -> Said:
    by = Statement(
        str(plain(fact.who)), fact.when, str(plain(fact.words)), fact.until or "",
        (fact.key or "") if signed(fact) else "", numbered("statements", at),
        None if fact.attached is None else _shown(fact.attached),
    )  # fmt: skip
    return Said(None if fact.words else fact.value, by, _lapsed(fact, now), _changed(fact))


def _lapsed(fact: StatementFact, now: str) -> str:
    said = f"what {plain(fact.who)} stated on {plain(fact.when[:10])}"
    if not (
        fact.who.strip() and TIME.fullmatch(fact.when) and DAY.fullmatch(fact.until or now[:10])
    ):
        return f"{said} is not in a form that can be read"
    if fact.withdrawn is not None:
        return f"{said} was withdrawn on {plain(fact.withdrawn[:10])}"
    if fact.until is not None and now[:10] > fact.until:
        return f"{said} held until {fact.until}"
    if signed(fact) is False:
        return f"{said} has a signature that is not of it"
    if not fact.words and digest(fact.value) != fact.value_digest:
        return f"{said} is not in the log as it was stated"
    return ""


def _changed(fact: StatementFact) -> str:
    one = fact.attached
    if one is None or one.digest_now in (None, one.digest):
        return ""
    return f"changed since it was attached: {plain(one.name)}"


def _shown(one: AttachedFact) -> dict[str, str]:
    now = "not compared" if one.digest_now is None else (
        "same" if one.digest_now == one.digest else "changed"
    )  # fmt: skip
    return {"name": str(plain(one.name)), "digest": str(plain(one.digest)), "now": now}


def checked(name: str, value: object) -> object:
    """A value as plain JSON.

    Raises:
        OptionError: It is empty, or not plain.
    """
    if isinstance(value, str) and not value.strip():
        raise OptionError(f"nothing is stated for {name!r}; leave it out or give a value")
    if not _speakable(value):
        raise OptionError(
            f"{name!r} cannot be stated as {type(value).__name__}; "
            "give text, a finite number, a date, or lists and dicts of these"
        )
    return plain(value)


def _speakable(value: object) -> bool:
    match value:
        case str() | bool() | int() | dt.date():
            return True
        case float():
            return math.isfinite(value)
        case list() | tuple():
            return len(value) > 0 and all(map(_speakable, value))
        case dict():
            return len(value) > 0 and all(map(_speakable, value.values()))
    return False
