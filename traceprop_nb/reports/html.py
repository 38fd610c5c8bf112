"""A record as one self-contained HTML page.

No script, no network (a content policy in the page forbids both), both colour schemes, print
rules, headings and landmarks for the keyboard and screen readers. A state is always a word and
a sign; colour only repeats it. The canonical JSON is in the page as escaped text, so that the
page can be checked like the JSON file.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from traceprop_nb.reports.finding import STATE_MEANINGS, STATES
from traceprop_nb.reports.html_provisions import SIGNS as SIGNS, provisions, state_word
from traceprop_nb.reports.html_values import captured, escaped, shown, unmasked, words

EMBEDDED = r'<pre id="record-json"[^>]*>(.*?)</pre>'
"""Where the page holds the record's JSON, as a regular expression."""

OWNERS = {
    "data_scientist": "Whoever runs the notebook",
    "provider": "Provider",
    "deployer": "Deployer",
    "legal": "Legal",
    "tool": "The tool",
}
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def document(record: Mapping[str, Any], canonical_json: str) -> str:
    """The page.

    Args:
        record: A valid record.
        canonical_json: The same record's canonical JSON.
    """
    title = f"{record['kind'].capitalize()} record, {record['generated_at']}"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escaped(title)}</title>\n<style>\n{_style()}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#record">Skip to the record</a>\n'
        f"{_header(record)}\n{_contents(record)}\n"
        f'<main id="record">\n{"".join(_parts(record, canonical_json))}</main>\n</body>\n</html>\n'
    )


@cache
def _style() -> str:
    return (files("traceprop_nb.reports") / "record.css").read_text("utf-8")


def _parts(record: Mapping[str, Any], canonical_json: str) -> Iterator[str]:
    yield _contradictions(record)
    refs = {row["id"]: row["ref"] for pack in record["law"] for row in pack["provisions"]}
    for section in record["sections"]:
        yield _section(section, refs)
    yield _open(record)
    yield provisions(record)
    yield _evidence(record)
    yield _integrity(record, canonical_json)


def _header(record: Mapping[str, Any]) -> str:
    tool, scope = record["tool"], record["scope"]
    about = [
        ("Time", f"{escaped(record['generated_at'])} (clock of the host)"),
        ("Session", shown(scope["session"])),
        ("Notebook", shown(scope["notebook"])),
        ("Made by", f"{escaped(tool['name'])} {captured(tool['version'] or '')}"),
        ("Digest", f'<code class="whole">{escaped(record["digest"])}</code>'),
    ]
    rows = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in about)
    counters = "".join(
        f'<li class="s-{state}"><strong>{record["summary"][state]}</strong> {state_word(state)}'
        f"<small>{STATE_MEANINGS[state]}</small></li>"
        for state in STATES
    )
    return (
        f"<header>\n<h1>{words(record['kind']).capitalize()} record</h1>\n"
        f'<p class="statement">{escaped(record["statement"])}</p>\n'
        f'<dl class="about">{rows}</dl>\n'
        f'<ul class="counters" aria-label="Fields by state">{counters}</ul>\n</header>'
    )


def _contents(record: Mapping[str, Any]) -> str:
    entries = [(section["id"], section["title"]) for section in record["sections"]]
    entries += [
        ("open", "What is open"),
        ("law", "Provisions"),
        ("facts", "Evidence"),
        ("seal", "Digest"),
    ]
    links = "".join(
        f'<li><a href="#{escaped(at)}">{escaped(title)}</a></li>' for at, title in entries
    )
    return f'<nav aria-label="Sections"><ol>{links}</ol></nav>'


def _contradictions(record: Mapping[str, Any]) -> str:
    wrong = [f for s in record["sections"] for f in s["fields"] if f["state"] == "contradicted"]
    if not wrong:
        return ""
    items = "".join(
        f'<li><a href="#{escaped(f["id"])}">{captured(f["label"])}</a>: '
        f"{captured(f['check']['detail'])}</li>"
        for f in wrong
    )
    return (
        '<section class="alarm" aria-labelledby="contradictions-title">'
        f'<h2 id="contradictions-title">{state_word("contradicted")}: the evidence disagrees</h2>'
        f"<ul>{items}</ul></section>\n"
    )


def _section(section: Mapping[str, Any], refs: Mapping[str, str]) -> str:
    at = escaped(section["id"])
    note = f'<p class="note">{escaped(section["note"])}</p>' if "note" in section else ""
    fields = "".join(_field(field, refs) for field in section["fields"])
    return (
        f'<section id="{at}" aria-labelledby="{at}-title">'
        f'<h2 id="{at}-title">{escaped(section["title"])}</h2>{note}\n'
        f"{fields}</section>\n"
    )


def _field(field: Mapping[str, Any], refs: Mapping[str, str]) -> str:
    at, state = escaped(field["id"]), field["state"]
    return (
        f'<article class="field s-{state}" id="{at}">'
        f"<div><h3>{captured(field['label'])}</h3>{state_word(state)}</div>"
        f"<div>{''.join(_answer(field))}{_references(field, refs)}</div></article>\n"
    )


def _answer(field: Mapping[str, Any]) -> Iterator[str]:
    if "value" in field:
        yield f'<div class="value">{shown(field["value"])}</div>'
    if check := field.get("check"):
        detail = f": {captured(check['detail'])}" if "detail" in check else ""
        result = "passed" if check["result"] == "pass" else "failed"
        yield f"<p><b>Check {result}</b>{detail}. {captured(check['method'].capitalize())}.</p>"
    if by := field.get("stated_by"):
        yield _stated(by)
    if missing := field.get("missing"):
        how = captured(missing["how_to_establish"])
        yield f"<p><b>{words(missing['why']).capitalize()}</b>: {how}.</p>"
    if "note" in field:
        yield f'<p class="note">{captured(field["note"])}</p>'


def _stated(by: Mapping[str, Any]) -> str:
    said = f", in the words {captured(by['words'])}" if "words" in by else ""
    until = f", until {escaped(by['until'])}" if "until" in by else ""
    trust = "not authenticated"
    if "key" in by:
        trust = f"signed with the account's key {escaped(by['key'])}; whose it is was not checked"
    more = ""
    if one := by.get("attached"):
        more = f" Attached: {captured(one['name'])}, {shown(one['digest'])}, {escaped(one['now'])}."
    return (
        f"<p><b>Stated</b> by {captured(by['who'])} ({trust}), {escaped(by['when'])}{until}{said}."
        f"{more}</p>"
    )


def _references(field: Mapping[str, Any], refs: Mapping[str, str]) -> str:
    links = [(f"law-{name}", refs[name]) for name in field["provisions"]]
    ids = [*field.get("evidence", ()), field.get("stated_by", {}).get("evidence")]
    links += [(_anchor(name), name) for name in ids if name]
    shown_links = " ".join(f'<a href="#{escaped(at)}">{escaped(name)}</a>' for at, name in links)
    return f'<p class="refs">{shown_links}</p>' if links else ""


def _anchor(evidence_id: str) -> str:
    return evidence_id.replace(":", "-").replace("/", "-")


def _open(record: Mapping[str, Any]) -> str:
    waiting = [f for s in record["sections"] for f in s["fields"] if "missing" in f]
    groups = []
    for owner, name in OWNERS.items():
        mine = [f for f in waiting if f["missing"]["owner"] == owner]
        if mine:
            items = "".join(
                f'<li><a href="#{escaped(f["id"])}">{captured(f["label"])}</a> '
                f"{state_word(f['state'])}</li>"
                for f in mine
            )
            groups.append(f"<h3>{name} ({len(mine)})</h3><ul>{items}</ul>")
    body = "".join(groups) or "<p>Nothing.</p>"
    return (
        '<section id="open" aria-labelledby="open-title">'
        f'<h2 id="open-title">What is open, and who could settle it</h2>{body}</section>\n'
    )


def _evidence(record: Mapping[str, Any]) -> str:
    entries = "".join(
        f'<details id="{escaped(_anchor(entry["id"]))}"><summary>{escaped(entry["id"])}</summary>'
        f'{shown(entry["fact"])}<p><code class="whole">{escaped(entry["digest"])}</code></p>'
        "</details>\n"
        for entry in record["evidence"]
    )
    return (
        '<section id="facts" aria-labelledby="facts-title"><h2 id="facts-title">Evidence</h2>\n'
        f"{entries or '<p>None was captured.</p>'}</section>\n"
    )


def _integrity(record: Mapping[str, Any], canonical_json: str) -> str:
    unshown = "".join(f"<li>{escaped(line)}</li>" for line in record["integrity"]["not_shown"])
    return (
        '<section id="seal" aria-labelledby="seal-title"><h2 id="seal-title">Digest</h2>\n'
        f'<p><code class="whole">{escaped(record["digest"])}</code></p>'
        f"<p>{escaped(record['integrity']['digest_of'])} "
        f"({escaped(record['integrity']['canonicalization'])}).</p>"
        f"<p>What it does not show:</p><ul>{unshown}</ul>\n"
        "<details><summary>The record as JSON</summary>"
        '<pre id="record-json" tabindex="0" role="region" aria-label="The record as JSON">'
        f"{_embedded(canonical_json)}</pre></details></section>\n"
    )


def _embedded(canonical_json: str) -> str:
    """The JSON as text that parses to the same record: hidden characters as JSON escapes."""
    return html.escape(unmasked(canonical_json), quote=False)
