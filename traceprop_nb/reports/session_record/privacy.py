"""Privacy: which data were tagged, which runs they reached, what the rules said, who was erased."""

from __future__ import annotations

from collections.abc import Iterator

from traceprop_nb.reports.evidence import Evidence
from traceprop_nb.reports.finding import Field, Finding
from traceprop_nb.reports.plain import listed, plain
from traceprop_nb.reports.privacy_facts import PrivacyFact
from traceprop_nb.reports.section import Section

TAGS = Field("privacy.tags", "Sensitive data, and the runs they went into", ("gdpr.6", "ai-act.4a"))
RULES = Field("policy.results", "Rules in force, and what they said", ("gdpr.32",))
RELEASED = Field("privacy.declassified", "Tags that were taken off, and why", ("gdpr.32",))
ERASED = Field("privacy.erased", "People whose names in the log mean nobody now", ("gdpr.17",))
KEPT = "each recorded cell and training looked at again with the rules in force"
IDS = ("ev:privacy",)


def _observe(evidence: Evidence) -> Iterator[Finding]:
    facts = evidence.privacy or PrivacyFact()
    yield _tags(facts)
    yield _rules(facts)
    if facts.declassified:
        how = "ask whoever declared it: only the size of groups and the columns were looked at"
        yield RELEASED.partial(plain(facts.declassified), IDS, "check_not_run", how)
    if facts.erased:
        value = {"requests": facts.erased}
        how = "keys were destroyed; files, models and copies are listed with each request"
        yield ERASED.partial(value, IDS, "check_not_run", how)


def _tags(facts: PrivacyFact) -> Finding:
    if not facts.tags:
        return TAGS.open("capture_off", "tag sources and columns with tp.tag")
    value = {"tags": plain(facts.tags), "reached": plain(facts.reached)}
    doubt = [run.run for run in facts.reached if run.unseen]
    how = "tags are as complete as the people who gave them"
    if doubt:
        how = f"trace the cells that made the rows of {listed(doubt)}; {how}"
    if facts.suggested:
        how = f"look at columns that suggest a tag: {listed(facts.suggested)}; {how}"
    return TAGS.partial(value, IDS, "needs_human", how)


def _rules(facts: PrivacyFact) -> Finding:
    if not facts.packs:
        return RULES.open("capture_off", "put a policy in force with %policy on")
    value = {
        "packs": plain(facts.packs),
        "results": plain(facts.verdicts),
        "reasons": plain(facts.reasons),
    }
    broken = [v for v in facts.replayed if v.result in ("asked", "blocked")]
    if broken:
        said = listed(f"cell {v.cell} {v.call} by rule {v.rule}" for v in broken)
        return RULES.contradicted(value, IDS, KEPT, f"forbidden, and recorded: {said}")
    return RULES.established(value, IDS, KEPT)


PRIVACY = Section(
    "privacy",
    "Sensitive data and rules",
    _observe,
    note="A rule is a guard rail inside the user's own process: it can be taken off there.",
)
