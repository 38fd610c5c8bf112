"""The source records behind rows of a value, as pairs that can be summed over."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from traceprop_nb.attribution.by_source import by_source, owned
from traceprop_nb.gradients.objective import Floats
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.lineage import query
from traceprop_nb.lineage.maps import Ints
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.session import questions
from traceprop_nb.session.answers import RowAnswer

if TYPE_CHECKING:
    from traceprop_nb.session.traced import Traced

NOWHERE = "not traced"
"""Stands for the source of rows whose lineage nobody saw."""


@dataclass(frozen=True, eq=False)
class Origins:
    """Which records of which sources each row is made of.

    Attributes:
        session: Knows the lineage.
        value: Lineage node of the value that has the rows, or None.
        index: int64 (n,), row j here is row ``index[j]`` of the value.
        names: Source names.
        row: int64 (e,), row of each pair, sorted.
        source: int64 (e,), index into ``names``.
        record: int64 (e,), record in that source; 0 where the source is ``NOWHERE``.
        node: int64 (e,), the source's node; -1 for ``NOWHERE``.
    """

    session: Traced
    value: int | None
    index: Ints
    names: tuple[str, ...]
    row: Ints
    source: Ints
    record: Ints
    node: Ints

    def totals(self, scores: Floats) -> Floats:
        """Scores (m, n) summed by source: (m, sources)."""
        return by_source(scores, self.row, self.source, n_sources=len(self.names))

    @property
    def owned(self) -> Floats:
        """Share of each row that each source owns, (n, sources)."""
        return owned(self.row, self.source, (len(self.index), len(self.names)))

    def rows(self, j: int) -> RowAnswer:
        """Where row j came from."""
        if self.value is None:
            return RowAnswer({}, {}, {}, Status.UNKNOWN, (), ("these rows were not traced",))
        return questions.of_node(self.session, self.value, int(self.index[j]))

    def pairs(self, j: int) -> list[int]:
        """The pairs of one row, the most telling first.

        A row merged from a person's record and a ward's is told by the person's: by the source of
        which more different records are in use.
        """
        first, end = np.searchsorted(self.row, (j, j + 1))
        spread = self._spread
        return sorted(range(first, end), key=lambda pair: (-spread[self.source[pair]], pair))

    def telling(self) -> dict[int, Ints]:
        """Source node -> the records that tell rows apart, one a row; lookup tables drop out."""
        order = np.lexsort((-self._spread[self.source], self.row))
        _, first = np.unique(self.row[order], return_index=True)
        kept = order[first]
        nodes = [int(node) for node in np.unique(self.node[kept]) if node >= 0]
        return {node: np.unique(self.record[kept][self.node[kept] == node]) for node in nodes}

    @cached_property
    def _spread(self) -> Ints:
        pairs = np.unique(np.stack([self.source, self.record]), axis=1)
        return np.bincount(pairs[0], minlength=len(self.names)).astype(np.int64)


def of_run(session: Traced, run: TrainingRun) -> Origins:
    """Every row of a run, traced back to the sources."""
    index = np.arange(run.objective.n) if run.row_index is None else run.row_index
    return origins(session, run.rows_node, np.asarray(index, np.int64))


def origins(session: Traced, value: int | None, index: Ints) -> Origins:
    """Rows of a value, traced back to the sources."""
    found = query.to_sources(session.graph, value) if value is not None else {}
    named = session.files.names()
    names = list(dict.fromkeys(named[node] for node in found))
    parts = [(*row_map.pairs(index), node) for node, row_map in found.items()]
    row = np.concatenate([np.empty(0, np.int64), *(rows for rows, _, _ in parts)])
    lost = np.setdiff1d(np.arange(len(index)), row)
    parts.append((lost, np.zeros(len(lost), np.int64), -1))
    if len(lost):
        names.append(NOWHERE)
    row = np.concatenate([rows for rows, _, _ in parts]).astype(np.int64)
    order = np.argsort(row, kind="stable")
    place = {node: names.index(named[node]) for node in found} | {-1: len(names) - 1}
    return Origins(
        session,
        value,
        index,
        tuple(names),
        row[order],
        np.concatenate([np.full(len(r), place[node]) for r, _, node in parts])[order],
        np.concatenate([records for _, records, _ in parts]).astype(np.int64)[order],
        np.concatenate([np.full(len(r), node) for r, _, node in parts])[order],
    )
