"""The value that a record is about: which rows of which sources it was made of."""

from __future__ import annotations

from collections.abc import Iterator

from traceprop_nb.reports.evidence import Evidence
from traceprop_nb.reports.facts import by_source, numbered
from traceprop_nb.reports.finding import Field, Finding
from traceprop_nb.reports.plain import plain
from traceprop_nb.reports.section import Section

ABOUT = Field(
    "data.value", "The value asked about, and the source rows behind it", ("ai-act.10.2.b",)
)
FOLLOWED = "its rows followed back along the recorded lineage, by steps known exactly"


def _observe(evidence: Evidence) -> Iterator[Finding]:
    asked = evidence.value
    if asked is None:
        how = "name a value: tp.report('deployer', of=value)"
        yield ABOUT.open("not_observed", how)
        return
    value = {
        "name": plain(asked.name),
        "rows": asked.n_rows,
        "status": asked.origins.status,
        "by_source": by_source(evidence, asked.origins),
        "steps": plain(asked.steps),
    }
    sources = [
        numbered("sources", at)
        for at, source in enumerate(evidence.sources or ())
        if len(asked.origins.rows.get(source.key, ()))
    ]
    ids = ("ev:value", *sources)
    if asked.origins.status != "exact" or not sources:
        how = f"the rows are {asked.origins.status}: tp.why(value) names the steps"
        yield ABOUT.partial(value, ids, "not_observed", how)
    else:
        yield ABOUT.established(value, ids, FOLLOWED)


VALUE = Section("value", "The value this record is about", _observe)
