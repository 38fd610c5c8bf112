"""The evidence index: every captured fact under an id that findings refer to.

Ids carry no captured text: ``ev:run/2`` is the second run. Each fact has the digest of its own
canonical JSON, so that a changed fact is seen even where the record's digest was redone.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from traceprop_nb.reports.canonical import digest
from traceprop_nb.reports.evidence import Evidence, Ints, Origins
from traceprop_nb.reports.plain import fact, text

ONE_EACH = (
    "sources", "runs", "influences", "unlearnings", "evaluations", "metrics", "statements",
    "decisions", "profiles", "labels", "groups", "artifacts",
)  # fmt: skip
"""Parts of the evidence whose items have an id each, by the singular of the name."""

AS_A_WHOLE = (
    "session", "coverage", "environment", "repository", "log", "privacy", "events", "value",
)  # fmt: skip
TOGETHER = ("cells", "operations", "seeds")


@dataclass(frozen=True)
class Fact:
    """One entry of the index."""

    id: str
    content: dict[str, object]

    def to_dict(self) -> dict[str, object]:
        """Id, content and the digest of the content."""
        return {"id": self.id, "fact": self.content, "digest": digest(self.content)}


def facts(evidence: Evidence) -> list[Fact]:
    """Every fact of the evidence, in a fixed order."""
    return [*_wholes(evidence), *_tables(evidence), *_items(evidence)]


def numbered(part: str, index: int) -> str:
    """The evidence id of item ``index`` (from 0) of a part such as ``"runs"``."""
    return f"ev:{part.removesuffix('s')}/{index + 1}"


def by_source(evidence: Evidence, origins: Origins | None) -> list[dict[str, object]]:
    """For each source its name, how many of its rows are meant, and a digest of which ones."""
    if origins is None:
        return []
    names = {source.key: source.name for source in evidence.sources or ()}
    return [
        {"source": text(names.get(key, f"node {key}")), **_counted(rows)}
        for key, rows in sorted(origins.rows.items())
        if len(rows)
    ]


def _counted(rows: Ints) -> Mapping[str, object]:
    distinct = np.unique(np.asarray(rows, dtype="<i8"))
    hashed = hashlib.sha256(distinct.tobytes()).hexdigest()
    return {"rows": int(distinct.size), "rows_digest": f"sha256:{hashed}"}


def _wholes(evidence: Evidence) -> Iterator[Fact]:
    for part in AS_A_WHOLE:
        if (value := getattr(evidence, part)) is not None:
            yield Fact(f"ev:{part}", fact(value) | _origins(evidence, value))


def _tables(evidence: Evidence) -> Iterator[Fact]:
    for part in TOGETHER:
        if (value := getattr(evidence, part)) is not None:
            yield Fact(f"ev:{part}", {part: [fact(item) for item in value]})


def _items(evidence: Evidence) -> Iterator[Fact]:
    for part in ONE_EACH:
        items: Iterable[object] = getattr(evidence, part) or ()
        for index, item in enumerate(items):
            content = fact(item) | _origins(evidence, item)
            yield Fact(numbered(part, index), content)


def _origins(evidence: Evidence, item: object) -> dict[str, object]:
    """The item's origins as counts and digests; the rows themselves stay in the session."""
    found: dict[str, object] = {}
    for field in dataclasses.fields(item):  # type: ignore[arg-type]  # evidence is dataclasses
        value = getattr(item, field.name)
        if isinstance(value, Origins):
            found[field.name] = {"status": value.status, "sources": by_source(evidence, value)}
    return found
