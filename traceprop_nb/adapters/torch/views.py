"""Tensors that are views of recorded ones, made where nobody saw it: by iteration, say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from traceprop_nb.adapters.torch.carry import as_map
from traceprop_nb.lineage.maps import All, OnDemand, Range, RowMap
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.writer import Writer


def view_of(recorder: Writer, value: Any) -> int | None:
    """Record a tensor as a view of the recorded one whose memory it shows.

    Returns:
        Its node; None where it is a view of nothing recorded.
    """
    base = value._base
    ref = recorder.identity.find(base) if base is not None else None
    if ref is None:
        return None
    n, rows = recorder.graph.rows(ref.node), recorder.table.rows(value)
    row_map, status = _place(base, value, n, rows)
    node = recorder.emit(-1, "view", value, [(ref.node, row_map, Kind.DIRECT, status)])
    recorder.identity.share(base, value)
    return node


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
    return OnDemand(lambda: window.row_map(n), n, rows), Status.EXACT


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

    def row_map(self, n: int) -> RowMap:
        """The rows of the tensor behind the rows of the view."""
        rows = torch.arange(1, n + 1, dtype=torch.int32)
        whole = rows.reshape(n, *(1 for _ in self.base[1:])).expand(self.base).contiguous()
        return as_map(whole.as_strided(self.size, self.stride, self.start), n)
