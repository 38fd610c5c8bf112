"""Where the data of the people who were searched for went, along the recorded lineage."""

from __future__ import annotations

from collections.abc import Iterator

from traceprop_nb.reports.evidence import Evidence
from traceprop_nb.reports.finding import Field, Finding
from traceprop_nb.reports.log_facts import LogFacts, SearchFact
from traceprop_nb.reports.plain import listed, plain
from traceprop_nb.reports.section import Section
from traceprop_nb.reports.session_record.sources import now

FOUND = Field("erase.subject", "Where the person's data were found", ("gdpr.17",))
FILES = Field(
    "erase.files",
    "Sources that held the person's rows, as they are now",
    ("gdpr.17",),
    "deployer",
)
FOLLOWED = "every source asked for the key, and its records followed along the lineage to the end"
IDS = ("ev:events",)


def _observe(evidence: Evidence) -> Iterator[Finding]:
    searches = (evidence.events or LogFacts()).searches
    if not searches:
        how = "no person was searched for; ask with tp.subject(column, key)"
        for field in (FOUND, FILES):
            yield field.unseen(None if evidence.events is None else (), how)
        return
    for at, search in enumerate(searches):
        yield _found(at, search)
    yield _files(evidence, searches)


def _found(at: int, search: SearchFact) -> Finding:
    field = Field(f"{FOUND.id}.{at + 1}", f"{FOUND.label} ({plain(search.who)})", FOUND.provisions)
    value = {
        "when": plain(search.when),
        "records_by_source": plain(search.sources),
        "values": search.values,
        "batches": search.batches,
        "runs": plain(search.runs),
        "models": search.models,
        "not_reached": plain(search.unreached),
    }
    if search.unreached:
        how = f"not searched or not followed: {listed(search.unreached)}"
        return field.partial(value, IDS, "not_observed", how)
    return field.established(value, IDS, FOLLOWED)


def _files(evidence: Evidence, searches: tuple[SearchFact, ...]) -> Finding:
    held = {name for search in searches for name, records in search.sources.items() if records}
    known = {source.name: source for source in evidence.sources or ()}
    states = {name: now(known[name]) if name in known else "not compared" for name in sorted(held)}
    value = [{"source": plain(name), "now": state} for name, state in states.items()]
    same = [name for name, state in states.items() if state == "same"]
    if same:
        how = f"these still hold what was read; take the rows out there: {listed(same)}"
        return FILES.partial(value, IDS, "check_failed", how)
    how = "a changed file may hold the rows still: read it anew, and search again"
    return FILES.partial(value, IDS, "check_not_run", how)


PLACES = Section("places", "Where the data went", _observe)
