"""Where PyTorch's loader decides which rows make a batch: ``_next_index``, and its ``collate_fn``.

The indices of a batch are queued when the loader draws them and taken when it hands the batch
over, in order, so that workers and prefetching change nothing. What a class of the user's makes of
an index nobody knows; there the items themselves are looked at, just before they are put together.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
import torch
from torch.utils.data import (
    dataloader as loaders,
    default_collate,
    default_convert,
)

from traceprop_nb.adapters.torch.collated import Watched
from traceprop_nb.adapters.torch.datasets import Leaf, Tree, sample
from traceprop_nb.gradients.objective import Ints
from traceprop_nb.lineage.maps import Deferred
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing import hooks
from traceprop_nb.tracing.record import Recorder
from traceprop_nb.tracing.rules import Edge

_PLAIN = (default_collate, default_convert)


class Taps:
    """The tap of one recorder, and what it replaced."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._originals: tuple[Any, Any] | None = None
        self.off: list[str] = []

    def install(self) -> None:
        """Put the tap in place; where PyTorch has moved the door, say so."""
        kind = loaders._BaseDataLoaderIter
        if not hasattr(kind, "_next_index"):
            self.off.append("torch DataLoader")
            return
        drawn, given = kind._next_index, kind.__next__
        recorder = self._recorder

        def _next_index(self: Any) -> Any:
            _watched(recorder, self)
            index = drawn(self)
            held = self.__dict__.get("_traceprop_drawn")
            if held is None or held[0] is not self._sampler_iter:  # a new pass over the data
                held = self.__dict__["_traceprop_drawn"] = (self._sampler_iter, deque())
            held[1].append(index)
            return index

        def __next__(self: Any) -> Any:
            batch = given(self)
            held = self.__dict__.get("_traceprop_drawn")
            index = held[1].popleft() if held is not None and held[1] else None
            if hooks.ACTIVE and index is not None:
                _recorded(recorder, self, index, batch)
            return batch

        self._originals = (drawn, given)
        kind._next_index, kind.__next__ = _next_index, __next__

    def remove(self) -> None:
        """Leave PyTorch as it was found."""
        if self._originals is not None:
            kind = loaders._BaseDataLoaderIter
            kind._next_index, kind.__next__ = self._originals
            self._originals = None


def _watched(recorder: Recorder, iterator: Any) -> None:
    if hooks.ACTIVE:
        try:
            _watch(recorder, iterator)
        except Exception:
            recorder.failed("DataLoader")


def _recorded(recorder: Recorder, iterator: Any, index: Any, batch: Any) -> None:
    try:
        _record(recorder, iterator, index, batch)
    except Exception:
        recorder.failed("DataLoader")


def _watch(recorder: Recorder, iterator: Any) -> None:
    """In this process, see the items of a data set that says nothing of its rows."""
    fetcher = getattr(iterator, "_dataset_fetcher", None)
    if fetcher is None or iterator._collate_fn not in _PLAIN or type(fetcher.collate_fn) is Watched:
        return
    mapped = iterator._dataset_kind == loaders._DatasetKind.Map
    if not mapped or sample(iterator._dataset, np.empty(0, np.int64)) is None:
        fetcher.collate_fn = Watched(recorder, fetcher.collate_fn)


def _record(recorder: Recorder, iterator: Any, index: Any, batch: Any) -> None:
    mapped = iterator._dataset_kind == loaders._DatasetKind.Map
    if iterator._collate_fn not in _PLAIN or not getattr(iterator, "_in_order", True):
        return  # rows in an order of the user's own, or batches in any
    rows = _rows(index, len(iterator._dataset)) if mapped else None
    fields = None if rows is None else sample(iterator._dataset, rows)
    if rows is not None and fields is not None:
        _fields(recorder, fields, batch, len(rows))


def _rows(index: Any, n: int) -> Ints | None:
    try:
        rows = np.asarray(index, dtype=np.int64).reshape(-1)
    except (TypeError, ValueError):
        return None  # keys that are no positions, such as strings
    return np.where(rows < 0, rows + n, rows)


def _fields(recorder: Recorder, fields: Tree, batch: Any, n: int) -> None:
    """Record the tensors of a batch, field by field."""
    if isinstance(fields, Leaf):
        if isinstance(batch, torch.Tensor) and batch.dim() and len(batch) == n:
            edges = [e for thing, rows in fields.parts for e in _edge(recorder, thing, rows)]
            known = all(recorder.identity.node(thing) is not None for thing, _ in fields.parts)
            status = Status.EXACT if known else Status.UNKNOWN
            recorder.emit(-1, "DataLoader batch", batch, edges, status)
    elif isinstance(fields, dict):
        if isinstance(batch, dict):
            for name, part in fields.items():
                _fields(recorder, part, batch.get(name), n)
    elif isinstance(batch, list | tuple) and len(batch) == len(fields):
        for part, out in zip(fields, batch, strict=True):
            _fields(recorder, part, out, n)


def _edge(recorder: Recorder, thing: Any, rows: Ints) -> list[Edge]:
    node = recorder.identity.node(thing)
    if node is None or recorder.graph.rows(node) != len(thing):
        return []
    return [(node, Deferred(rows, len(thing)), Kind.DIRECT, Status.EXACT)]
