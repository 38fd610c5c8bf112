"""What PyTorch's operations do to the columns of a tensor of two axes."""

from __future__ import annotations

import torch

from traceprop_nb.lineage.columns import ColumnTable
from traceprop_nb.tracing.column_keys import in_place, picked, side_by_side, written
from traceprop_nb.tracing.rules import Call, RuleTable

_PLACED = (
    "from_numpy as_tensor tensor float double half int long bool clone detach to cpu cuda numpy "
    "requires_grad_ contiguous type relu sigmoid tanh exp log sqrt abs clamp nan_to_num add sub "
    "mul div index_select"
)


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.columns.labels[torch.Tensor] = _width
    table.columns.placed |= set(_PLACED.split())
    table.columns.method(picked, torch.Tensor, ("__getitem__",))
    table.columns.method(written, torch.Tensor, ("__setitem__",))
    table.columns.function(_joined, torch.cat, torch.concat, torch.hstack, torch.vstack)


def _width(value: torch.Tensor) -> int:
    return value.shape[1] if value.ndim == 2 else 1 if value.ndim < 2 else -1


def _joined(call: Call, table: ColumnTable, node: int) -> None:
    parts = call.argument(0, "tensors")
    if not isinstance(parts, list | tuple) or not all(isinstance(p, torch.Tensor) for p in parts):
        return
    nodes = [call.recorder.identity.node(part) for part in parts]
    dim = call.argument(1, "dim", call.kwargs.get("axis", 0))
    if call.name == "vstack" or (call.name != "hstack" and dim not in (1, -1)):
        in_place(table, node, nodes)
    elif all(part.ndim == 2 for part in parts):
        widths = [part.shape[1] for part in parts]
        side_by_side(table, node, zip(nodes, widths, strict=True))
