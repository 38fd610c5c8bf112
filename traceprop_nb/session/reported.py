"""A record of the session, with its log signed up to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from traceprop_nb.reports import build
from traceprop_nb.session.access import accessed
from traceprop_nb.session.checkpoints import checkpoint
from traceprop_nb.session.evidence import evidence
from traceprop_nb.session.log_fact import companions

if TYPE_CHECKING:
    from traceprop_nb.reports import Record
    from traceprop_nb.session.core import Session


def report(session: Session, kind: str, stated: Mapping[str, object]) -> Record:
    """Sign the log, and say what is on record. See ``traceprop_nb.report``."""
    accessed(session, "reported", kind)
    if checkpoint(session.events, session.storage, "report") and session.storage is not None:
        session.storage.flush()
    known = evidence(session)
    record = build(known, kind=kind, stated=stated)
    log = session.events
    return replace(record, companions=partial(companions, log.id, list(log), known.log))
