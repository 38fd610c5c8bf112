"""Captured text and values as blocks of plain data that a page can be set from.

A block is a dict with a member ``k``: a paragraph of runs, terms, a table or a list. Texts stay
texts: the page reads them as JSON and interprets nothing in them. What the fonts that typst brings
cannot show is written as JSON escapes, and what is too long for its column may break anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from traceprop_nb.reports.canonical import number
from traceprop_nb.reports.html_values import LONGEST, SHA256, arranged

Block = dict[str, Any]

SIZE, CODE, SMALL = 9.0, 7.2, 6.4
"""Points of a text, of code, and of references; the template has the same."""

GAP = 8.0
"""Points between the columns of a table."""

NARROWEST = 40.0
"""Points of a column below which a table is written as terms."""

NAMES = 88.0
"""Points of the names in a list of terms."""

UNSHOWN = re.compile(
    "[^\\x20-\\x7e\\xa1-\\xac\\xae-\\u024f\\u0384-\\u038a\\u038c\\u038e-\\u03a1\\u03a3-\\u0482"
    "\\u048a-\\u04ff\\u2010-\\u2027\\u2030-\\u2040\\u2044-\\u2052\\u20a0-\\u20bf\\u2190-\\u22ff"
    "\\u2500-\\u25ff\\u2713\\u2717]"
)
"""Everything but letters and signs that are in typst's own fonts and run from left to right."""


def shown_text(text: str) -> str:
    """The text with what cannot be shown, or would hide, as JSON escapes."""
    return UNSHOWN.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def run(text: str, width: float, *, style: str = "", to: str = "") -> Block:
    """A piece of a paragraph: a text, and how and whereto.

    Args:
        text: As it is to be seen.
        width: Points of the column; longer words are handed over as lists of their letters.
        style: ``""``, ``"code"``, ``"small"``, ``"bold"``, ``"soft"`` or a state.
        to: Anchor that it leads to; empty for none.
    """
    pieces: list[str | list[str]] = []
    for piece in re.split(r"(?<= )(?=[^ ])", shown_text(text)):
        fits = breadth(piece, style) <= width
        if fits and pieces and isinstance(pieces[-1], str):
            pieces[-1] += piece
        else:
            pieces.append(piece if fits else list(piece))
    return {"s": pieces, "style": style, "to": to}


def breadth(text: str, style: str = "") -> float:
    """Points of a text on one line, rather too many than too few."""
    if style in ("code", "small"):
        return (CODE if style == "code" else SMALL) * 0.603 * len(text)
    return SIZE * sum(0.96 if c in "mMwW@%…—" else 0.76 if c.isupper() else 0.602 for c in text)


def captured(text: str, width: float, style: str = "") -> list[Block]:
    """A text that came from a session or a person, not too long."""
    runs = [run(text[:LONGEST], width, style=style)]
    if len(text) > LONGEST:
        runs.append(run(f" … ({len(text)} characters)", width, style="soft"))
    return runs


def paragraph(*runs: Block) -> Block:
    """A paragraph of runs."""
    return {"k": "p", "runs": list(runs)}


def block(value: Any, width: float) -> Block:
    """A JSON value: a table where it is a list of objects, terms where one object.

    Args:
        value: As a record holds it.
        width: Points that it may take.
    """
    if isinstance(value, dict):
        return _terms(value, width)
    if isinstance(value, list):
        return _sequence(value, width)
    return paragraph(*_single(value, width))


def _single(value: Any, width: float) -> list[Block]:
    if value is None:
        return [run("not recorded", width, style="soft")]
    if isinstance(value, bool):
        return [run("yes" if value else "no", width)]
    if isinstance(value, float):
        short = f"{value:.6g}"
        return [run(short if float(short) != value else number(value), width)]
    if not isinstance(value, str):
        return [run(str(value), width)]
    if SHA256.fullmatch(value):
        return [run(f"{value[:15]}…{value[-4:]}", width, style="code")]
    return captured(value, width) if value else [run("none", width)]


def _terms(value: Mapping[str, Any], width: float) -> Block:
    if set(value) == {"name", "value"} and _flat(value["value"]):
        return paragraph(*_pair(value, width))
    names = min(NAMES, width / 3)
    rows = [
        [paragraph(run(k.replace("_", " "), names, style="soft")), block(v, width - names - GAP)]
        for k, v in arranged(value)
    ]
    return {"k": "terms", "widths": [names, width - names - GAP], "rows": rows}


def _pair(value: Mapping[str, Any], width: float) -> list[Block]:
    given = value["value"]  # what a call was given: None is a value here
    said = [run("none", width)] if given is None else _single(given, width)
    return [*_single(value["name"], width), run(" = ", width), *said]


def _sequence(value: Sequence[Any], width: float) -> Block:
    if not value:
        return paragraph(run("none", width))
    if all(map(_flat, value)):
        return paragraph(*_joined([_single(item, width) for item in value], ", "))
    if not all(isinstance(item, dict) and item.keys() == value[0].keys() for item in value):
        return {"k": "list", "items": [block(item, width - 2 * GAP) for item in value]}
    if set(value[0]) == {"name", "value"} and all(_flat(item["value"]) for item in value):
        return paragraph(*_joined([_pair(item, width) for item in value], "; "))
    names = [name for name, _ in arranged(value[0])]
    return table(names, [[item[name] for name in names] for item in value], width)


def _joined(groups: Sequence[list[Block]], between: str) -> list[Block]:
    runs = list(groups[0])
    for group in groups[1:]:
        runs += [run(between, SIZE * len(between)), *group]
    return runs


def _flat(value: object) -> bool:
    return not isinstance(value, dict | list)


def table(names: Sequence[str], rows: Sequence[Sequence[Any]], width: float) -> Block:
    """A table of values; as terms, one row after the other, where it has too many columns."""
    if width / len(names) < NARROWEST:
        items = [_terms(dict(zip(names, row, strict=True)), width - 2 * GAP) for row in rows]
        return {"k": "list", "items": items}
    heads = [name.replace("_", " ") for name in names]
    wanted = [
        max([breadth(head), *(_extent(block(row[at], width)) for row in rows)])
        for at, head in enumerate(heads)
    ]
    widths = shared(wanted, width - GAP * len(names))
    return {
        "k": "table",
        "widths": widths,
        "head": [paragraph(run(head, w)) for head, w in zip(heads, widths, strict=True)],
        "rows": [[block(v, w) for v, w in zip(row, widths, strict=True)] for row in rows],
    }


def shared(wanted: Sequence[float], width: float) -> list[float]:
    """Points for each column: what it wants, or an equal part and its share of what is left."""
    if sum(wanted) <= width:
        return list(wanted)
    equal = width / len(wanted)
    first = [min(want, equal) for want in wanted]
    lacking = [want - got for want, got in zip(wanted, first, strict=True)]
    left = width - sum(first)
    return [got + left * lack / sum(lacking) for got, lack in zip(first, lacking, strict=True)]


def _extent(found: Block) -> float:
    """Points that a block would take on as few lines as it has."""
    if found["k"] == "p":
        return sum(breadth("".join(map("".join, one["s"])), one["style"]) for one in found["runs"])
    if found["k"] == "list":
        return max(map(_extent, found["items"])) + 2 * GAP
    return float(sum(found["widths"])) + GAP * len(found["widths"])
