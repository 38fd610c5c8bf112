"""Tensors whose rows lie along another axis than the first: transposes and views of them.

A view is taken again of row numbers that take no memory: a tensor of n numbers along the axis that
carries the rows, expanded over all others. The strides of the result then say where that axis
went, and which positions of it are left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from traceprop_nb.adapters.torch.given import results, shape
from traceprop_nb.lineage.maps import All, Range, RowMap, compose
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing import carriers, through
from traceprop_nb.tracing.broadcast import turned_by
from traceprop_nb.tracing.operand import Operand
from traceprop_nb.tracing.rules import Call

Run = Callable[..., Any]
_LONGEST = 1 << 20
"""Elements up to which an operation that copies is done again at once."""


def turned(call: Call, given: Sequence[Operand]) -> bool:
    """Record element-wise results of tensors whose rows lie along a later axis."""
    outs = results(call)
    step = (call.site, call.name)
    return bool(outs) and all(turned_by(call.recorder, step, out, given) for out in outs)


def viewed(
    call: Call, one: Operand, run: Run, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> bool:
    """Record the results of a call that only takes views of one tensor.

    Returns:
        Whether it was recorded: not where a result is more than a turned or cut axis.
    """
    if one.node is None or one.mark is None:
        return False
    axis, edges = carriers.lying(one.ref, one.node, one.rows)
    size, outs, n = shape(one), results(call), edges[0][1].n_out
    if through.alike(call.recorder.graph, one.node, 0) and outs:
        for out in outs:
            rows = call.recorder.table.rows(out)
            call.emit((one.node, All(one.rows, rows), Kind.DIRECT, Status.EXACT), out=out)
        return True
    if not size or carriers.lined(one.ref) or n != size[axis] or not outs:
        return False
    apart = [n if k == axis else 1 for k in range(len(size))]
    numbers = torch.arange(n).reshape(apart).expand(size)
    with torch.no_grad():
        made = run(numbers, *args, **kwargs)
    parts = made if isinstance(made, list | tuple) else [made]
    places = [_place(part, numbers) for part in parts if isinstance(part, torch.Tensor)]
    if len(places) != len(outs) or None in places:
        return False
    for out, place in zip(outs, places, strict=True):
        at, link = place  # type: ignore[misc]  # none of them is None
        found = [(parent, compose(link, m), kind, status) for parent, m, kind, status in edges]
        carriers.emit(call.recorder, (call.site, call.name), out, at, found)
    return True


def _place(part: torch.Tensor, numbers: torch.Tensor) -> tuple[int, RowMap] | None:
    """The axis along which numbers lie, and which they are; None where they lie along several."""
    moving = [k for k, (length, step) in enumerate(zip(part.shape, part.stride(), strict=True))
              if length > 1 and step]  # fmt: skip
    rows = len(part) if part.dim() else 1
    n = numbers.untyped_storage().nbytes() // numbers.element_size()
    if part.dtype != numbers.dtype or not part.numel():
        return None
    if part.untyped_storage().data_ptr() != numbers.untyped_storage().data_ptr():
        return _compared(part, n)
    if not moving:
        return 0, Range(part.storage_offset(), 0 if rows > 1 else 1, rows, n)
    if len(moving) > 1:
        return None
    at = moving[0]
    return at, Range(part.storage_offset(), part.stride(at), part.shape[at], n)


def _compared(part: torch.Tensor, n: int) -> tuple[int, RowMap] | None:
    """As ``_place``, of numbers that were copied."""
    if part.numel() > _LONGEST:
        return None
    for at in range(part.dim()):
        line = part.movedim(at, 0).reshape(part.shape[at], -1)
        if part.shape[at] > 1 and bool((line == line[:, :1]).all()):
            first = line[:, 0].tolist()
            step = first[1] - first[0]
            if first == list(range(first[0], first[0] + step * len(first), step or 1)):
                return at, Range(first[0], step, len(first), n)
    return None
