"""A call of everything in PyTorch that has a rule, out of the tables of calls."""

from __future__ import annotations

import torch

from tests.surface import torch_calls as calls, torch_modules, torch_more_calls as more
from tests.surface.library import Library
from tests.surface.torch_calls import REASONS, Line, parsed
from tests.surface.torch_setting import SETTING, public
from tests.surface.witness import Witness

LINES = parsed(
    calls.ONE, calls.SEVERAL, calls.ALONG, calls.PRODUCTS, calls.CORES,
    more.MOVES, more.WRITES, more.NEURAL, more.LOSSES,
)  # fmt: skip


def lines(name: str) -> list[Line]:
    """The lines of a full name: its own, or those of its last part."""
    last = name.rpartition(".")[2]
    for key in (name, last, last.removesuffix("_")):
        if key in LINES:
            return LINES[key]
    return []


def written(name: str, line: Line) -> str:
    """A line as a cell."""
    last = name.rpartition(".")[2]
    if not name.startswith("torch.Tensor."):
        inside = f"{line.first}, {line.rest}" if line.rest else line.first
        return f"out = {name}({inside}){line.pick}"
    if not callable(getattr(torch.Tensor, last)):
        return f"out = ({line.first}).{last}{line.pick}"
    if last in _IN_PLACE or (last.endswith("_") and not last.endswith("__")):
        return f"t = ({line.first}).clone()\nt.{last}({line.rest})\nout = t"
    return f"out = ({line.first}).{last}({line.rest}){line.pick}"


_IN_PLACE = ("__setitem__",)
_HERE = "if torch.cuda.is_available() else a.cpu()"
RAW = {
    "torch.Tensor.grad": "w = a.clone().requires_grad_()\n(w * b).sum().backward()\nout = w.grad",
    "torch.Tensor._grad": "w = a.clone().requires_grad_()\nw.sum().backward()\nout = w._grad",
    "torch.lu_unpack": "f = torch.linalg.lu_factor(m)\nout = torch.lu_unpack(f[0], f[1])[0]",
    "torch.Tensor._base": "w = a[1:]\nout = w._base",
    "torch.Tensor.cuda": f"out = a.cuda().cpu() {_HERE}",
    "torch.Tensor.pin_memory": f"out = a.pin_memory() {_HERE}",
}
"""Calls that are no line. Those for a device say nothing of it where there is none."""


def witnesses() -> list[Witness]:
    """All of them, by name."""
    found = []
    for name in public():
        if name in RAW:
            found.append(Witness(name, RAW[name], loose=REASONS["triangle"]))
        for line in lines(name) if not name.startswith("torch.distributed") else ():
            method = name.startswith("torch.Tensor.")
            if method and (line.first.startswith("*") or (line.once and name.endswith("_"))):
                continue
            found.append(Witness(name, written(name, line), line.truth, line.loose))
    return found + torch_modules.witnesses()


LIBRARY = Library("torch", torch.__version__, public, SETTING, witnesses())
