"""Files of arrays: ``np.save`` and ``np.load``, row i for row i."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from traceprop_nb.tracing.files import entered, path_of, wrote
from traceprop_nb.tracing.rules import Call, RuleTable


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.function(_saved, np.save)
    table.function(_loaded, np.load)


def _saved(call: Call) -> bool | None:
    target, array = call.argument(0, "file"), call.argument(1, "arr")
    node = call.recorder.identity.node(array)
    return wrote(call, _suffixed(target), node, "npy")


def _suffixed(target: Any) -> Any:
    """The file that ``np.save`` writes for a name."""
    if not isinstance(target, str | os.PathLike):
        return target
    name = os.fsdecode(target)
    return name if name.endswith(".npy") else f"{name}.npy"


def _loaded(call: Call) -> bool | None:
    target = call.argument(0, "file")
    if type(call.out) is not np.ndarray or path_of(target) is None:
        return None
    return entered(call, target, "npy")
