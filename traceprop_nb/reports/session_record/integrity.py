"""Integrity: the event log behind the record, and who could open it."""

from __future__ import annotations

from collections.abc import Iterator

from traceprop_nb.reports.evidence import Evidence, LogFact
from traceprop_nb.reports.finding import Field, Finding, Human
from traceprop_nb.reports.plain import plain
from traceprop_nb.reports.section import Section

UNALTERED = Field("log.integrity", "The event log is unaltered", ("ai-act.12",), "tool")
ANCHORED = Field("log.anchor", "The log's head was kept somewhere else", (), "data_scientist")
SIGNED = Field(
    "log.signature", "The log is signed", (), "data_scientist",
    note="A key in the user's account shows that the same account signed, and no more.",
)  # fmt: skip
ACCESSES = Field(
    "access.log", "Who opened, asked and exported through this tool", ("gdpr.32",), "deployer"
)
CHAIN = "hash chain of the log computed again from its events"


def _observe(evidence: Evidence) -> Iterator[Finding]:
    yield _accesses(evidence)
    log = evidence.log
    if log is None:
        yield UNALTERED.open("capture_off", "no event log was kept for this session")
        yield SIGNED.open("capture_off", "there is no log to sign")
        yield ANCHORED.open("capture_off", "a rewrite by the log's owner could not be seen")
        return
    yield _unaltered(log)
    yield _signed(log)
    yield _anchored(log)


def _accesses(evidence: Evidence) -> Finding:
    known = evidence.events and evidence.events.accesses
    if known is None:
        return ACCESSES.open("capture_off", "no access log was kept: open a store with tp.open()")
    if not known:
        return ACCESSES.open("not_observed", "nobody opened, asked or exported it yet")
    how = "names are those of the accounts and of the configuration; compare them with people"
    return ACCESSES.partial(plain(known), ("ev:events",), "check_not_run", how)


def _unaltered(log: LogFact) -> Finding:
    value = {"events": log.events, "head": plain(log.head)}
    if log.verified is None:
        return UNALTERED.partial(value, ("ev:log",), "check_not_run", "verify the log")
    if log.verified:
        return UNALTERED.established(value, ("ev:log",), CHAIN)
    return UNALTERED.contradicted(value, ("ev:log",), CHAIN, "the chain does not lead to its head")


def _signed(log: LogFact) -> Finding:
    last = log.checkpoint
    if last is None or last.key is None:
        why = "it has no checkpoint" if last is None else f"it could not be signed: {last.unsigned}"
        return SIGNED.open("not_observed", f"{plain(why)}; save a bundle with a key to sign with")
    value = {"key": last.key, "events": last.event, "sessions": last.sessions}
    how = "signature of the last checkpoint computed again with the public key in this record"
    if log.verified is None:
        return SIGNED.partial(value, ("ev:log",), "check_not_run", "verify the log")
    if log.verified:
        return SIGNED.established(value, ("ev:log",), how)
    return SIGNED.contradicted(value, ("ev:log",), how, "the log is not what was signed")


def _anchored(log: LogFact) -> Finding:
    if not log.anchors:
        how = "a rewrite by the log's owner could not be seen; keep a head: tp.open().anchor(...)"
        return ANCHORED.open("not_observed", how)
    how = "compare the head with each anchor"
    return ANCHORED.partial(plain(log.anchors), ("ev:log",), "check_not_run", how)


INTEGRITY = Section(
    "integrity",
    "Integrity of the record",
    _observe,
    (
        Human(
            "access",
            Field(
                "access.elsewhere",
                "Who could open or export the data elsewhere",
                ("gdpr.32",),
                "deployer",
            ),
            why="outside_notebook",
            hint="this tool sees accesses through itself alone",
        ),
    ),
    note="The time is the host's clock. The digest shows changes to this record, not who made it.",
)
