"""The record viewer as plain HTML: the states at a glance, then the fields by section."""

from __future__ import annotations

from traceprop_nb.payloads.record import STATES, RecordField, RecordPayload
from traceprop_nb.payloads.twins.markup import FONT, MUTED, Markup, details, element

SIGNS = {
    "established": "✓",
    "stated": "“",
    "partial": "◐",
    "not_established": "–",
    "not_applicable": "∅",
    "contradicted": "✗",
}
SECTIONS_LIMIT = 120_000
"""Characters of markup after which further fields are counted instead of shown."""


def record_html(payload: RecordPayload) -> str:
    """A summary of the record; its own HTML document has all of it."""
    states = ", ".join(
        f"{SIGNS[s]} {payload['counts'][s]} {s.replace('_', ' ')}"
        for s in STATES
        if payload["counts"][s]
    )
    origin = " · ".join(p for p in (payload["generated_at"], payload["digest"]) if p)
    return element(
        "div",
        element("p", element("b", _kind(payload)), style="margin:4px 0"),
        element("p", states or "No field.", style="margin:4px 0"),
        element("p", origin, style=f"margin:4px 0;{MUTED};overflow-wrap:anywhere"),
        *_sections(payload),
        style=f"font-family:{FONT};font-size:13px",
    )


def _kind(payload: RecordPayload) -> str:
    return "Evidence record: " + payload["kind"].replace("_", " ")


def _sections(payload: RecordPayload) -> list[Markup]:
    shown: list[Markup] = []
    size = 0
    for k, section in enumerate(payload["sections"]):
        signs = "".join(SIGNS[f["state"]] for f in section["fields"])
        part = details(f"{section['title']}  {signs}", *map(_field, section["fields"]))
        size += len(part)
        if size > SECTIONS_LIMIT:
            left = len(payload["sections"]) - k
            shown.append(element("p", f"{left} more sections in the saved record"))
            break
        shown.append(part)
    return shown


def _field(item: RecordField) -> Markup:
    state = item["state"].replace("_", " ")
    notes = [n for n in (item["check"], item["missing"], item["stated_by"], item["note"]) if n]
    value = element("pre", item["value"], style="margin:2px 0;white-space:pre-wrap")
    return element(
        "div",
        element("div", element("b", f"{SIGNS[item['state']]} {item['label']}"), f"  {state}"),
        value if item["value"] else Markup(""),
        *(element("div", note, style=MUTED) for note in notes),
        style="margin:4px 0 4px 16px",
    )
