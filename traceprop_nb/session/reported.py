"""A record of the session, with what was stated and its log signed up to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from traceprop_nb.errors import unknown_name
from traceprop_nb.reports import KINDS, build
from traceprop_nb.reports.decision_record.about import about
from traceprop_nb.session.access import access, accessed
from traceprop_nb.session.asked_value import value_fact
from traceprop_nb.session.checkpoints import checkpoint
from traceprop_nb.session.decided import decision_fact
from traceprop_nb.session.decisions.recorded import apart, number_of
from traceprop_nb.session.evidence import captured, evidence
from traceprop_nb.session.log_fact import companions
from traceprop_nb.session.statements import keep

if TYPE_CHECKING:
    from traceprop_nb.reports import Record
    from traceprop_nb.reports.evidence import Evidence
    from traceprop_nb.session.core import Session
    from traceprop_nb.session.events import Event
    from traceprop_nb.session.storage import Storage
    from traceprop_nb.stores import Entry


def report(session: Session, kind: str, asked: Mapping[str, Any]) -> Record:
    """Log what is stated, sign the log, and say what is on record. See ``traceprop_nb.report``.

    Args:
        session: The current one.
        kind: Of the record.
        asked: ``of`` (of a decision its answer or number) and ``as_of``; all else is stated.
    """
    if kind not in KINDS:
        raise unknown_name("kind of record", kind, KINDS)
    stated = {name: value for name, value in asked.items() if name not in ("of", "as_of")}
    of, humans, number = asked.get("of"), KINDS[kind].humans, None
    if kind == "decision":
        of, number = None, number_of(session, of)
    value = None if of is None else value_fact(session, of)
    stated, single = apart(session, humans, stated, number)
    keep(session, humans, stated)
    accessed(session, "reported", kind)
    seen = _seen(session)
    if checkpoint(session.events, session.storage, "report") and session.storage is not None:
        session.storage.flush()
    known = replace(evidence(session, seen), value=session.guard.shown(value))
    if kind == "decision":
        known = about(known, decision_fact(session, number))
    record = build(known, kind=kind, stated=single, as_of=asked.get("as_of"))
    name, events = session.events.id, list(session.events)
    return replace(record, companions=lambda: companions(name, _rows(events), known.log))


def _seen(session: Session) -> Evidence | None:
    """What a record draws on, kept in the store before the log is signed; None without a cell."""
    storage = session.storage
    if storage is not None:
        storage.flush()
    if not session.cells:
        return None
    seen = captured(session)
    if storage is not None:
        storage.tell(seen)
    return seen


def _rows(events: list[Event]) -> list[Entry]:
    from traceprop_nb.session.storage import entry

    return [entry(event) for event in events]


def report_stored(
    storage: Storage, session: str | None, kind: str, as_of: str | None = None
) -> Record:
    """A record of a session that has ended, from what the store still says of it.

    Args:
        storage: Of the session that asks; the access is logged there.
        session: The stored session's id; the newest with a lineage by default.
        kind: Of the record.
        as_of: The law packs are printed as they read on that day.

    Raises:
        UnknownNameError: There is no such session or kind of record.
        StoreError: The store cannot be read.
        OptionError: ``as_of`` is no day.
    """
    from traceprop_nb.session.stored_evidence import stored_evidence

    found = stored_evidence(storage, session)
    nothing = replace(found, decisions=None)  # what was decided about somebody is not stored
    known = about(nothing, None) if kind == "decision" else found
    record = build(known, kind=kind, as_of=as_of)
    name = record.to_dict()["scope"]["session"]
    access(storage, "reported", {"kind": kind, "of": name})
    log, own = found.log, (found.log.session if found.log else None) or ""
    return replace(record, companions=lambda: companions(own, storage.store.events(own), log))
