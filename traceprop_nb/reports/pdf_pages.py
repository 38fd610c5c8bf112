"""What stands on the pages of a record's PDF, in reading order, as plain data for the template."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from traceprop_nb.reports.finding import STATE_MEANINGS, STATES
from traceprop_nb.reports.html import OWNERS, SIGNS
from traceprop_nb.reports.pdf_values import (
    UNSHOWN,
    Block,
    block,
    captured,
    paragraph,
    run,
    shown_text,
    table,
)

WHOLE, LABEL, ANSWER = 481.0, 132.0, 335.0
"""Points of a whole line, of a field's label, and of its answer; the template has the same."""

ESCAPED = (
    "Some characters are not in the fonts of this page, or would hide; they are written as \\u "
    "and a number. The attached JSON has them as they are."
)


def pages(record: Mapping[str, Any]) -> dict[str, Any]:
    """The pages.

    Args:
        record: A valid record, of any kind.
    """
    kind = record["kind"].replace("_", " ").capitalize()
    return {
        "title": f"{kind} record",
        "when": record["generated_at"],
        "time": [int(part) for part in re.findall(r"[0-9]+", record["generated_at"])],
        "digest": record["digest"],
        "statement": paragraph(run(record["statement"], WHOLE)),
        "about": _about(record),
        "counters": [
            {
                "state": state, "sign": SIGNS[state], "word": state.replace("_", " "),
                "count": str(record["summary"][state]), "meaning": STATE_MEANINGS[state],
            }
            for state in STATES
        ],
        "contradictions": [_contradiction(f) for f in _fields(record, "contradicted")],
        "open": list(_open(record)),
        "sections": _sections(record),
        "packs": [_pack(pack, record) for pack in record["law"]],
        "facts": [_fact(entry) for entry in record["evidence"]],
        "integrity": block(record["integrity"], WHOLE),
    }  # fmt: skip


def _about(record: Mapping[str, Any]) -> Block:
    tool = record["tool"]
    rows: dict[str, Any] = {"time": f"{record['generated_at']} (clock of the host)"}
    rows |= {name: value for name, value in record["scope"].items() if value is not None}
    rows |= {"made by": f"{tool['name']} {tool['version'] or ''}".strip()}
    rows |= {"capture": tool["capture_coverage"]} if tool.get("capture_coverage") else {}
    found = block(rows, WHOLE)
    digest = run(record["digest"], WHOLE, style="code")
    found["rows"].append([paragraph(run("digest", LABEL, style="soft")), paragraph(digest)])
    if any(map(UNSHOWN.search, _texts(record))):
        found["rows"].append(
            [paragraph(run("note", LABEL, style="soft")), paragraph(run(ESCAPED, WHOLE))]
        )
    return found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _fields(record: Mapping[str, Any], state: str = "") -> list[Mapping[str, Any]]:
    every = [field for section in record["sections"] for field in section["fields"]]
    return [field for field in every if not state or field["state"] == state]


def _contradiction(field: Mapping[str, Any]) -> Block:
    label = run(field["label"], WHOLE, style="bold", to=_at(field))
    return paragraph(label, run(": ", WHOLE), *captured(field["check"]["detail"], WHOLE))


def _open(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    waiting = [field for field in _fields(record) if "missing" in field]
    owners = dict.fromkeys([*OWNERS, *(field["missing"]["owner"] for field in waiting)])
    for owner in owners:
        mine = [field for field in waiting if field["missing"]["owner"] == owner]
        if mine:
            items = [paragraph(*_pointer(field, WHOLE)) for field in mine]
            yield {"who": f"{OWNERS.get(owner, owner)} ({len(mine)})", "items": items}


def _pointer(field: Mapping[str, Any], width: float) -> list[Block]:
    """A field's state and label, leading to it."""
    state = field["state"]
    return [
        run(f"{SIGNS[state]} {state.replace('_', ' ')}", width, style=state),
        run("  ", width),
        run(field["label"], width, to=_at(field)),
    ]


def _at(field: Mapping[str, Any]) -> str:
    return f"field {field['id']}"


def _sections(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    refs = {row["id"]: row["ref"] for pack in record["law"] for row in pack["provisions"]}
    facts = {entry["id"] for entry in record["evidence"]}
    return [
        {
            "title": shown_text(section["title"]),
            "note": section.get("note") and paragraph(run(section["note"], WHOLE, style="soft")),
            "fields": [_field(field, refs, facts) for field in section["fields"]],
        }
        for section in record["sections"]
    ]


def _field(field: Mapping[str, Any], refs: Mapping[str, str], facts: set[str]) -> dict[str, Any]:
    state = field["state"]
    return {
        "at": _at(field),
        "label": run(field["label"], LABEL),
        "id": run(field["id"], LABEL, style="small"),
        "state": run(f"{SIGNS[state]} {state.replace('_', ' ')}", LABEL, style=state),
        "answer": [*_answer(field), *_references(field, refs, facts)],
    }


def _answer(field: Mapping[str, Any]) -> Iterator[Block]:
    if "value" in field:
        yield block(field["value"], ANSWER)
    if check := field.get("check"):
        result = "passed" if check["result"] == "pass" else "failed"
        said = [run(": ", ANSWER)] if "detail" in check else []
        method = check["method"][:1].upper() + check["method"][1:]
        said += [*captured(check.get("detail", ""), ANSWER), run(". ", ANSWER)]
        said += [*captured(method, ANSWER), run(".", ANSWER)]
        yield paragraph(run(f"Check {result}", ANSWER, style="bold"), *said)
    if by := field.get("stated_by"):
        said = [run(", in the words ", ANSWER)] if "words" in by else []
        said += captured(by.get("words", ""), ANSWER)
        who = [run(" by ", ANSWER), *captured(by["who"], ANSWER)]
        until = f", until {by['until']}" if "until" in by else ""
        trust = f" ({by['identity'].replace('_', ' ')}), {by['when']}{until}"
        yield paragraph(run("Stated", ANSWER, style="bold"), *who, run(trust, ANSWER), *said)
    if missing := field.get("missing"):
        why = missing["why"].replace("_", " ").capitalize()
        how = captured(missing["how_to_establish"], ANSWER)
        yield paragraph(run(why, ANSWER, style="bold"), run(": ", ANSWER), *how, run(".", ANSWER))
    if "note" in field:
        yield paragraph(*captured(field["note"], ANSWER, style="soft"))


def _references(
    field: Mapping[str, Any], refs: Mapping[str, str], facts: set[str]
) -> Iterator[Block]:
    links = [(refs.get(name, name), f"law {name}" * (name in refs)) for name in field["provisions"]]
    links += [(name, name * (name in facts)) for name in field.get("evidence", ())]
    runs = []
    for name, to in links:
        runs += [run(name, ANSWER, style="small", to=to), run("   ", ANSWER)]
    if runs:
        yield paragraph(*runs[:-1])


def _pack(pack: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, Any]:
    read = (
        f"Law pack {pack['pack']} {pack['version']}, CELEX {pack['celex']}, read on "
        f"{pack['read_on']}. {pack['reading']}"
    ) if "celex" in pack else ". ".join(
        f"{name.replace('_', ' ')} {value}" for name, value in pack.items()
        if isinstance(value, str) and name != "title"
    )  # fmt: skip
    names = ["id", "about", "applies_from", "source"]
    dates = [[row.get(name) for name in names] for row in pack.get("dates", ())]
    return {
        "title": shown_text(pack["title"]),
        "note": paragraph(run(read, WHOLE, style="soft")),
        "dates": table(names, dates, WHOLE) if dates else None,
        "provisions": [_provision(row, record) for row in pack["provisions"]],
    }


def _provision(row: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, Any]:
    asked = [field for field in _fields(record) if row["id"] in field["provisions"]]
    more = [run(f" {row['note']}", WHOLE, style="soft")] if "note" in row else []
    dates = [run(f" [{', '.join(row['dates'])}]", WHOLE, style="small")] if row.get("dates") else []
    return {
        "at": f"law {row['id']}",
        "said": paragraph(
            run(row["ref"], WHOLE, style="bold"), run(f" {row['asks']}", WHOLE), *more, *dates
        ),
        "fields": [paragraph(*_pointer(field, WHOLE)) for field in asked],
    }


def _fact(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "at": entry["id"],
        "name": shown_text(entry["id"]),
        "fact": block(entry["fact"], WHOLE),
        "digest": paragraph(run(entry["digest"], WHOLE, style="small")),
    }
