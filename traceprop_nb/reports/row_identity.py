"""Which source rows two sets of rows have in common, across files that were read twice.

Rows are the same when their record indices agree and the sources hold the same bytes (equal
digests) or are the same node of the lineage. Where a source was read again under the same name
with other bytes, its rows cannot be matched, and that is said instead of guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from traceprop_nb.reports.evidence import (
    STATUS_WORDS,
    Evidence,
    Ints,
    Origins,
    SourceFact,
    StatusWord,
)


@dataclass(frozen=True)
class Overlap:
    """What two sets of rows share.

    Attributes:
        n_rows: Source rows in both.
        status: The worse of the two sets' statuses.
        unmatched: Sources of both sets whose bytes differ, so that rows cannot be compared.
    """

    n_rows: int
    status: StatusWord
    unmatched: tuple[str, ...]

    @property
    def is_upper_bound(self) -> bool:
        """Whether ``n_rows`` may count rows that are not shared, but misses none."""
        return self.status == "inexact"


def overlap(evidence: Evidence, left: Origins, right: Origins) -> Overlap:
    """The source rows that two sets have in common."""
    known = {source.key: source for source in evidence.sources or ()}
    mine, theirs = _by_content(known, left), _by_content(known, right)
    shared = sum(np.intersect1d(mine[at], theirs[at]).size for at in mine.keys() & theirs.keys())
    status = max(left.status, right.status, key=STATUS_WORDS.index)
    return Overlap(int(shared), status, _unmatched(known, left, right))


def _content(source: SourceFact | None, key: int) -> str:
    return source.digest if source and source.digest else f"node {key}"


def _by_content(known: Mapping[int, SourceFact], origins: Origins) -> dict[str, Ints]:
    grouped: dict[str, list[Ints]] = {}
    for key, rows in origins.rows.items():
        grouped.setdefault(_content(known.get(key), key), []).append(rows)
    return {at: np.unique(np.concatenate(rows)) for at, rows in grouped.items()}


def _unmatched(known: Mapping[int, SourceFact], left: Origins, right: Origins) -> tuple[str, ...]:
    mine, theirs = _contents(known, left), _contents(known, right)
    return tuple(sorted(name for name in mine.keys() & theirs.keys() if mine[name] != theirs[name]))


def _contents(known: Mapping[int, SourceFact], origins: Origins) -> dict[str, set[str]]:
    """Place of a source (path, else name) -> the contents that were read there."""
    found: dict[str, set[str]] = {}
    for key, rows in origins.rows.items():
        if len(rows) and (source := known.get(key)):
            found.setdefault(source.path or source.name, set()).add(_content(source, key))
    return found
