"""Integrity: the event log behind the record, and who could open it."""

from __future__ import annotations

from collections.abc import Iterator

from traceprop_nb.reports.evidence import Evidence, LogFact
from traceprop_nb.reports.finding import Field, Finding, Human
from traceprop_nb.reports.plain import plain
from traceprop_nb.reports.section import Section

UNALTERED = Field("log.integrity", "The event log is unaltered", ("ai-act.12",), "tool")
ANCHORED = Field("log.anchor", "The log's head was kept somewhere else", (), "data_scientist")
CHAIN = "hash chain of the log computed again from its events"


def _observe(evidence: Evidence) -> Iterator[Finding]:
    log = evidence.log
    if log is None:
        yield UNALTERED.open("capture_off", "no event log was kept for this session")
        yield ANCHORED.open("capture_off", "a rewrite by the log's owner could not be seen")
        return
    yield _unaltered(log)
    yield _anchored(log)


def _unaltered(log: LogFact) -> Finding:
    value = {"events": log.events, "head": plain(log.head)}
    if log.verified is None:
        return UNALTERED.partial(value, ("ev:log",), "check_not_run", "verify the log")
    if log.verified:
        return UNALTERED.established(value, ("ev:log",), CHAIN)
    return UNALTERED.contradicted(value, ("ev:log",), CHAIN, "the chain does not lead to its head")


def _anchored(log: LogFact) -> Finding:
    if not log.anchors:
        return ANCHORED.open("not_observed", "a rewrite by the log's owner could not be seen")
    how = "compare the head with each anchor"
    return ANCHORED.partial(plain(log.anchors), ("ev:log",), "check_not_run", how)


INTEGRITY = Section(
    "integrity",
    "Integrity of the record",
    _observe,
    (
        Human(
            "access",
            Field("access.log", "Who opened or exported the data", ("gdpr.32",), "deployer"),
            why="outside_notebook",
            hint="no access log was kept",
        ),
    ),
    note="The time is the host's clock. The digest shows changes to this record, not who made it.",
)
