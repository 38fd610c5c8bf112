"""What NumPy's witnesses work on: matrices, a vector and a square matrix of six rows."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from tests.surface.witness import Setting

N = 6
BASES = {"a": 1000, "b": 2000, "v": 3000, "s": 4000}
_STEPS = (1e-6, 0.3, -0.4, 50.0, -50.0)


def _values() -> dict[str, Any]:
    made = np.random.default_rng(0)
    return {
        "a": made.normal(size=(N, 3)),
        "b": made.normal(size=(N, 3)),
        "v": made.normal(size=N),
        "s": made.normal(size=(N, N)),
    }


def _carried() -> dict[str, Any]:
    rows = np.arange(N, dtype=float)
    return {
        "a": np.repeat(BASES["a"] + rows[:, None], 3, axis=1),
        "b": np.repeat(BASES["b"] + rows[:, None], 3, axis=1),
        "v": BASES["v"] + rows,
        "s": np.repeat(BASES["s"] + rows[:, None], N, axis=1),
    }


def _changed(value: np.ndarray, row: int, k: int) -> np.ndarray:
    """Every element of the row by another amount, so that differences and spreads show it."""
    amounts = np.linspace(1.0, 1.7, np.size(value[row]))
    value[row] += _STEPS[k] * (amounts if np.ndim(value[row]) else amounts[0])
    return value


SETUP = "import random\nimport numpy as np\nfrom numpy.lib.stride_tricks import *\n"
SETTING = Setting(SETUP, _values, _carried, BASES, _changed)

_MODULES = {
    "numpy": np, "numpy.linalg": np.linalg, "numpy.fft": np.fft, "numpy.random": np.random,
    "numpy.emath": np.emath, "numpy.strings": np.strings, "numpy.char": np.char,
    "numpy.ma": np.ma, "numpy.lib.stride_tricks": np.lib.stride_tricks,
}  # fmt: skip
_TYPES = {
    "numpy.ndarray": np.ndarray, "numpy.ufunc": np.ufunc, "numpy.random.Generator":
    np.random.Generator, "numpy.random.RandomState": np.random.RandomState,
}  # fmt: skip


def public() -> dict[str, Any]:
    """Every public function and method of NumPy, by its full name."""
    found: dict[str, Any] = {}
    for prefix, module in _MODULES.items():
        for name in sorted(dir(module)):
            thing = getattr(module, name)
            if name.startswith("_") or not callable(thing) or inspect.isclass(thing):
                continue
            if module is not np.ma or getattr(np, name, None) is not thing:
                found[f"{prefix}.{name}"] = thing
    for prefix, kind in _TYPES.items():
        for name in sorted(dir(kind)):
            if not name.startswith("_"):
                found[f"{prefix}.{name}"] = (kind, name)
    found["numpy.vectorize.__call__"] = (np.vectorize, "__call__")
    return found
