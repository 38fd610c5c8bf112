"""What PyTorch's tensor operations, modules and data sets do to rows (axis 0).

Tensors follow NumPy's rules for operators, broadcasting and indexing. No torch mode is ever
switched on: a mode costs a factor of six on a shuffled epoch and sees no worker. Each file has one
way in which rows behave, and a table of the names that behave so.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from traceprop_nb.adapters.torch import (
    along,
    cores,
    datasets,
    distinct,
    elementwise,
    functional,
    made,
    modules,
    moves,
    products,
    saving,
    settled,
    subscripts,
    views,
)
from traceprop_nb.adapters.torch.taps import Taps
from traceprop_nb.tracing.broadcast import align
from traceprop_nb.tracing.layout import Layout
from traceprop_nb.tracing.record import Recorder
from traceprop_nb.tracing.rules import RuleTable

_TENSORS = (torch.Tensor, nn.Parameter)
_PARTS = (
    elementwise, along, cores, datasets, distinct, products, moves, subscripts, functional, made,
    modules, saving, settled,
)  # fmt: skip
_CUDA_SEEDS = ("manual_seed", "manual_seed_all")


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.track(_snapshot, align, *_TENSORS)
    found = views.Views()
    for kind in _TENSORS:
        table.memory[kind], table.marks[kind], table.kin[kind] = _memory, _shape, found.view_of
        table.layouts[kind] = _layout
    table.trusted_roots.add("torch")
    for part in _PARTS:
        part.install(table)
    cuda = {getattr(torch.cuda, name): f"torch.cuda.{name}" for name in _CUDA_SEEDS}
    generator: Any = torch.Generator.manual_seed
    table.seeding(
        {torch.manual_seed: "torch.manual_seed", generator: "torch.Generator.manual_seed", **cuda}
    )


def taps(recorder: Recorder) -> Taps:
    """The taps of a recorder, not yet in place."""
    return Taps(recorder)


def _snapshot(value: torch.Tensor) -> tuple[int, int, None]:
    ndim = value.dim()
    return ndim, len(value) if ndim else 1, None


def _shape(value: torch.Tensor) -> torch.Size:
    return value.shape


def _layout(value: torch.Tensor) -> Layout | None:
    if value.device.type != "cpu" or value.layout != torch.strided:
        return None
    size = value.element_size()
    steps = tuple(step * size for step in value.stride())
    return Layout(value.data_ptr(), tuple(value.shape), steps, size)


def _memory(value: torch.Tensor) -> tuple[int, int]:
    """First byte of a tensor's storage and the one after its last; elsewhere than here, none."""
    if value.device.type != "cpu" or value.layout != torch.strided:
        return 0, 0
    storage = value.untyped_storage()
    start = storage.data_ptr()
    return start, start + storage.nbytes()
