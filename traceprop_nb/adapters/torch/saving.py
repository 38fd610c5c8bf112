"""What torch writes to a file and reads again: tensors row for row, modules by the digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from traceprop_nb.tracing.files import How, parts_entered, written, wrote_parts
from traceprop_nb.tracing.plan import argument
from traceprop_nb.tracing.record import Recorder
from traceprop_nb.tracing.rules import Call, RuleTable


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.saving(_saved, torch.save)
    table.function(_loaded, torch.load)


def _saved(recorder: Recorder, args: Sequence[Any], kwargs: Mapping[str, Any], site: int) -> None:
    value, target = argument(args, kwargs, 0, "obj"), argument(args, kwargs, 1, "f")
    module = _module_of(recorder, value) if isinstance(value, dict) else value
    node = None if module is None else recorder.identity.node(module)
    how = How("torch", site=site)
    if type(value) not in recorder.table.recorded:  # a table is told of once, row for row
        written(recorder, target, node, how)
    wrote_parts(recorder, target, value, how)


def _loaded(call: Call) -> bool | None:
    return parts_entered(call, call.argument(0, "f"), "torch")


def _module_of(recorder: Recorder, state: dict[Any, Any]) -> nn.Module | None:
    """The recorded module whose parameters these are, memory and all; None for none or several."""
    places = {name: t.data_ptr() for name, t in state.items() if isinstance(t, torch.Tensor)}
    found = [
        thing
        for thing, _ in recorder.identity
        if isinstance(thing, nn.Module)
        and places
        and {name: t.data_ptr() for name, t in thing.state_dict().items()} == places
    ]
    return found[0] if len(found) == 1 else None
