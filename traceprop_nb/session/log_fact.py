"""What a record says of the session's log, and the log itself for those who take it along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from traceprop_nb.errors import StoreError
from traceprop_nb.reports.canonical import canonical
from traceprop_nb.reports.evidence import CheckpointFact, HeadFact, LogFact
from traceprop_nb.reports.trust.chain import log_file
from traceprop_nb.reports.trust.log_check import LogCheck, check_log

if TYPE_CHECKING:
    from traceprop_nb.reports.trust.checkpoint import Head
    from traceprop_nb.session.core import Session
    from traceprop_nb.session.storage import Storage
    from traceprop_nb.stores import Entry


def log_fact(session: Session) -> LogFact | None:
    """The log, computed again; None before anything was asked or trained."""
    from traceprop_nb.session.storage import entry

    rows = [entry(event) for event in session.events]
    return fact_of(session.events.id, rows, session.storage) if rows else None


def fact_of(
    name: str, rows: Sequence[Entry], storage: Storage | None, stub: Head = (0, "")
) -> LogFact:
    """What a record says of a log.

    Args:
        name: Of its session.
        rows: Its events, of which there are some.
        storage: Where anchors of it are looked for.
        stub: How many of its first events retention took away, and the head of these.
    """
    checked = check_log(name, rows, stub)
    last = checked.sealed[-1] if checked.sealed else None
    heads = dict(last.told) if last else {}
    heads[name] = (len(rows), rows[-1].digest)
    return LogFact(
        events=len(rows),
        head=rows[-1].digest,
        verified=checked.wrong is None,
        anchors=_anchors(storage),
        session=name,
        checkpoint=_checkpoint(checked),
        heads=tuple(HeadFact(one, *head) for one, head in sorted(heads.items())),
    )


def _checkpoint(checked: LogCheck) -> CheckpointFact | None:
    if not checked.sealed:
        return None
    last = checked.sealed[-1]
    body = last.body
    return CheckpointFact(
        last.number, body["head"], body["tree"], body["sessions"], body["root"], body["key"],
        body["public_key"], body["signature"], body["unsigned"],
    )  # fmt: skip


def _anchors(storage: Storage | None) -> tuple[str, ...]:
    if storage is None:
        return ()
    from traceprop_nb.session.anchors import found_anchors

    try:
        return tuple(str(one) for one in found_anchors(storage.store) if not one.wrong)
    except StoreError:
        return ()  # a store that cannot be asked has no anchor that anybody could compare


def companions(session: str, entries: Sequence[Entry], fact: LogFact | None) -> Mapping[str, bytes]:
    """The files of a bundle that hold the log that a record speaks of, and its heads."""
    if fact is None:
        return {}
    heads = {
        "schema": "urn:traceprop-nb:heads:1",
        "store": None,
        "time": entries[fact.events - 1].time,
        "heads": [[one.session, one.events, one.head] for one in fact.heads],
    }
    return {
        "log.jsonl": log_file(session, entries[: fact.events]),
        "heads.jsonl": canonical(heads) + b"\n",
    }
