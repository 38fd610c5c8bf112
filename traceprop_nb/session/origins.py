"""The source records behind every row of a training run, as pairs that can be summed over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from traceprop_nb.attribution.by_source import by_source
from traceprop_nb.gradients.objective import Floats
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.lineage import query
from traceprop_nb.lineage.maps import Ints, RowMap
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.session import questions
from traceprop_nb.session.answers import RowAnswer

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session

NOWHERE = "not traced"
"""Stands for the source of training rows whose lineage nobody saw."""


@dataclass(frozen=True, eq=False)
class Origins:
    """Which records of which sources each training row is made of.

    Attributes:
        session: Knows the lineage.
        run: The training run.
        names: Source names.
        nodes: Source nodes behind each name.
        row: int64 (e,), training row of each pair.
        source: int64 (e,), index into ``names``.
        record: int64 (e,), record in that source; 0 where the source is ``NOWHERE``.
        node: int64 (e,), the source's node; -1 for ``NOWHERE``.
    """

    session: Session
    run: TrainingRun
    names: tuple[str, ...]
    row: Ints
    source: Ints
    record: Ints
    node: Ints

    def totals(self, scores: Floats) -> Floats:
        """Scores (m, n) summed by source: (m, sources)."""
        return by_source(scores, self.row, self.source, n_sources=len(self.names))

    def rows(self, j: int) -> RowAnswer:
        """Where training row j came from."""
        if self.run.rows_node is None:
            return RowAnswer({}, {}, {}, Status.UNKNOWN, (), ("the training rows were not traced",))
        at = j if self.run.row_index is None else int(self.run.row_index[j])
        return questions.of_node(
            self.session,
            self.run.rows_node,
            questions._checked(at, self.session.graph.rows(self.run.rows_node)),
        )

    def of(self, name: str) -> Ints:
        """Training rows made of any record of a source, sorted."""
        at = self.names.index(name)
        return np.unique(self.row[self.source == at])

    def pairs(self, j: int) -> list[tuple[int, int]]:
        """(pair, source) of one training row, the most telling source first.

        A row merged from a person's record and a ward's is told by the person's: the source of
        which the run uses more different records.
        """
        at = np.flatnonzero(self.row == j)
        spread = self._spread()
        return sorted(
            ((int(e), int(self.source[e])) for e in at), key=lambda p: (-spread[p[1]], p[0])
        )

    def _spread(self) -> Ints:
        pairs = np.unique(np.stack([self.source, self.record]), axis=1)
        return np.bincount(pairs[0], minlength=len(self.names)).astype(np.int64)


def origins(session: Session, run: TrainingRun) -> Origins:
    """Trace every row of a run back to the sources."""
    n = run.objective.n
    index = np.arange(n) if run.row_index is None else run.row_index
    found = query.to_sources(session.graph, run.rows_node) if run.rows_node is not None else {}
    named = session.files.names()
    names = list(dict.fromkeys(named[node] for node in found))
    parts = [_pairs(row_map, index) for row_map in found.values()]
    nodes = [np.full(len(r), node) for node, (r, _) in zip(found, parts, strict=True)]
    places = [
        np.full(len(r), names.index(named[node])) for node, (r, _) in zip(found, parts, strict=True)
    ]
    row = np.concatenate([r for r, _ in parts] or [np.empty(0, np.int64)])
    lost = np.setdiff1d(np.arange(n), row)
    if len(lost):
        names.append(NOWHERE)
    empty = [np.empty(0, np.int64)]
    return Origins(
        session,
        run,
        tuple(names),
        np.concatenate([row, lost]).astype(np.int64),
        np.concatenate([*(places or empty), np.full(len(lost), len(names) - 1)]).astype(np.int64),
        np.concatenate([*([r for _, r in parts] or empty), np.zeros(len(lost))]).astype(np.int64),
        np.concatenate([*(nodes or empty), np.full(len(lost), -1)]).astype(np.int64),
    )


def _pairs(row_map: RowMap, index: Ints) -> tuple[Ints, Ints]:
    """(training row, record) for every record behind every training row."""
    if row_map.functional:
        records = row_map.at(index)
        kept = records >= 0
        return np.flatnonzero(kept), records[kept]
    each = [row_map.back(np.array([i], np.int64)) for i in index]
    sizes = [len(records) for records in each]
    return np.repeat(np.arange(len(index)), sizes), np.concatenate(each or [np.empty(0, np.int64)])
