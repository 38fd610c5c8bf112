"""Which dataset rows each DataLoader batch holds, read where the loader draws its indices.

Works with shuffling, samplers and worker processes: indices are drawn in the main process, in
the order in which batches are handed out. Two methods of the loader's iterator are replaced
while the tap is on; random numbers are neither drawn nor moved.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from torch.utils.data import dataloader

from traceprop_nb.gradients.objective import Ints

Iterator = dataloader._BaseDataLoaderIter


@dataclass
class Batch:
    """The latest batch that a loader handed out.

    Attributes:
        dataset: The loader's dataset.
        rows: int64, its rows in the batch, in order; None if they cannot be known.
        used: Whether a training step was taken on it.
    """

    dataset: Any
    rows: Ints | None
    used: bool = False


@dataclass
class _Drawn:
    sampler: Any = None
    waiting: deque[Any] = field(default_factory=deque)


class BatchTap:
    """Follows every DataLoader while it is on.

    Args:
        ended: Called with a dataset when a pass over it ends.
    """

    def __init__(self, ended: Callable[[Any], None]) -> None:
        self.latest: Batch | None = None
        self._ended = ended
        self._drawn: WeakKeyDictionary[Any, _Drawn] = WeakKeyDictionary()
        self._active = False
        self._patches: list[tuple[str, Any, Any]] = []

    def start(self) -> None:
        """Begin to follow."""
        self._active, self.latest = True, None
        self._patch("_next_index", self._draw)
        self._patch("__next__", self._hand_out)

    def stop(self) -> None:
        """Put the iterator back as it was."""
        self._active, self.latest = False, None
        for name, plain, ours in reversed(self._patches):
            if Iterator.__dict__.get(name) is ours:
                setattr(Iterator, name, plain)
        self._patches.clear()
        self._drawn.clear()

    def _patch(self, name: str, around: Callable[..., Any]) -> None:
        plain = Iterator.__dict__[name]

        @functools.wraps(plain)
        def ours(iterator: Any) -> Any:
            __tracebackhide__ = True
            return around(plain, iterator) if self._active else plain(iterator)

        setattr(Iterator, name, ours)
        self._patches.append((name, plain, ours))

    def _draw(self, plain: Callable[[Any], Any], iterator: Any) -> Any:
        __tracebackhide__ = True
        index = plain(iterator)
        drawn = self._drawn.setdefault(iterator, _Drawn())
        if drawn.sampler is not iterator._sampler_iter:  # a new pass: what was left is void
            drawn.sampler, drawn.waiting = iterator._sampler_iter, deque()
        drawn.waiting.append(index)
        return index

    def _hand_out(self, plain: Callable[[Any], Any], iterator: Any) -> Any:
        __tracebackhide__ = True
        try:
            batch = plain(iterator)
        except StopIteration:
            self._ended(iterator._dataset)
            raise
        drawn = self._drawn.get(iterator)
        index = drawn.waiting.popleft() if drawn is not None and drawn.waiting else None
        self.latest = Batch(iterator._dataset, _rows(index, iterator))
        return batch


def _rows(index: Any, iterator: Any) -> Ints | None:
    ordered = getattr(iterator, "_in_order", True)
    indexed = iterator._dataset_kind == dataloader._DatasetKind.Map
    if index is None or not ordered or not indexed:
        return None
    try:
        return np.atleast_1d(np.asarray(index, dtype=np.int64))
    except (TypeError, ValueError):
        return None  # keys that are no positions, such as strings
