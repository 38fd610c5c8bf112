"""Captured text and values as HTML: everything escaped, nothing left invisible.

Control characters and direction marks, with which a name could pretend to be another, are
written out as escapes; every captured text is isolated by ``<bdi>``.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from traceprop_nb.reports.canonical import number

LONGEST = 300
"""Characters of one text that are shown; the whole text is in the JSON on the same page."""

FIRST = tuple(
    "name source run operation call record kind rows status value exact assumed inexact unknown "
    "framework model training_rows".split()
)
LAST = ("digest", "rows_digest", "parameters_digest", "now", "cell", "line", "note")
"""Members that lead and end a table or list; canonical JSON keeps no other order."""

SHORT = 24
"""Characters of a table cell that are never broken over lines."""

SHA256 = re.compile(r"sha256:[0-9a-f]{64}")


def escaped(text: str) -> str:
    """The text for an element or a quoted attribute."""
    return html.escape(unmasked(text), quote=True)


def unmasked(text: str) -> str:
    """The text with control and format characters written out as JSON escapes."""
    return text if text.isprintable() else "".join(map(_unmasked, text))


def _unmasked(char: str) -> str:
    hidden = unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    if not hidden:
        return char
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def captured(text: str) -> str:
    """A text that came from a session or a person, isolated and not too long."""
    more = f" &hellip; ({len(text)} characters)" if len(text) > LONGEST else ""
    return f"<bdi>{escaped(text[:LONGEST])}</bdi>{more}"


def shown(value: Any) -> str:
    """A JSON value: a table where it is a list of objects, a list of terms where one object."""
    if isinstance(value, dict):
        return _terms(value)
    if isinstance(value, list):
        return _sequence(value)
    return _single(value)


def _single(value: Any) -> str:
    if value is None:
        return '<span class="none">not recorded</span>'
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return _decimal(value)
    return _text(value) if isinstance(value, str) else str(value)  # an int


def words(name: str) -> str:
    """A member's name for readers."""
    return escaped(name.replace("_", " "))


def _text(value: str) -> str:
    if not value:
        return "none"
    if SHA256.fullmatch(value):
        return f'<code title="{value}">{value[:15]}&hellip;{value[-4:]}</code>'
    return captured(value)


def _decimal(value: float) -> str:
    short = f"{value:.6g}"
    exact = number(value)
    return short if short == exact else f'<span title="{exact}">{short}</span>'


def _terms(value: Mapping[str, Any]) -> str:
    if set(value) == {"name", "value"}:
        given = value["value"]  # what a call was given: None is a value here
        return f"{shown(value['name'])} = {'none' if given is None else shown(given)}"
    rows = (f"<div><dt>{words(k)}</dt><dd>{shown(v)}</dd></div>" for k, v in arranged(value))
    return f'<dl class="terms">{"".join(rows)}</dl>'


def _sequence(value: Sequence[Any]) -> str:
    if not value:
        return "none"
    if all(isinstance(item, dict) and item.keys() == value[0].keys() for item in value):
        if set(value[0]) == {"name", "value"} and all(_flat(item["value"]) for item in value):
            return f'<ul class="pairs">{"".join(f"<li>{_terms(item)}</li>" for item in value)}</ul>'
        names = [name for name, _ in arranged(value[0])]
        return table(names, [[shown(item[name]) for name in names] for item in value])
    if all(map(_flat, value)):
        return ", ".join(map(shown, value))
    return f"<ul>{''.join(f'<li>{shown(item)}</li>' for item in value)}</ul>"


def arranged(members: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Members in the order in which readers look for them."""

    def place(name: str) -> tuple[int, int]:
        if name in FIRST:
            return 0, FIRST.index(name)
        return (2, LAST.index(name)) if name in LAST else (1, 0)

    return sorted(members.items(), key=lambda member: place(member[0]))


def _flat(value: object) -> bool:
    return not isinstance(value, dict | list)


def table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of cells that are HTML already, in a box that scrolls by itself."""
    head = "".join(f'<th scope="col">{words(name)}</th>' for name in names)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return (
        '<div class="scroll" tabindex="0" role="group" aria-label="table">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(content: str) -> str:
    seen = html.unescape(re.sub("<[^>]*>", "", content))
    return f'<td class="short">{content}</td>' if len(seen) <= SHORT else f"<td>{content}</td>"
