"""The request: who asked for what, when, and how the person was answered."""

from __future__ import annotations

from traceprop_nb.reports.finding import Field, Human
from traceprop_nb.reports.section import Section


def _asked(name: str, label: str, provision: str, hint: str = "") -> Human:
    return Human(name, Field(f"request.{name}", label, (provision,), "legal"), hint=hint)


REQUEST = Section(
    "request",
    "The request",
    asks=(
        _asked("requested", "When and how the erasure was asked for", "gdpr.17"),
        _asked("identified", "How the person was identified", "gdpr.17"),
        _asked("answered", "When and how the person was answered", "gdpr.12.3"),
        _asked("exception", "What is kept in spite of the request, and on which ground",
               "gdpr.17.3"),
        _asked("recipients", "Recipients who were told of the erasure", "gdpr.19",
               "copies that left this machine are not observed"),
    ),
    note="Nobody is named here: a person is called by a pseudonym, in this record and in the log.",
)  # fmt: skip
