"""Data and where it came from: each source, its digest, and whether the file is still that one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from traceprop_nb.reports.evidence import Evidence, SourceFact
from traceprop_nb.reports.facts import numbered
from traceprop_nb.reports.finding import Field, Finding, Human
from traceprop_nb.reports.plain import listed, plain
from traceprop_nb.reports.section import Section
from traceprop_nb.reports.session_record.profile import profile

Now = Literal["same", "changed", "gone", "not compared", "no digest"]

ORIGIN = Field(
    "data.sources",
    "Files, tables and arrays that entered the session",
    ("ai-act.10.2.b", "ai-act.annex-iv.2.d", "ai-act.10.2.e"),
)
METHOD = (
    "each file hashed again for this record and compared with the digest taken when it was read"
)
SETTLE: dict[Now, str] = {
    "gone": "bring back {}",
    "not compared": "compare {} with the digest by record.verify()",
    "no digest": "read {} from a file in a traced cell, so that there are bytes to hash",
}


def now(source: SourceFact) -> Now:
    """What became of the source since it was read."""
    if source.digest is None:
        return "no digest"
    if source.found is False:
        return "gone"
    if source.digest_now is None:
        return "not compared"
    return "same" if source.digest_now == source.digest else "changed"


def _observe(evidence: Evidence) -> Iterator[Finding]:
    yield _origin(evidence)
    yield from profile(evidence)


def _origin(evidence: Evidence) -> Finding:
    if evidence.sources is None:
        return ORIGIN.open("capture_off", "run the cells that read data with tracing on")
    if not evidence.sources:
        return ORIGIN.open("not_observed", "no file, table or array was read in a traced cell")
    ids = tuple(numbered("sources", i) for i in range(len(evidence.sources)))
    value = [_shown(source) for source in evidence.sources]
    changed = _named(evidence, "changed")
    if changed:
        detail = f"changed since it was read: {listed(changed)}"
        return ORIGIN.contradicted(value, ids, METHOD, detail)
    open_ends = [
        how.format(listed(names))
        for kind, how in SETTLE.items()
        if (names := _named(evidence, kind))
    ]
    if open_ends:
        return ORIGIN.partial(value, ids, "data_unavailable", "; ".join(open_ends))
    return ORIGIN.established(value, ids, METHOD)


def _named(evidence: Evidence, kind: Now) -> list[str]:
    return [source.name for source in evidence.sources or () if now(source) == kind]


def _shown(source: SourceFact) -> dict[str, object]:
    return {
        "name": plain(source.name),
        "kind": plain(source.kind),
        "rows": source.n_rows,
        "digest": plain(source.digest),
        "now": now(source),
        "cell": source.cell,
        "line": source.line,
    }


SOURCES = Section(
    "data",
    "Data and where it came from",
    _observe,
    (
        Human(
            "collection",
            Field("data.collection", "How the data were collected", ("ai-act.10.2.b",)),
        ),
        Human(
            "data_purpose",
            Field(
                "data.purpose",
                "Purpose for which personal data were first collected",
                ("ai-act.10.2.b", "gdpr.30.1"),
                "legal",
            ),
        ),
        Human(
            "legal_basis",
            Field("data.legal_basis", "Legal basis for personal data", ("gdpr.6",), "legal"),
        ),
        Human(
            "special_categories",
            Field(
                "data.special",
                "Use of special categories of personal data",
                ("ai-act.4a", "gdpr.6"),
                "legal",
            ),
            hint="no column was examined for it, which does not mean that there is none",
        ),
        Human(
            "labelling",
            Field("data.labels", "How labels were made", ("ai-act.10.2.c", "ai-act.annex-iv.2.d")),
        ),
        Human(
            "assumptions",
            Field("data.assumptions", "What the data are assumed to measure", ("ai-act.10.2.d",)),
        ),
        Human(
            "suitability",
            Field(
                "data.suitability",
                "Why the data suit the purpose, and whom they represent",
                ("ai-act.10.2.e", "ai-act.10.3"),
            ),
        ),
        Human(
            "bias",
            Field("data.bias", "Examination for bias, and what was done", ("ai-act.10.2.f",)),
            hint="no groups were declared",
        ),
        Human(
            "gaps",
            Field("data.gaps", "Known gaps in the data, and the plan", ("ai-act.10.2.h",)),
        ),
    ),
)
