"""From a cell of a value back to the cells of sources it was made of."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np

from traceprop_nb.lineage.columns import ColumnTable
from traceprop_nb.lineage.graph import LineageGraph
from traceprop_nb.lineage.maps import Ints, RowMap
from traceprop_nb.lineage.nodes import Kind, Status

COPIED = frozenset(
    "[] copy loc iloc head tail take to_numpy values array asarray rename reset_index set_index "
    "assign []= T transpose from_numpy numpy tensor DataFrame Series merge join concat add_prefix "
    "add_suffix set_axis to_frame squeeze column_stack hstack vstack concatenate stack c_ r_ for "
    "train_test_split melt drop filter reindex".split()
)
"""Operations that hand a cell on as it is."""
ORDER = ("identity", "transformation", "aggregation")


@dataclass(frozen=True)
class Cells:
    """The cells behind a cell.

    Attributes:
        sources: Source node -> {place of its column: its records, sorted int64}.
        status: How far that may be trusted, rows and columns together.
    """

    sources: dict[int, dict[int, Ints]]
    status: Status


@dataclass(frozen=True)
class Origins:
    """The columns behind a column.

    Attributes:
        columns: (source node, place of its column) -> how: "identity", "transformation" or
            "aggregation" where its cells are in it, else "filter", "join", "group by", "sort",
            "window", "conditional", or "statistic" for what came through a fit or a mean.
        status: EXACT, or INEXACT where some step's columns are not known and all count.
    """

    columns: dict[tuple[int, int], frozenset[str]]
    status: Status


def cells(graph: LineageGraph, node: int, row: int, column: int) -> Cells:
    """The source cells that the cell at a row and a column's place was made of."""
    pending: dict[int, dict[int, Ints]] = {node: {column: np.array([row], np.int64)}}
    heap, status = [-node], 0
    found: dict[int, dict[int, Ints]] = {}
    while heap:
        current = -heappop(heap)
        mine = pending.pop(current)
        status = max(status, graph.status(current))
        if current in graph.sources:
            found[current] = mine
        edges = graph.edges(current)
        for parent, row_map, kind, edge_status in edges:
            if kind != Kind.DIRECT:
                continue
            its, sure = _carried(graph, current, parent, row_map, mine, edges)
            if not its:
                continue
            status = max(status, edge_status, Status.EXACT if sure else Status.INEXACT)
            if parent not in pending:
                pending[parent] = {}
                heappush(heap, -parent)
            for at, rows in its.items():
                before = pending[parent].get(at)
                pending[parent][at] = rows if before is None else np.union1d(before, rows)
    return Cells(found, Status(status))


def _carried(
    graph: LineageGraph,
    node: int,
    parent: int,
    row_map: RowMap,
    mine: dict[int, Ints],
    edges: list[tuple[int, RowMap, Kind, Status]],
) -> tuple[dict[int, Ints], bool]:
    """Cells of a parent behind cells of a node."""
    relation, sure = graph.column_table.relation(
        node, parent, graph.op_name(node), [p for p, _, kind, _ in edges if kind == Kind.DIRECT]
    )
    back: dict[int, Ints] = {}
    its: dict[int, Ints] = {}
    for column, rows in mine.items():
        if id(rows) not in back:
            back[id(rows)] = row_map.back(rows)
        behind = back[id(rows)]
        if not len(behind):
            continue
        for at in relation.back(column):
            its[at] = behind if at not in its else np.union1d(its[at], behind)
    return its, sure


def origins(graph: LineageGraph, node: int, column: int) -> Origins:
    """The source columns that a column was made of or decided by."""
    pending: dict[int, dict[int, set[str]]] = {node: {column: {"identity"}}}
    heap, status = [-node], Status.EXACT
    found: dict[tuple[int, int], frozenset[str]] = {}
    while heap:
        current = -heappop(heap)
        mine = pending.pop(current)
        if current in graph.sources:
            found |= {(current, at): frozenset(hows) for at, hows in mine.items()}
        steps, sure = _steps(graph, current, mine)
        status = status if sure else Status.INEXACT
        for parent, at, hows in steps:
            if parent not in pending:
                pending[parent] = {}
                heappush(heap, -parent)
            pending[parent].setdefault(at, set()).update(hows)
    return Origins(found, status)


def _steps(
    graph: LineageGraph, node: int, mine: dict[int, set[str]]
) -> tuple[list[tuple[int, int, set[str]]], bool]:
    """(parent, its column, how) of all behind columns of a node, and whether that is known."""
    table, op = graph.column_table, graph.op_name(node)
    edges = graph.edges(node)
    direct = [p for p, _, kind, _ in edges if kind == Kind.DIRECT]
    found: list[tuple[int, int, set[str]]] = []
    known = True
    inside = any(how in ORDER for hows in mine.values() for how in hows)
    for parent, row_map, kind, _ in edges:
        relation, sure = table.relation(node, parent, op, direct)
        step = _step(op, row_map) if kind == Kind.DIRECT else "statistic"
        reached = False
        for column, hows in mine.items():
            for at in relation.back(column):
                reached = True
                found.append((parent, at, {_worse(how, step) for how in hows}))
        known &= sure or not reached or kind != Kind.DIRECT or not inside
    return found + _asides(table, node, mine), known


def _asides(
    table: ColumnTable, node: int, mine: dict[int, set[str]]
) -> list[tuple[int, int, set[str]]]:
    """The columns that decided over columns of a node."""
    found = []
    for one in table.aside.get(node, ()):
        met = [hows for at, hows in mine.items() if one.over is None or at in one.over]
        hows = {_worse(how, one.how) for its in met for how in its}
        every = range(max(table.width(one.parent), 1))
        if hows:
            found += [(one.parent, at, hows) for at in one.places or every]
    return found


def _step(op: str, row_map: RowMap) -> str:
    if not row_map.functional:
        return "aggregation"
    return "identity" if op in COPIED else "transformation"


def _worse(how: str, step: str) -> str:
    """What a cell's way is called after one more step towards its source."""
    if how in ORDER and step in ORDER:
        return max(how, step, key=ORDER.index)
    return how if how not in ORDER else step
