"""An evidence record as its viewer shows it: sections of fields, each in one of six states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

SCHEMA = "record/1"

STATES = (
    "established", "stated", "partial", "not_established", "not_applicable", "contradicted",
)  # fmt: skip

LONGEST_VALUE = 2_000
"""Characters of one value that the viewer shows; the download has all of it."""


class RecordField(TypedDict):
    """One statement of the record."""

    id: str
    label: str
    state: str
    value: str
    provisions: list[str]
    evidence: list[str]
    check: str
    missing: str
    stated_by: str
    note: str


class RecordSection(TypedDict):
    """Fields that belong together."""

    id: str
    title: str
    fields: list[RecordField]


class RecordPayload(TypedDict):
    """What crosses to the browser. Mirrored in js/src/payloads/record.ts."""

    schema: str
    kind: str
    generated_at: str
    digest: str
    counts: dict[str, int]
    sections: list[RecordSection]


def record(document: Mapping[str, Any], *, digest: str = "") -> RecordPayload:
    """The viewer's data from a record's own JSON document.

    Args:
        document: The record, as its ``to_dict()`` gives it.
        digest: The record's digest, if the document does not hold it.
    """
    sections = [_section(s) for s in document.get("sections", ())]
    counts = dict.fromkeys(STATES, 0)
    for section in sections:
        for item in section["fields"]:
            counts[item["state"]] += 1
    return {
        "schema": SCHEMA,
        "kind": str(document.get("kind", "record")),
        "generated_at": str(document.get("generated_at", "")),
        "digest": str(document.get("digest", digest)),
        "counts": counts,
        "sections": sections,
    }


def _section(section: Mapping[str, Any]) -> RecordSection:
    return {
        "id": str(section["id"]),
        "title": str(section["title"]),
        "fields": [_field(f) for f in section["fields"]],
    }


def _field(item: Mapping[str, Any]) -> RecordField:
    check, missing, stated = (item.get(k) or {} for k in ("check", "missing", "stated_by"))
    return {
        "id": str(item["id"]),
        "label": str(item.get("label", item["id"])),
        "state": str(item["state"]),
        "value": _text(item.get("value")),
        "provisions": [str(p) for p in item.get("provisions", ())],
        "evidence": [str(e) for e in item.get("evidence", ())],
        "check": _joined(check, ("result", "method", "detail")),
        "missing": _joined(missing, ("why", "how_to_establish", "owner")),
        "stated_by": _joined(stated, ("who", "when", "identity", "words")),
        "note": str(item.get("note", "")),
    }


def _joined(parts: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    return " · ".join(str(parts[k]).replace("_", " ") for k in keys if parts.get(k))


def _text(value: Any) -> str:
    if value is None:
        return ""
    text = "\n".join(_lines(value))
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _lines(value: Any) -> list[str]:
    """A JSON value in words: one line a name, what is inside it indented."""
    if isinstance(value, Mapping):
        return [line for name, inner in value.items() for line in _named(str(name), inner)]
    if isinstance(value, list):
        return [line for item in value for line in _item(item)]
    return [_scalar(value)]


def _named(name: str, value: Any) -> list[str]:
    if isinstance(value, list) and not any(isinstance(v, Mapping | list) for v in value):
        return [f"{name}: {', '.join(map(_scalar, value)) or 'none'}"]
    if isinstance(value, Mapping | list):
        return [f"{name}:", *("  " + line for line in _lines(value))]
    return [f"{name}: {_scalar(value)}"]


def _item(value: Any) -> list[str]:
    first, *rest = _lines(value) or ["none"]
    return [f"- {first}", *("  " + line for line in rest)]


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "not measured" if value is None else str(value)
