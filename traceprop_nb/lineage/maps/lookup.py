"""Where in an array of labels each label stands: scanned at first, indexed once it pays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.lineage.maps.rowsets import EMPTY, Ints, Rows, as_set, narrow, stretches

_FEW = 4
"""Labels up to which a comparison with each beats one pass over marks."""
_PATIENCE = 16
"""Scans before the index is built; at 1e6 labels it costs what some 100 scans do."""


class Lookup:
    """Positions of labels 0 .. n - 1 in an array; -1 is no label.

    Attributes:
        labels: Any signed integer type, shape (m,); kept, not copied.
        n: Number of labels.
    """

    __slots__ = ("_asked", "_index", "labels", "n")

    def __init__(self, labels: NDArray[Any], n: int) -> None:
        self.labels, self.n = labels, n
        self._asked = 0
        self._index: tuple[NDArray[Any], NDArray[Any]] | None = None

    def index(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Positions sorted by label, and where each label's positions start (n + 1)."""
        if self._index is None:
            self._index = _sorted_positions(self.labels, self.n)
        return self._index

    def find(self, wanted: Ints) -> Ints:
        """Positions that hold one of the wanted labels (a sorted set), as a sorted set."""
        if not wanted.size:
            return EMPTY
        if wanted.size * 8 > self.n or not self._indexed():
            return self._scan(wanted)
        order, start = self.index()
        begin, end = start[wanted].astype(np.int64), start[wanted + 1].astype(np.int64)
        return as_set(order[stretches(begin, end)[1]], self.labels.size)

    def find_one(self, label: int) -> Rows:
        """Positions that hold the label."""
        if self._index is None and not self._indexed():
            return narrow(np.flatnonzero(self.labels == label))
        order, start = self.index()
        begin, end = start.item(label), start.item(label + 1)
        if end - begin == 1:
            return order.item(begin)
        return order[begin:end].astype(np.int64)

    def pairs(self, wanted: Ints) -> tuple[Ints, Ints]:
        """Every (k, position) such that the position holds ``wanted[k]``, sorted."""
        order, start = self.index()
        begin, end = start[wanted].astype(np.int64), start[wanted + 1].astype(np.int64)
        owner, places = stretches(begin, end)
        return owner, order[places].astype(np.int64)

    def _indexed(self) -> bool:
        self._asked += 1
        return self._index is not None or self._asked > _PATIENCE

    def _scan(self, wanted: Ints) -> Ints:
        if wanted.size <= _FEW:
            first, *more = wanted.tolist()  # a Python int does not widen the labels
            hit = self.labels == first
            for label in more:
                hit |= self.labels == label
            return np.flatnonzero(hit)
        mark = np.zeros(self.n + 1, bool)  # -1 looks at the last place, which stays False
        mark[wanted] = True
        return np.flatnonzero(mark[self.labels])


def _sorted_positions(labels: NDArray[Any], n: int) -> tuple[NDArray[Any], NDArray[Any]]:
    kind = np.int32 if labels.size < 2**31 else np.int64
    if labels.size < 2**32 and n < 2**31:
        # one sort of (label, position) packed in 64 bits: 5 times a stable argsort's speed
        packed = (labels.astype(np.int64) << 32) | np.arange(labels.size)
        packed.sort()
        order = (packed & 0xFFFFFFFF).astype(kind)
    else:
        order = np.argsort(labels, kind="stable").astype(kind)
    counts = np.bincount(labels + np.int64(1), minlength=n + 1)
    return order, np.cumsum(counts).astype(kind)
