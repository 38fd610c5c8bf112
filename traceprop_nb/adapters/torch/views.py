"""Tensors that are views of recorded ones, made where nobody saw it: by iteration, say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from traceprop_nb.adapters.torch.carry import as_map
from traceprop_nb.lineage.maps import All, OnDemand, Range, RowMap
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.writer import Writer


class Views:
    """Finds what a view is a view of, and remembers the last it found: rows come one by one."""

    def __init__(self) -> None:
        self._last: Callable[[], Any] = lambda: None

    def view_of(self, recorder: Writer, value: Any) -> int | None:
        """Record a tensor as a view of a recorded one whose memory it shows.

        Returns:
            Its node; None where it is a view of nothing recorded.
        """
        base = value._base
        whole = self._whole(recorder, value, base) if base is not None else None
        ref = recorder.identity.find(whole) if whole is not None else None
        if ref is None:
            return None
        self._last = ref
        n, rows = recorder.graph.rows(ref.node), recorder.table.rows(value)
        row_map, status = _place(whole, value, n, rows)
        node = recorder.emit(-1, "view", value, [(ref.node, row_map, Kind.DIRECT, status)])
        recorder.identity.share(whole, value)
        return node

    def _whole(self, recorder: Writer, value: Any, base: Any) -> Any:
        if recorder.identity.find(base) is not None:
            return base
        last = self._last()
        if last is not None and _holds(last, value, base):
            return last
        live = (thing for thing, _ in recorder.identity if isinstance(thing, torch.Tensor))
        return next((thing for thing in live if _holds(thing, value, base)), None)


def _holds(whole: Any, value: Any, base: Any) -> bool:
    """Whether a view lies within another of the same base, which has no gaps."""
    if whole is value or whole._base is not base or not whole.is_contiguous():
        return False
    start = value.storage_offset() - whole.storage_offset()
    reach = zip(value.shape, value.stride(), strict=True)
    last = start + sum((length - 1) * step for length, step in reach)
    return bool(whole.dtype == value.dtype and start >= 0 and last < whole.numel())


def _place(base: Any, value: Any, n: int, rows: int) -> tuple[RowMap, Status]:
    plain = base.layout == value.layout == torch.strided and base.dtype == value.dtype
    if not plain or not base.is_contiguous() or not base.numel() or n != _rows(base):
        return All(n, rows), Status.INEXACT
    window = _Window(
        tuple(base.shape), tuple(value.shape), value.stride(),
        value.storage_offset() - base.storage_offset(),
    )  # fmt: skip
    long = base.numel() // n
    if window.start // long == window.last // long and value.numel():
        return Range(window.start // long, 0, rows, n), Status.EXACT
    status = Status.EXACT if window.apart(long) else Status.INEXACT
    return OnDemand(lambda: window.row_map(n), n, rows), status


def _rows(value: Any) -> int:
    """Rows of a tensor: the length of its first axis."""
    return len(value) if value.dim() else 1


@dataclass(frozen=True)
class _Window:
    """Where in a contiguous tensor a view stands."""

    base: tuple[int, ...]
    size: tuple[int, ...]
    stride: tuple[int, ...]
    start: int

    @property
    def last(self) -> int:
        """Its last element."""
        steps = zip(self.size, self.stride, strict=True)
        return self.start + sum((length - 1) * step for length, step in steps)

    def apart(self, long: int) -> bool:
        """Whether each row of the view lies within one row, of so many elements."""
        if len(self.size) <= 1:
            return True
        steps = zip(self.size[1:], self.stride[1:], strict=True)
        reach = sum((length - 1) * step for length, step in steps)
        return self.stride[0] % long == 0 and self.start % long + reach < long

    def row_map(self, n: int) -> RowMap:
        """The rows of the tensor behind the rows of the view."""
        rows = torch.arange(1, n + 1, dtype=torch.int32)
        whole = rows.reshape(n, *(1 for _ in self.base[1:])).expand(self.base).contiguous()
        return as_map(whole.as_strided(self.size, self.stride, self.start), n)
