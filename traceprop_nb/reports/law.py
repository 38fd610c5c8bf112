"""Law packs: the only place with dates and clause texts, read from versioned data files.

Fields of a record name provisions by id; what a provision asks for, and from when, is looked up
here and printed with the pack's version and the day on which it was read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from traceprop_nb.errors import unknown_name

PACKS = ("eu_ai_act", "gdpr")


@cache
def packs() -> tuple[Mapping[str, Any], ...]:
    """Every law pack, parsed."""
    folder = files("traceprop_nb.reports") / "law_packs"
    return tuple(json.loads((folder / f"{name}.json").read_text("utf-8")) for name in PACKS)


def applicable(ids: Iterable[str]) -> list[dict[str, Any]]:
    """For each pack the provisions asked for, with the dates that they hang on.

    Raises:
        UnknownNameError: for an id that is in no pack.
    """
    wanted = set(ids)
    known = {row["id"] for pack in packs() for row in pack["provisions"]}
    for name in sorted(wanted - known):
        raise unknown_name("provision", name, known)
    extracts = (_extract(pack, wanted) for pack in packs())
    return [extract for extract in extracts if extract["provisions"]]


def _extract(pack: Mapping[str, Any], wanted: set[str]) -> dict[str, Any]:
    provisions = [row for row in pack["provisions"] if row["id"] in wanted]
    used = {name for row in provisions for name in row["dates"]}
    header = {key: pack[key] for key in ("pack", "version", "title", "celex", "read_on", "reading")}
    dates = [row for row in pack["dates"] if row["id"] in used]
    return {**header, "dates": dates, "provisions": provisions}
