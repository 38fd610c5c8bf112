"""Law packs: the only place with dates and clause texts, read from versioned data files.

Fields of a record name provisions by id; what a provision asks for, and from when, is looked up
here and printed with the pack's version and the day on which it was read. A provision may also
name fields itself (``fields``, by id, ``*`` for any part): so one field answers many frameworks. A
pack that was amended has its earlier text as an overlay that holds ``until`` a day.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

from traceprop_nb.errors import OptionError, unknown_name

PACKS = ("eu_ai_act", "gdpr", "nist_ai_rmf", "iso_42001", "us_credit")
EARLIER = ("eu_ai_act_2024",)
"""Overlays, the newest first: each is a pack as it was until a day, where it differs."""


@cache
def packs(as_of: str | None = None) -> tuple[Mapping[str, Any], ...]:
    """Every law pack, parsed, as it read on a day.

    Args:
        as_of: A day, year-month-day; the newest reading if None.

    Raises:
        OptionError: It is no day.
    """
    newest = [_read(name) for name in PACKS]
    if as_of is None:
        return tuple(newest)
    day = day_of(as_of)
    overlays = [one for name in EARLIER if day <= (one := _read(name))["until"]]
    return tuple(_overlaid(pack, overlays) for pack in newest)


def day_of(text: str) -> str:
    """A day as ISO 8601 writes it.

    Raises:
        OptionError: It is none.
    """
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise OptionError(f"{text!r} is no day; write it as year-month-day") from None


def _read(name: str) -> Mapping[str, Any]:
    folder = files("traceprop_nb.reports") / "law_packs"
    found: Mapping[str, Any] = json.loads((folder / f"{name}.json").read_text("utf-8"))
    return found


def _overlaid(pack: Mapping[str, Any], overlays: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    for one in overlays:
        if one["pack"] == pack["pack"]:
            changed = {row["id"]: row for row in one["provisions"]}
            rows = [changed.get(row["id"], row) for row in pack["provisions"]]
            head = {name: value for name, value in one.items() if name != "until"}
            pack = {**pack, **head, "provisions": rows}
    return pack


@cache
def _patterns() -> tuple[tuple[str, str], ...]:
    rows = [row for pack in packs() for row in pack["provisions"]]
    return tuple((pattern, row["id"]) for row in rows for pattern in row.get("fields", ()))


@cache
def also(field: str) -> tuple[str, ...]:
    """Provisions that name a field themselves, by its id."""
    found = [name for pattern, name in _patterns() if fnmatchcase(field, pattern)]
    return tuple(dict.fromkeys(found))


def applicable(ids: Iterable[str], as_of: str | None = None) -> list[dict[str, Any]]:
    """For each pack the provisions asked for, with the dates that they hang on.

    Raises:
        UnknownNameError: for an id that is in no pack.
    """
    wanted = set(ids)
    known = {row["id"] for pack in packs() for row in pack["provisions"]}
    for name in sorted(wanted - known):
        raise unknown_name("provision", name, known)
    extracts = (_extract(pack, wanted) for pack in packs(as_of))
    return [extract for extract in extracts if extract["provisions"]]


def _extract(pack: Mapping[str, Any], wanted: set[str]) -> dict[str, Any]:
    provisions = [
        {name: value for name, value in row.items() if name != "fields"}
        for row in pack["provisions"]
        if row["id"] in wanted
    ]
    used = {name for row in provisions for name in row["dates"]}
    keys = ("pack", "version", "title", "celex", "read_on", "reading")
    header = {key: pack[key] for key in keys if key in pack}
    dates = [row for row in pack["dates"] if row["id"] in used]
    return {**header, "dates": dates, "provisions": provisions}
