"""A batch that a loader puts together of items: row k is item k, whatever data set made it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from traceprop_nb.lineage.maps import Deferred, Groups
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing import hooks
from traceprop_nb.tracing.record import Recorder
from traceprop_nb.tracing.rules import Edge

MOST = 64
"""Items of a batch up to which each gets an edge of its own."""


class Watched:
    """``default_collate`` with an eye on what it is given."""

    def __init__(self, recorder: Recorder, collate: Callable[[Any], Any]) -> None:
        self._recorder, self._collate = recorder, collate

    def __call__(self, items: Any) -> Any:
        __tracebackhide__ = True
        batch = self._collate(items)
        if hooks.ACTIVE and isinstance(items, list) and items:
            try:
                _record(self._recorder, items, batch)
            except Exception:  # noqa: BLE001  # counted; the batch is unknown then
                self._recorder.failed("DataLoader")
        return batch


def _record(recorder: Recorder, items: Sequence[Any], batch: Any) -> None:
    if isinstance(batch, torch.Tensor):
        if batch.dim() and len(batch) == len(items):
            _stacked(recorder, items, batch)
    elif isinstance(batch, dict):
        for name, part in batch.items():
            _record(recorder, [item[name] for item in items], part)
    elif isinstance(batch, list | tuple):
        for k, part in enumerate(batch):
            _record(recorder, [item[k] for item in items], part)


def _stacked(recorder: Recorder, items: Sequence[Any], batch: torch.Tensor) -> None:
    tracked = recorder.table.recorded
    nodes = [recorder.node_of(item) if type(item) in tracked else None for item in items]
    known = [node for node in nodes if node is not None]
    status = Status.EXACT if len(known) == len(nodes) else Status.UNKNOWN
    edges = _of_rows(recorder, known) if status == Status.EXACT else []
    if status == Status.EXACT and not edges:
        edges, status = _of_items(recorder, known)
    recorder.emit(-1, "DataLoader batch", batch, edges, status)


def _of_rows(recorder: Recorder, nodes: Sequence[int]) -> list[Edge]:
    """One edge, where every item is one row of one value, as it is."""
    graph, rows, parents = recorder.graph, list[int](), set[int]()
    for node in nodes:
        edges = list(graph.edges(node))
        if len(edges) != 1 or graph.status(node) != Status.EXACT or not graph.rows(node):
            return []
        parent, row_map, kind, status = edges[0]
        found = row_map.back(np.arange(row_map.n_out))
        if len(found) != 1 or kind != Kind.DIRECT or status != Status.EXACT:
            return []
        parents.add(parent)
        rows.append(int(found[0]))
    if len(parents) != 1:
        return []
    parent = parents.pop()
    moved = Deferred(np.array(rows, np.int64), graph.rows(parent))
    return [(parent, moved, Kind.DIRECT, Status.EXACT)]


def _of_items(recorder: Recorder, nodes: Sequence[int]) -> tuple[list[Edge], Status]:
    """An edge an item."""
    if len(nodes) > MOST:
        return [], Status.UNKNOWN
    found: list[Edge] = []
    for k, node in enumerate(nodes):
        codes = np.full(recorder.graph.rows(node), k, np.int32)
        found.append((node, Groups(codes, len(nodes)), Kind.DIRECT, Status.EXACT))
    return found, Status.EXACT
