"""Where PyTorch's loader decides which rows make a batch: ``_next_index``.

The indices of a batch are queued when the loader draws them and taken when it hands the batch
over, in order, so that workers and prefetching change nothing.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
from torch.utils.data import (
    Subset,
    TensorDataset,
    dataloader as loaders,
    default_collate,
    default_convert,
)

from traceprop_nb.lineage.maps import Deferred
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing import hooks
from traceprop_nb.tracing.record import Recorder


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
                try:
                    _record(recorder, self, index, batch)
                except Exception:
                    recorder.failed("DataLoader")
            return batch

        self._originals = (drawn, given)
        kind._next_index, kind.__next__ = _next_index, __next__

    def remove(self) -> None:
        """Leave PyTorch as it was found."""
        if self._originals is not None:
            kind = loaders._BaseDataLoaderIter
            kind._next_index, kind.__next__ = self._originals
            self._originals = None


def _record(recorder: Recorder, iterator: Any, index: Any, batch: Any) -> None:
    plain = iterator._collate_fn in (default_collate, default_convert)
    if not plain or not getattr(iterator, "_in_order", True):
        return  # rows in an order of the user's own, or batches in any
    data = iterator._dataset
    while type(data) is Subset:
        data = data.dataset
    if type(data) is not TensorDataset or not isinstance(batch, list | tuple):
        return
    rows = _rows(iterator._dataset, np.asarray(index, np.int64).reshape(-1))
    if len(batch) != len(data.tensors):
        return
    for out, tensor in zip(batch, data.tensors, strict=True):
        node = recorder.identity.node(tensor)
        if node is None or type(out) is not type(tensor) or len(out) != len(rows):
            continue
        moved = Deferred(rows, recorder.graph.rows(node))
        recorder.emit(-1, "DataLoader batch", out, [(node, moved, Kind.DIRECT, Status.EXACT)])


def _rows(data: Any, rows: np.ndarray) -> np.ndarray:
    """Rows of the data set under any number of subsets."""
    while type(data) is Subset:
        rows, data = np.asarray(data.indices, np.int64)[rows], data.dataset
    return rows
