"""What people state: checked names, plain values, and who said it when."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence

from traceprop_nb.errors import OptionError, unknown_name
from traceprop_nb.reports.finding import Human, Statement
from traceprop_nb.reports.plain import plain
from traceprop_nb.reports.section import Section

ANYONE = "user of this session"
NOT_APPLICABLE = "not applicable"
BY = "by"
"""The name under which the speaker is given: ``tp.report(purpose=..., by="M. Okafor")``."""


def statements(
    sections: Sequence[Section], stated: Mapping[str, object], when: str
) -> dict[str, tuple[object, Statement]]:
    """Stated values by the name of their field.

    A field goes by its short name or its id. The text ``"not applicable"``, alone or before a
    colon and a reason, rules the field out; its value here is then None.

    Raises:
        UnknownNameError: for a field that nobody can state, with the nearest that one can.
        OptionError: for an empty value, one that is not plain, or a field stated twice.
    """
    fields = {human.name: human for section in sections for human in section.asks}
    ids = {human.field.id: human for human in fields.values()}
    who = str(_plain(BY, stated.get(BY, ANYONE)))
    found: dict[str, tuple[object, Statement]] = {}
    for name, value in stated.items():
        if name == BY:
            continue
        human: Human | None = fields.get(name) or ids.get(name)
        if human is None:
            raise unknown_name("stated field", name, [*fields, *(ids if "." in name else ())])
        if human.name in found:
            raise OptionError(f"{human.name!r} is stated twice, also as {human.field.id!r}")
        found[human.name] = _statement(name, value, who, when)
    return found


def _statement(name: str, value: object, who: str, when: str) -> tuple[object, Statement]:
    said = _plain(name, value)
    if isinstance(said, str) and said.lower().partition(":")[0].strip() == NOT_APPLICABLE:
        return None, Statement(who, when, said)
    return said, Statement(who, when)


def _plain(name: str, value: object) -> object:
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
