"""Tensors that are made anew, or of arrays and Python's own numbers."""

from __future__ import annotations

import torch

from traceprop_nb.adapters.torch.given import operands, results
from traceprop_nb.adapters.torch.places import everywhere
from traceprop_nb.adapters.torch.turns import turned
from traceprop_nb.lineage.maps import Identity
from traceprop_nb.tracing import carriers
from traceprop_nb.tracing.rules import Call, RuleTable

_NEW = (
    "zeros ones empty arange linspace logspace rand randn randint randperm full eye range "
    "empty_strided tril_indices triu_indices hann_window hamming_window blackman_window "
    "bartlett_window kaiser_window fftfreq rfftfreq empty_permuted"
)
_LIKE = "zeros_like ones_like empty_like full_like rand_like randn_like randint_like"
_METHODS = "new_zeros new_ones new_empty new_full new_empty_strided"
_IMPORTED = "from_numpy as_tensor tensor asarray"
_COPIES = "tensor"


def install(table: RuleTable) -> None:
    """Fill the table."""
    for name in _NEW.split():
        everywhere(table, lambda _: _made, name)
    everywhere(table, lambda _: _made, _LIKE)
    table.method(_made, torch.Tensor, _METHODS.split())
    table.function(_imported, *(getattr(torch, name) for name in _IMPORTED.split()))
    table.method(_imported, torch.Tensor, ("new_tensor",))


def _made(call: Call) -> bool | None:
    """No row comes from anywhere; a number to fill it with may come from a tensor."""
    given = [o for o in operands(call) if o.ndim == 0 and o.node is not None]
    outs = results(call)
    if not outs or any(out is call.receiver for out in outs) or (given and call.node is None):
        return None
    return call.emit(out=outs[0])


def _imported(call: Call) -> bool | None:
    """An array row by row; of plain numbers nobody saw where they came from."""
    value = call.argument(0, "data")
    recorder = call.recorder
    if type(value) not in recorder.table.recorded:
        if not isinstance(value, int | float | list | tuple) or operands(call):
            return None
        recorder.entered(call, "array")
        return True
    rows = recorder.table.rows(call.out)
    if call.out is value:
        return True
    if recorder.table.rows(value) != rows:
        return None
    given = recorder.operand(value)
    known = carriers.of(given.ref) is not None and tuple(value.shape) == tuple(call.out.shape)
    if not known or not turned(call, [given]):
        call.emit(*recorder.edge(value, Identity(rows)))
    if call.name not in ("tensor", "new_tensor"):
        recorder.identity.share(value, call.out)
    return True
