"""The sources of a session: their names, digests, physical lines and the text of a record.

A digest is computed beside the user's code, in a thread, and only stands if the file's size and
time of change are what they were before it was read. Lines are found when somebody asks, and only
while the file still has that digest.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from traceprop_nb.errors import RowRangeError, unknown_name
from traceprop_nb.lineage.graph import LineageGraph
from traceprop_nb.lineage.maps import Ints
from traceprop_nb.lineage.nodes import Source
from traceprop_nb.session.lines import LineIndex, index_of

_SMALL = 256 * 1024
"""Bytes up to which a digest takes less time than to hand the work to a thread."""


class Sources:
    """What entered a session, by name."""

    def __init__(self, graph: LineageGraph) -> None:
        self._graph = graph
        self._hashing: dict[int, Future[None]] = {}
        self._beside: ThreadPoolExecutor | None = None
        self._indexes: dict[int, LineIndex | str] = {}
        self._digests: dict[tuple[object, ...], str] = {}

    def watch(self, node: int) -> None:
        """Start to compute the digest of a file that was just read."""
        source = self._graph.sources[node]
        if source.path is None:
            return
        if source.detail.get("size", 0) <= _SMALL:
            self._hash(node)
            return
        if self._beside is None:
            self._beside = ThreadPoolExecutor(1, "traceprop-digest")
        self._hashing[node] = self._beside.submit(self._hash, node)

    def _hash(self, node: int) -> None:
        source = self._graph.sources[node]
        assert source.path is not None
        try:
            if not _unchanged(source):
                return
            from traceprop_nb.reports.files import file_digest  # light start

            which = (source.path, source.detail["size"], source.detail["mtime_ns"])
            digest = self._digests.get(which) or file_digest(source.path)
            if digest is not None and _unchanged(source):
                self._digests[which] = digest  # a file in chunks is a source for each
                self._graph.set_digest(node, digest)
        except OSError:
            return  # gone already: the digest stays "not measured"

    def settled(self) -> dict[int, Source]:
        """All sources, once the digests under way are there."""
        while self._hashing:
            self._hashing.popitem()[1].result()
        return self._graph.sources

    # -- names -------------------------------------------------------------------------------

    def names(self) -> dict[int, str]:
        """Name of each source node: the file's name, its path where two files share one.

        The same file read twice, unchanged, keeps one name; a changed one says in which cell.
        """
        sources = self.settled()
        paths: dict[str, set[str | None]] = {}
        digests: dict[tuple[str, str | None], list[str | None]] = {}
        for source in sources.values():
            paths.setdefault(source.name, set()).add(source.path)
            seen = digests.setdefault((source.name, source.path), [])
            if source.digest not in seen:
                seen.append(source.digest)
        named: dict[int, str] = {}
        for node, source in sources.items():
            name = source.name if len(paths[source.name]) == 1 else source.path or source.name
            if digests[source.name, source.path].index(source.digest) > 0:
                name = f"{name} (as of cell {source.cell})"
            if source.kind == "unknown":
                name = f"{name} [{node}]"
            named[node] = name
        return named

    def nodes(self, name: str) -> list[int]:
        """Every node of a source, by its name or its path.

        Raises:
            UnknownNameError: There is no such source; names the nearest.
        """
        named = self.names()
        found = [n for n, its in named.items() if its == name]
        if not found:
            found = [n for n, s in self._graph.sources.items() if s.path == os.path.abspath(name)]
        if not found:
            raise unknown_name("source", name, sorted(set(named.values())))
        return found

    def check_record(self, name: str, record: int) -> list[int]:
        """The nodes of a source that have this record.

        Raises:
            UnknownNameError: There is no such source.
            RowRangeError: It has fewer records.
        """
        nodes = self.nodes(name)
        most = max(self._graph.sources[node].n_rows for node in nodes)
        if not 0 <= record < most:
            raise RowRangeError(
                f"{name!r} has no record {record}; its records are 0 to {most - 1}"
                if most
                else f"{name!r} has no records at all"
            )
        return [node for node in nodes if record < self._graph.sources[node].n_rows]

    # -- lines and text ----------------------------------------------------------------------

    def lines(self, node: int, records: Iterable[int]) -> Ints | None:
        """Physical lines (from 1) of records, or None where they cannot be told."""
        index = self._index(node)
        if isinstance(index, str):
            return None
        return index.lines[np.asarray(list(records), np.int64)]

    def why_no_lines(self, node: int) -> str:
        """Why a source has no line numbers; empty if it has."""
        index = self._index(node)
        return index if isinstance(index, str) else ""

    def text(self, node: int, record: int) -> str:
        """The record as it stands in the file, or empty."""
        index = self._index(node)
        return "" if isinstance(index, str) else index.text(record)

    def fields(self, node: int, record: int) -> dict[str, str]:
        """The record's cells by column name, as text; empty where they cannot be told."""
        index = self._index(node)
        if isinstance(index, str) or not index.header:
            return {}
        delimiter = index.delimiter
        names = next(csv.reader([index.header], delimiter=delimiter), [])
        values = next(csv.reader(index.text(record).splitlines(True), delimiter=delimiter), [])
        return dict(zip(names, values, strict=False)) if len(names) == len(values) else {}

    def columns(self, node: int) -> list[str]:
        """Columns of a file with a header line; none where they cannot be told."""
        index = self._index(node)
        renamed = self._graph.sources[node].detail.get("options", {}).get("names") is not None
        if isinstance(index, str) or not index.header or renamed:
            return []
        return next(csv.reader([index.header], delimiter=index.delimiter), [])

    def _index(self, node: int) -> LineIndex | str:
        if node not in self._indexes:
            self._indexes[node] = index_of(self.settled()[node])
        return self._indexes[node]


def _unchanged(source: Source) -> bool:
    assert source.path is not None
    stat = os.stat(source.path)
    return (stat.st_size, stat.st_mtime_ns) == (
        source.detail.get("size"),
        source.detail.get("mtime_ns"),
    )
