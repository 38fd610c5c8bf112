"""The system and the session: what this record is about."""

from __future__ import annotations

from collections.abc import Iterator

from traceprop_nb.reports.evidence import Evidence
from traceprop_nb.reports.finding import Field, Finding, Human
from traceprop_nb.reports.plain import plain
from traceprop_nb.reports.section import Section

SESSION = Field("session.identity", "The session this record was made from", owner="tool")


def _observe(evidence: Evidence) -> Iterator[Finding]:
    session = evidence.session
    if session is None:
        yield SESSION.open("capture_off", "load the extension and run a traced cell")
        return
    value = {"id": plain(session.id), "started": plain(session.started)}
    if session.notebook:
        value["notebook"] = plain(session.notebook)
    if session.id and session.started:
        method = "the session has an id and a start, both noted before the record was made"
        yield SESSION.established(value, ("ev:session",), method)
    else:
        yield SESSION.partial(
            value, ("ev:session",), "not_observed", "restart the session; it has no id or start"
        )


SYSTEM = Section(
    "system",
    "System and session",
    _observe,
    (
        Human(
            "system",
            Field(
                "sys.name_version",
                "System and version that the model belongs to",
                ("ai-act.annex-iv.1", "ai-act.annex-iv.6"),
                "provider",
            ),
        ),
        Human(
            "purpose",
            Field("sys.purpose", "Intended purpose", ("ai-act.annex-iv.1",), "provider"),
        ),
        Human(
            "role",
            Field("sys.role", "Provider or deployer", ("ai-act.3",), "legal"),
            hint="dates of the law pack are conditional on it",
        ),
        Human(
            "risk_class",
            Field("sys.risk_class", "Risk class of the system", ("ai-act.6",), "legal"),
            hint="dates of the law pack are conditional on it",
        ),
    ),
)
