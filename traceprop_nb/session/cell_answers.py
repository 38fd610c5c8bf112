"""Which cells of which files are behind a cell, and which columns behind which."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.errors import OptionError, unknown_name
from traceprop_nb.lineage import cells as lineage_cells
from traceprop_nb.lineage.columns import Labels
from traceprop_nb.lineage.maps import Ints
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.session import questions
from traceprop_nb.session.answers import Cell, RowAnswer

if TYPE_CHECKING:
    from traceprop_nb.lineage.graph import LineageGraph
    from traceprop_nb.session.core import Session

_PARTS = frozenset(lineage_cells.ORDER)


@dataclass(frozen=True)
class ColumnsAnswer:
    """Which source columns each column of a value derives from.

    Attributes:
        name: The value's name.
        columns: Column -> {source: {source column: how}}; how as in ``RowAnswer.columns``.
        status: EXACT; INEXACT where a step's columns are not known and all of them count.
    """

    name: str
    columns: Mapping[Hashable, Mapping[str, Mapping[Hashable, str]]]
    status: Status

    def __repr__(self) -> str:
        out = [f"{self.name}: {len(self.columns)} columns, {self.status.name}"]
        for column, sources in self.columns.items():
            behind = [
                f"{source}: " + ", ".join(f"{c} ({how})" for c, how in its.items())
                for source, its in sources.items()
            ]
            out.append(f"  {column!s:<16} {'; '.join(behind) or 'no source column'}")
        return "\n".join(out)


def rows(session: Session, x: Any, i: Any, column: Hashable) -> RowAnswer:
    """See ``traceprop_nb.rows``, with ``column``."""
    graph, node = _node(session, x)
    place = _place(graph, node, column)
    whole = questions.rows(session, x, i)
    wanted = np.atleast_1d(np.asarray(i)) % max(graph.rows(node), 1)
    merged: dict[int, dict[int, Ints]] = {}
    status = Status.EXACT
    for row in wanted.tolist():
        found = lineage_cells.cells(graph, node, row, place)
        status = max(status, found.status)
        for source, its in found.sources.items():
            for at, records in its.items():
                before = merged.setdefault(source, {}).get(at, np.empty(0, np.int64))
                merged[source][at] = np.union1d(before, records)
    columns, known = _columns(session, graph, node, place)
    if not merged and any(how in _PARTS for its in columns.values() for how in its.values()):
        return _by_labels(whole, columns)
    sources = {_name(session, s): _all(its) for s, its in merged.items()}
    lines = {name: _lines(whole, name, its) for name, its in sources.items()}
    return replace(
        whole,
        sources=sources,
        lines={name: its for name, its in lines.items() if its is not None},
        columns=columns,
        cells=tuple(_cells(session, graph, merged, lines, sources)),
        status=max(status, known),
    )


def columns(session: Session, x: Any) -> ColumnsAnswer:
    """See ``traceprop_nb.columns``."""
    graph, node = _node(session, x)
    labels = graph.column_table.labels(node)
    names = () if labels is None else _listed(labels)
    found: dict[Hashable, dict[str, dict[Hashable, str]]] = {}
    status = Status.EXACT
    for place, name in enumerate(names):
        found[name], known = _columns(session, graph, node, place)
        status = max(status, known)
    name = session.names().get(node, graph.op_name(node))
    return ColumnsAnswer(name, found, status)


def _node(session: Session, x: Any) -> tuple[LineageGraph, int]:
    where, node, _ = questions.found(session, x)
    if where is not session:
        raise OptionError(
            "columns are followed in the session that computed them, and the store does not keep "
            "them; ask for the row alone, or run the cells here"
        )
    return session.graph, node


def _place(graph: LineageGraph, node: int, column: Hashable) -> int:
    labels = graph.column_table.labels(node)
    if labels is None:
        raise OptionError("this value has no columns that are followed; ask for the row alone")
    places = graph.column_table.places(node, column)
    if not places and isinstance(labels, int):
        raise OptionError(f"column {column!r} is none of the {labels} columns, from 0")
    if not places:
        raise unknown_name("column", str(column), map(str, _listed(labels)))
    return places[0]


def _listed(labels: Labels) -> Sequence[Hashable]:
    return range(labels) if isinstance(labels, int) else labels


def _name(session: Session, source: int) -> str:
    return session.files.names()[source]


def _all(its: dict[int, Ints]) -> Ints:
    return np.unique(np.concatenate(list(its.values())))


def _columns(
    session: Session, graph: LineageGraph, node: int, place: int
) -> tuple[dict[str, dict[Hashable, str]], Status]:
    """Source columns behind a column, each with the nearest way it is in it."""
    found = lineage_cells.origins(graph, node, place)
    named: dict[str, dict[Hashable, str]] = {}
    for (source, at), hows in sorted(found.columns.items()):
        part = [how for how in lineage_cells.ORDER if how in hows]
        others = ", ".join(sorted(hows - _PARTS))
        named.setdefault(_name(session, source), {})[_label(graph, source, at)] = (
            part[-1] if part else others
        )
    return named, found.status


def _label(graph: LineageGraph, source: int, at: int) -> Hashable:
    labels = graph.column_table.labels(source)
    return labels[at] if isinstance(labels, tuple) and at < len(labels) else at


def _lines(whole: RowAnswer, name: str, records: Ints) -> Ints | None:
    if name not in whole.lines:
        return None
    known = dict(zip(whole.sources[name].tolist(), whole.lines[name].tolist(), strict=True))
    return np.array([known[r] for r in records.tolist() if r in known], np.int64)


def _cells(
    session: Session,
    graph: LineageGraph,
    merged: dict[int, dict[int, Ints]],
    lines: Mapping[str, Ints | None],
    sources: Mapping[str, Ints],
) -> list[Cell]:
    cells: list[Cell] = []
    for source, its in merged.items():
        name = _name(session, source)
        mine = lines[name]
        line: dict[int, int] = (
            {}
            if mine is None or len(mine) != len(sources[name])
            else dict(zip(sources[name].tolist(), mine.tolist(), strict=True))
        )
        for at, records in sorted(its.items()):
            label = _label(graph, source, at)
            cells += [(name, r, line.get(r), label) for r in records.tolist()]
    return sorted(cells, key=lambda cell: (cell[0], cell[1]))


def _by_labels(whole: RowAnswer, columns: dict[str, dict[Hashable, str]]) -> RowAnswer:
    """A column that came back from row labels: the rows are the row's, the columns its own."""
    kept = {name: its for name, its in whole.sources.items() if name in columns}
    cells: list[Cell] = []
    for name, its in kept.items():
        lines = whole.lines.get(name)
        for k, record in enumerate(its.tolist()):
            line = None if lines is None else int(lines[k])
            parts = [c for c, how in columns[name].items() if how in _PARTS]
            cells += [(name, record, line, column) for column in parts]
    return replace(whole, sources=kept, columns=columns, cells=tuple(cells))
