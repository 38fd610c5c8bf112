"""Which records are behind each row of a value, spelled out as stretches where that is feasible."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from traceprop_nb.exports.model import RowLineage, StatusWord
from traceprop_nb.exports.stretches import stretches
from traceprop_nb.lineage import query
from traceprop_nb.lineage.graph import LineageGraph
from traceprop_nb.lineage.maps import Ragged, RowMap

MOST_PAIRS = 4_000_000
"""Pairs of a row and a record that are spelled out before they are put together."""
MOST_STRETCHES = 250_000
"""Stretches of one value and source that a file is given; some 6 MB as text."""

WORDS: tuple[StatusWord, ...] = ("exact", "assumed", "inexact", "unknown")


def row_lineage(
    graph: LineageGraph, values: Iterable[int], ids: Mapping[int, str], most: int = MOST_STRETCHES
) -> Iterator[RowLineage]:
    """The row lineage of each value, source by source.

    Args:
        graph: The log.
        values: Nodes of values.
        ids: Id of each node.
        most: Stretches of one value and source beyond which they are left out.
    """
    for node in values:
        if node in graph.sources or not graph.rows(node):
            continue
        maps = query.to_sources(graph, node)
        known = {n: m for n, m in maps.items() if graph.sources[n].kind != "unknown"}
        if not known:
            continue
        status = WORDS[query.backward(graph, node, np.arange(graph.rows(node))).status]
        for source, row_map in known.items():
            yield _one(ids[node], ids[source], status, row_map, most)


def _one(value: str, source: str, status: StatusWord, row_map: RowMap, most: int) -> RowLineage:
    cut = RowLineage(value, source, status, complete=False)
    if not row_map.functional and not isinstance(row_map, Ragged):
        return cut  # too many pairs for ``flatten``
    rows, records = row_map.pairs(np.arange(row_map.n_out))
    if len(rows) > MOST_PAIRS:
        return cut
    diagonal, fan = stretches(rows, records)
    if len(diagonal) + len(fan) > most:
        return cut
    return RowLineage(value, source, status, diagonal, fan)
