"""The fields of a record arranged by provision, with what each provision asks and from when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from traceprop_nb.reports.finding import State
from traceprop_nb.reports.html_values import captured, escaped, table, words

SIGNS: dict[State, str] = {
    "established": "✓",
    "stated": "“",
    "partial": "◐",
    "not_established": "–",
    "not_applicable": "∅",
    "contradicted": "✗",
}


def state_word(state: State) -> str:
    """A state as a sign and a word; colour only repeats it."""
    sign = f'<span class="sign" aria-hidden="true">{SIGNS[state]}</span>'
    return f'<span class="state">{sign} {words(state)}</span>'


def provisions(record: Mapping[str, Any]) -> str:
    """One section for each law pack, the first with the anchor of them all."""
    asked: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for section in record["sections"]:
        for field in section["fields"]:
            for name in field["provisions"]:
                asked[name].append(field)
    day = record.get("law_as_of", "")
    packs = [_pack(pack, asked, day) for pack in record["law"]]
    return f'<div id="law">{"".join(packs)}</div>\n'


def _pack(
    pack: Mapping[str, Any], asked: Mapping[str, Sequence[Mapping[str, Any]]], day: str
) -> str:
    rows = "".join(_provision(row, asked[row["id"]]) for row in pack["provisions"])
    columns = ("id", "about", "applies_from", "source")
    dates = table(columns, [[escaped(row[k]) for k in columns] for row in pack["dates"]])
    dates = dates if pack["dates"] else ""
    celex = f", CELEX {escaped(pack['celex'])}" if "celex" in pack else ""
    as_of = f", as of {escaped(day)}" if day else ""
    return (
        f'<section><h2>{escaped(pack["title"])}</h2><p class="note">Law pack '
        f"{escaped(pack['pack'])} {escaped(pack['version'])}{celex}, read on "
        f"{escaped(pack['read_on'])}{as_of}. {escaped(pack['reading'])}</p>\n"
        f'{dates}<ul class="law">{rows}</ul></section>\n'
    )


def _provision(row: Mapping[str, Any], fields: Sequence[Mapping[str, Any]]) -> str:
    note = f" <em>{escaped(row['note'])}</em>" if "note" in row else ""
    answers = "".join(
        f'<li class="s-{field["state"]}"><a href="#{escaped(field["id"])}">'
        f"{captured(field['label'])}</a> {state_word(field['state'])}</li>"
        for field in fields
    )
    return (
        f'<li id="law-{escaped(row["id"])}"><b>{escaped(row["ref"])}</b> {escaped(row["asks"])}'
        f"{note} <small>{escaped(', '.join(row['dates']))}</small><ul>{answers}</ul></li>"
    )
