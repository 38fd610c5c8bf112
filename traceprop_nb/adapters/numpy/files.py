"""Files of arrays: ``np.save``, ``np.savez`` and ``np.load``, row i for row i."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from traceprop_nb.tracing.files import How, came_in, entered, path_of, written, wrote
from traceprop_nb.tracing.operand import Operand
from traceprop_nb.tracing.rules import Call, RuleTable


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.function(_saved, np.save)
    table.function(_packed, np.savez, np.savez_compressed)
    table.function(_loaded, np.load)
    table.method(_unpacked, np.lib.npyio.NpzFile, ("[]", "__getitem__", "get"))


def _saved(call: Call) -> bool | None:
    target, array = call.argument(0, "file"), call.argument(1, "arr")
    node = call.recorder.identity.node(array)
    return wrote(call, _suffixed(target), node, "npy")


def _packed(call: Call) -> bool:
    arrays = {f"arr_{k}": array for k, array in enumerate(call.args[1:])} | dict(call.kwargs)
    target = _suffixed(arrays.pop("file", None) or call.argument(0, "file"), ".npz")
    for name, array in arrays.items():
        node = array.node if isinstance(array, Operand) else call.recorder.identity.node(array)
        how = How("npz", exact=True, part=f"[{name!r}]", site=call.site)
        written(call.recorder, target, node, how)
    return True


def _unpacked(call: Call) -> bool | None:
    if type(call.out) is not np.ndarray or not call.args:
        return None
    held = call.receiver
    path = path_of(getattr(getattr(held, "zip", None), "filename", None))
    part = f"[{call.args[0]!r}]"
    return came_in(call, call.out, path, part, reader="npz", part=part) if path else None


def _suffixed(target: Any, suffix: str = ".npy") -> Any:
    """The file that NumPy writes for a name."""
    if not isinstance(target, str | os.PathLike):
        return target
    name = os.fsdecode(target)
    return name if name.endswith(suffix) else f"{name}{suffix}"


def _loaded(call: Call) -> bool | None:
    target = call.argument(0, "file")
    if type(call.out) is not np.ndarray or path_of(target) is None:
        return None
    return entered(call, target, "npy")
