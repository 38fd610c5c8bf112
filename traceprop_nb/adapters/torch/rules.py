"""What PyTorch's tensor operations, modules and data sets do to rows (axis 0).

Tensors follow NumPy's rules for operators, broadcasting and indexing. No torch mode is ever
switched on: a mode costs a factor of six on a shuffled epoch and sees no worker.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from traceprop_nb.adapters.torch import saving
from traceprop_nb.adapters.torch.taps import Taps
from traceprop_nb.lineage.maps import All, Deferred, Groups, Identity, Part
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.broadcast import align, edges, product
from traceprop_nb.tracing.keys import key_map
from traceprop_nb.tracing.operand import Operand
from traceprop_nb.tracing.record import Recorder
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

_ELEMENTWISE = (
    "abs exp log log1p expm1 sqrt rsqrt sin cos tan tanh sigmoid relu sign neg square reciprocal "
    "add sub mul div true_divide pow maximum minimum where clamp clip nan_to_num isnan isfinite "
    "eq ne lt le gt ge logical_and logical_or logical_not round floor ceil erf fmod remainder"
)
_SAME_ROWS = (
    "float double half int long bool to type clone detach cpu contiguous requires_grad_ numpy "
    "view_as type_as bfloat16 data"
)
_REDUCTIONS = "sum mean std var prod max min argmax argmin any all amax amin norm median logsumexp"
_IMPORTED = "from_numpy as_tensor tensor"
_MADE = "zeros ones empty arange linspace rand randn randint randperm full eye zeros_like ones_like"
_ROW_MODULES = (
    nn.Linear, nn.ReLU, nn.Sigmoid, nn.Tanh, nn.GELU, nn.LeakyReLU, nn.ELU, nn.SiLU, nn.Softplus,
    nn.Dropout, nn.Identity, nn.LayerNorm, nn.Embedding, nn.Flatten, nn.Conv1d, nn.Conv2d,
    nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.MaxPool1d, nn.GroupNorm, nn.Bilinear,
)  # fmt: skip
_BATCH_MODULES = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)

_CUDA_SEEDS = ("manual_seed", "manual_seed_all")


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.track(_snapshot, align, torch.Tensor, nn.Parameter)
    table.memory.update({torch.Tensor: _memory, nn.Parameter: _memory})
    table.trusted_roots.add("torch")
    functions = {
        name: getattr(torch, name) for name in _ELEMENTWISE.split() if hasattr(torch, name)
    }
    table.function(_elementwise, *functions.values(), torch.nn.functional.relu)
    tensor = torch.Tensor
    table.method(_elementwise_method, tensor, functions)
    table.method(_same_rows, tensor, _SAME_ROWS.split())
    table.method(_reduction, tensor, _REDUCTIONS.split())
    table.function(
        _reduction, *(getattr(torch, n) for n in _REDUCTIONS.split() if hasattr(torch, n))
    )
    table.function(_imported, *(getattr(torch, name) for name in _IMPORTED.split()))
    table.function(_made, *(getattr(torch, name) for name in _MADE.split()))
    table.method(_getitem, tensor, ("__getitem__",))
    table.method(_setitem, tensor, ("__setitem__",))
    table.method(
        _quiet, tensor, ("__setattr__", "backward", "item", "zero_", "retain_grad", "size", "dim")
    )
    table.method(_matmul, tensor, ("__matmul__",))
    table.method(_index_select, tensor, ("index_select",))
    table.method(_reshape, tensor, ("squeeze", "unsqueeze", "reshape", "view", "flatten"))
    table.function(_cat, torch.cat, torch.vstack, torch.concat)
    table.function(_stack, torch.stack)
    table.function(_dataset, torch.utils.data.TensorDataset)
    table.method(_module, nn.Module, ("__call__",))
    saving.install(table)
    table.keeps(nn.Module, lambda module, name: module._modules.get(name))
    table.method(
        _quiet, nn.Module, ("train", "eval", "parameters", "state_dict", "zero_grad", "to")
    )
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


def _memory(value: torch.Tensor) -> tuple[int, int]:
    """First byte of a tensor's storage and the one after its last; elsewhere than here, none."""
    if value.device.type != "cpu" or value.layout != torch.strided:
        return 0, 0
    storage = value.untyped_storage()
    start = storage.data_ptr()
    return start, start + storage.nbytes()


def _quiet(call: Call) -> bool | None:
    """Nothing moves."""
    return True


def _values(call: Call) -> list[Any]:
    recorded = call.recorder.table.recorded
    return [v for v in (*call.args, *call.kwargs.values()) if type(v) in recorded]


def _elementwise(call: Call) -> bool | None:
    if "out" in call.kwargs or type(call.out) not in call.recorder.table.tracked:
        return None
    recorder = call.recorder
    operands = [recorder.operand(v) for v in _values(call)]
    ndim, rows, _ = recorder.table.snapshot(call.out)
    flat = edges(recorder, ndim, rows, operands)
    recorder.append(call.site, recorder.graph.op(call.name), call.out, rows, flat)
    return True


def _elementwise_method(call: Call) -> bool | None:
    if "out" in call.kwargs or type(call.out) not in call.recorder.table.tracked:
        return None
    recorder = call.recorder
    operands = [call.receiver_operand(), *(recorder.operand(v) for v in _values(call))]
    ndim, rows, _ = recorder.table.snapshot(call.out)
    flat = edges(recorder, ndim, rows, operands)
    recorder.append(call.site, recorder.graph.op(call.name), call.out, rows, flat)
    return True


def _same_rows(call: Call) -> bool | None:
    if call.node is None or call.recorder.table.rows(call.out) != call.rows:
        return None
    if call.out is call.receiver:
        return True
    call.emit((call.node, Identity(call.rows), Kind.DIRECT, Status.EXACT))
    if call.receiver is not None and call.name in (
        "detach",
        "numpy",
        "data",
        "cpu",
        "to",
        "contiguous",
    ):
        call.recorder.identity.share(call.receiver, call.out)
    return True


def _reduction(call: Call) -> bool | None:
    node, ndim, n, first = call.node, call.ndim, call.rows, 0
    if node is None:
        value = call.args[0] if call.args else None
        if not isinstance(value, torch.Tensor):
            return None
        node, first = call.recorder.node_of(value), 1
        ndim, n, _ = call.recorder.table.snapshot(value)
    axis = call.kwargs.get("axis", call.argument(first, "dim"))
    if node is None or type(call.out) not in call.recorder.table.tracked:
        return None
    if axis is not None and not isinstance(axis, int | tuple | list):
        return None
    axes = range(ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
    rows = call.recorder.table.rows(call.out)
    if any(a % max(ndim, 1) == 0 for a in axes):
        return call.emit((node, All(n, rows), Kind.DIRECT, Status.EXACT))
    return call.emit((node, Identity(n), Kind.DIRECT, Status.EXACT)) if rows == n else None


def _imported(call: Call) -> bool | None:
    value = call.args[0] if call.args else None
    if type(value) not in call.recorder.table.recorded:
        if isinstance(value, int | float | list | tuple) and not _values(call):
            inside = isinstance(value, list | tuple) and any(
                type(v) in call.recorder.table.recorded for v in value
            )
            if inside:
                return None
            call.recorder.entered(call, "array")
            return True
        return None
    rows = call.recorder.table.rows(call.out)
    if call.out is value:
        return True
    if call.recorder.table.rows(value) != rows:
        return None
    call.emit(*call.recorder.edge(value, Identity(rows)))
    if call.name != "tensor":
        call.recorder.identity.share(value, call.out)
    return True


def _made(call: Call) -> bool | None:
    return call.emit() if not any(isinstance(v, torch.Tensor) for v in call.args[1:]) else None


def _key(key: Any) -> Any:
    if isinstance(key, tuple):
        return tuple(_key(k) for k in key)
    if not isinstance(key, torch.Tensor):
        return key
    array = key.detach().cpu().numpy()
    return array if key.dim() or array.dtype.kind not in "iu" else int(array)


def _getitem(call: Call) -> bool | None:
    if call.node is None:
        return None
    rows = call.recorder.table.rows(call.out)
    row_map = key_map(_key(call.args[0]), call.rows, call.ndim, rows)
    if row_map is None:
        return None
    call.emit((call.node, row_map, Kind.DIRECT, Status.EXACT))
    if call.receiver is not None and not _wide(call.args[0]):
        call.recorder.identity.share(call.receiver, call.out)
    return True


def _wide(key: Any) -> bool:
    keys = key if isinstance(key, tuple) else (key,)
    return any(isinstance(k, list | np.ndarray | torch.Tensor) for k in keys)


def _setitem(call: Call) -> bool | None:
    """Scalars and plain numbers change values, not rows; anything else is left to be inexact."""
    value = call.written()
    plain = isinstance(value, int | float | bool)
    return True if plain and "among" not in call.kwargs else None


def _matmul(call: Call) -> bool | None:
    left, right = call.args
    if left is None or right is None:
        return None
    return product(call.recorder, call.site, "@", call.out, left, right)


def _index_select(call: Call) -> bool | None:
    index = call.argument(1, "index")
    if call.node is None or call.argument(0, "dim") != 0 or not isinstance(index, torch.Tensor):
        return None
    return call.emit(
        (call.node, Deferred(_key(index).astype(np.int64), call.rows), Kind.DIRECT, Status.EXACT)
    )


def _reshape(call: Call) -> bool | None:
    rows = call.recorder.table.rows(call.out)
    if call.node is None or rows != call.rows or call.out.dim() == 0 or call.out.numel() == 0:
        return None
    if call.name == "unsqueeze" and call.argument(0, "dim") in (0, -call.ndim - 1):
        return None
    if call.name == "squeeze" and rows == 1:
        return None
    call.emit((call.node, Identity(rows), Kind.DIRECT, Status.EXACT))
    if call.receiver is not None:
        call.recorder.identity.share(call.receiver, call.out)
    return True


def _parts(call: Call) -> list[Any] | None:
    parts = call.argument(0, "tensors")
    return list(parts) if isinstance(parts, list | tuple) and "out" not in call.kwargs else None


def _cat(call: Call) -> bool | None:
    parts = _parts(call)
    dim = 0 if call.name == "vstack" else call.argument(1, "dim", call.kwargs.get("axis", 0))
    if not parts or not isinstance(dim, int) or (call.name == "vstack" and parts[0].dim() < 2):
        return None
    rows = call.recorder.table.rows(call.out)
    found: list[Edge] = []
    if dim % max(parts[0].dim(), 1) != 0:
        for part in parts:
            found += call.recorder.edge(part, Identity(rows))
        return call.emit(*found)
    offset = 0
    for part in parts:
        found += call.recorder.edge(part, Part(offset, len(part), rows))
        offset += len(part)
    return call.emit(*found) if offset == rows else None


def _stack(call: Call) -> bool | None:
    parts = _parts(call)
    dim = call.argument(1, "dim", 0)
    if not parts or not isinstance(dim, int) or parts[0].dim() == 0:
        return None
    rows = call.recorder.table.rows(call.out)
    found: list[Edge] = []
    for k, part in enumerate(parts):
        whole = dim % (parts[0].dim() + 1) == 0
        row_map = Groups(np.full(len(part), k, np.int32), rows) if whole else Identity(rows)
        found += call.recorder.edge(part, row_map)
    return call.emit(*found)


def _dataset(call: Call) -> bool | None:
    """A data set is a value: row i of it is row i of each of its tensors."""
    recorder = call.recorder
    found = [e for t in call.args for e in recorder.edge(t, Identity(len(call.out)))]
    recorder.emit(call.site, "TensorDataset", call.out, found, rows=len(call.out))
    return True


def _module(call: Call) -> bool | None:
    """A module applied to a batch. One written in a traced cell recorded its own steps already."""
    recorder = call.recorder
    if type(call.out) not in recorder.table.tracked or not call.args:
        return None
    if recorder.identity.node(call.out) is not None:
        return True
    given = call.args[0]  # the user's own module may let go of it: then only noted
    operand = given if isinstance(given, Operand) else recorder.operand(given)
    module = call.function if isinstance(call.function, nn.Module) else call.receiver
    if not isinstance(module, nn.Module) or operand.node is None or len(call.args) > 1:
        return None
    rows = operand.rows
    keeps = _keeps_rows(module) and call.out.dim() > 0 and operand.ndim >= 2 and not call.kwargs
    if not keeps or recorder.table.rows(call.out) != rows:
        return None
    same = (operand.node, Identity(rows), Kind.DIRECT, Status.EXACT)
    return call.emit(same, op=type(module).__name__)


def _keeps_rows(module: nn.Module) -> bool:
    if isinstance(module, nn.Sequential):
        return all(_keeps_rows(part) for part in module)
    if type(module) in _BATCH_MODULES:
        return not module.training
    return type(module) in _ROW_MODULES
