"""What NumPy's witnesses work on: two matrices, a vector, positions and a mask of six rows."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from tests.surface.witness import Setting

N = 6
BASES = {"a": 1000, "b": 2000, "v": 3000}
_STEPS = (1e-6, 0.3, -0.4, 50.0, -50.0)


def _values() -> dict[str, Any]:
    made = np.random.default_rng(0)
    return {"a": made.normal(size=(N, 3)), "b": made.normal(size=(N, 3)), "v": made.normal(size=N)}


def _carried() -> dict[str, Any]:
    rows = np.arange(N, dtype=float)
    return {
        "a": np.repeat(BASES["a"] + rows[:, None], 3, axis=1),
        "b": np.repeat(BASES["b"] + rows[:, None], 3, axis=1),
        "v": BASES["v"] + rows,
    }


def _changed(value: np.ndarray, row: int, k: int) -> np.ndarray:
    value[row] += _STEPS[k]
    return value


SETTING = Setting("import numpy as np", _values, _carried, BASES, _changed)


def public() -> dict[str, Any]:
    """Every public function of NumPy, by its full name."""
    found = {}
    for name in sorted(dir(np)):
        thing = getattr(np, name)
        if not name.startswith("_") and callable(thing) and not inspect.isclass(thing):
            found[f"numpy.{name}"] = thing
    return found
