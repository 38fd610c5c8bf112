"""Evidence and statements in, a record out. Reads nothing but its arguments and the law packs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from traceprop_nb.errors import unknown_name
from traceprop_nb.reports.evidence import Coverage, Evidence, LogFact
from traceprop_nb.reports.facts import facts, numbered
from traceprop_nb.reports.finding import STATES, Finding
from traceprop_nb.reports.kinds import KINDS, Kind
from traceprop_nb.reports.law import also, applicable, day_of
from traceprop_nb.reports.plain import fact, plain
from traceprop_nb.reports.record import DIGEST_OF, Record
from traceprop_nb.reports.schema import SCHEMA_ID
from traceprop_nb.reports.section import Section
from traceprop_nb.reports.stated import Said, statements

NOT_SHOWN = (
    "that the host's clock was right",
    "that everything was captured: see what was not recorded",
    "that statements by people are true, or who made them",
    "that the whole record was not made anew: keep its digest somewhere else",
)


def now() -> datetime:
    """The host's clock, in UTC."""
    return datetime.now(UTC)


def build(
    evidence: Evidence,
    *,
    kind: str = "session",
    clock: Callable[[], datetime] = now,
    stated: Mapping[str, object] | None = None,
    as_of: str | None = None,
) -> Record:
    """A record of the evidence; the same arguments and time give the same bytes.

    Args:
        evidence: What the session captured; see `looked_again` to hash its files anew before.
        kind: One of `KINDS`.
        clock: Gives the time of the record, with a zone.
        stated: Values that a person states, by field name; ``by`` names the person.
        as_of: A day; the law packs are printed as they read on it.

    Raises:
        UnknownNameError: for a kind or a stated field that does not exist.
        OptionError: for a stated value that is empty or not plain, or a day that is none.
        RecordError: should the record break its own schema.
    """
    if kind not in KINDS:
        raise unknown_name("kind of record", kind, KINDS)
    asked = KINDS[kind]
    day = None if as_of is None else day_of(as_of)
    when = clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    said = statements(asked.humans, stated or {}, when, evidence.statements or ())
    sections = [_section(section, evidence, said) for section in asked.sections]
    fields = [field for section in sections for field in section["fields"]]
    content = {
        **_header(evidence, kind, asked, when),
        **({} if day is None else {"law_as_of": day}),
        "law": applicable((name for field in fields for name in field["provisions"]), day),
        "sections": sections,
        "summary": _summary(fields),
        "evidence": [one.to_dict() for one in facts(evidence)],
    }
    return Record.of(content, _locations(evidence))


def _header(evidence: Evidence, kind: str, asked: Kind, when: str) -> dict[str, Any]:
    tool = {
        "name": "traceprop_nb",
        "version": tool_version(),
        "capture_coverage": _coverage(evidence),
    }
    return {
        "schema": SCHEMA_ID,
        "kind": kind,
        "generated_at": when,
        "clock": "host_unattested",
        "statement": asked.statement,
        "tool": tool,
        "scope": _scope(evidence),
        "integrity": {
            "canonicalization": "RFC8785",
            "digest_of": DIGEST_OF,
            "not_shown": [*NOT_SHOWN, *_not_shown(evidence.log)],
            "log": None if evidence.log is None else fact(evidence.log),
        },
    }


def _section(section: Section, evidence: Evidence, said: Mapping[str, Said]) -> dict[str, Any]:
    header = {"id": section.id, "title": section.title} | (
        {"note": section.note} if section.note else {}
    )
    return {**header, "fields": [_field(found) for found in section.findings(evidence, said)]}


def _field(found: Finding) -> dict[str, Any]:
    """A finding, with the provisions of packs that name its field themselves."""
    own = found.field.provisions
    return {**found.to_dict(), "provisions": list(dict.fromkeys([*own, *also(found.field.id)]))}


def _summary(fields: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    counted = Counter(field["state"] for field in fields)
    return {state: counted[state] for state in STATES}


def _coverage(evidence: Evidence) -> dict[str, object]:
    coverage = evidence.coverage or Coverage()
    return {
        "operations": coverage.recorded,
        "recorder_errors": coverage.internal_errors,
        "cells_not_recorded": plain(coverage.unrecorded_cells),
        "known_gaps": plain(coverage.known_gaps),
        "events_unwritten": coverage.events_unwritten,
        "events_waiting": coverage.events_waiting,
        "opaque_calls": coverage.opaque_calls,
        "subprocesses": coverage.subprocesses,
        "threads": coverage.threads,
        "seconds_not_recorded": plain(coverage.seconds_not_recorded),
    }


def _not_shown(log: LogFact | None) -> list[str]:
    """What an attack on the log could have done without a trace."""
    if log is None:
        return ["what happened when: no log was kept"]
    out = []
    if not log.anchors:
        out.append(
            "that the log was not written anew, or cut at its end, by its owner: no head of it is "
            "known to be kept outside the store"
        )
    if log.checkpoint is None or log.checkpoint.key is None:
        why = log.checkpoint.unsigned if log.checkpoint else "it has no checkpoint"
        out.append(f"who wrote the log: it is not signed ({plain(why)})")
    return out


def _scope(evidence: Evidence) -> dict[str, object]:
    session = evidence.session
    return {
        "session": plain(session.id) if session else None,
        "notebook": plain(session.notebook) if session else None,
    }


def _locations(evidence: Evidence) -> dict[str, str]:
    return {
        numbered("sources", index): source.location
        for index, source in enumerate(evidence.sources or ())
        if source.location
    }


def tool_version() -> str | None:
    """Version of this package; None where it is not installed."""
    try:
        return version("traceprop_nb")
    except PackageNotFoundError:  # run from a source tree that is not installed
        return None
