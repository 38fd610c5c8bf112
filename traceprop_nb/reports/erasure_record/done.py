"""What was erased from the log and its keys, what retention removed, and whether it is gone."""

from __future__ import annotations

from collections.abc import Iterator

from traceprop_nb.reports.evidence import Evidence
from traceprop_nb.reports.finding import Field, Finding
from traceprop_nb.reports.log_facts import ErasureFact, LogFacts, RemovalFact
from traceprop_nb.reports.plain import listed, plain
from traceprop_nb.reports.section import Section

ERASED = Field("erase.done", "Names of the person erased from the log", ("gdpr.17",))
RETAINED = Field("erase.retained", "Events that retention removed from the store", ("gdpr.17",))
SCANNED = "the person's cells looked for in the store, its log and its keys, after the erasure"
STUBS = "each removed event looked at in the store: emptied, and its digest still in the chain"
IDS = ("ev:events",)


def _observe(evidence: Evidence) -> Iterator[Finding]:
    erasures = (evidence.events or LogFacts()).erasures
    if not erasures:
        how = "nobody was erased; ask with tp.erase_subject(column, key)"
        yield ERASED.unseen(None if evidence.events is None else (), how)
    for at, erasure in enumerate(erasures):
        yield _erased(at, erasure)
    yield _retained((evidence.events or LogFacts()).removals)


def _erased(at: int, one: ErasureFact) -> Finding:
    field = Field(f"{ERASED.id}.{at + 1}", f"{ERASED.label} ({plain(one.who)})", ERASED.provisions)
    value = {
        "when": plain(one.when),
        "keys_destroyed": one.keys,
        "scanned": plain(one.scanned),
        "found_in": plain(one.found),
        "not_reached": plain(one.unreached),
    }
    if one.found:
        return field.contradicted(value, IDS, SCANNED, f"still in {listed(one.found)}")
    if not one.scanned:
        how = "nothing was scanned: the session is not stored, or the key is too short to look for"
        return field.partial(value, IDS, "check_not_run", how)
    return field.established(value, IDS, SCANNED)


def _retained(removals: tuple[RemovalFact, ...] | None) -> Finding:
    if not removals:
        how = "nothing was removed from this store; a rule (retain) and gc remove what is over"
        return RETAINED.unseen(removals, how)
    value = [
        {
            "session": plain(one.session),
            "events": one.events,
            "when": plain(one.when),
            "rule": plain(one.rule),
            "left": one.left,
        }
        for one in removals
    ]
    if there := sorted({one.session for one in removals if one.left}):
        return RETAINED.contradicted(value, IDS, STUBS, f"still there: events of {listed(there)}")
    if broken := sorted({one.session for one in removals if one.whole is False}):
        return RETAINED.contradicted(value, IDS, STUBS, f"another log now: {listed(broken)}")
    if any(one.left is None for one in removals):
        return RETAINED.partial(value, IDS, "check_not_run", "a session is not in the store")
    return RETAINED.established(value, IDS, STUBS)


DONE = Section(
    "done",
    "What was erased",
    _observe,
    note="The key behind the person's name is destroyed: the log stays whole, and means nobody.",
)
