"""What PyTorch's witnesses work on, and which of its callables are public: the overridable ones."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch
from torch.overrides import get_testing_overrides, resolve_name

from tests.surface.witness import Setting, rows_of

N = 6
SHAPES = {"a": (N, 3), "b": (N, 3), "v": (N,), "c": (N, 3, 4), "m": (N, N), "p": (N, 2, 4, 4)}
BASES = {name: 1000 * (k + 1) for k, name in enumerate(SHAPES)}
_STEPS = (1e-3, 0.3, -0.4, 50.0, -50.0)
_SETUP = """
import torch
import torch.nn.functional as F
from torch import nn
torch.manual_seed(0)
"""


def _values() -> dict[str, Any]:
    made = np.random.default_rng(0)
    values = {name: made.normal(size=size) for name, size in SHAPES.items()}
    values["m"] = values["m"] @ values["m"].T + np.diag(np.arange(1.0, N + 1))
    return {name: torch.tensor(value) for name, value in values.items()}


def _carried() -> dict[str, Any]:
    found = {}
    for name, size in SHAPES.items():
        rows = BASES[name] + torch.arange(N, dtype=torch.float64)
        found[name] = rows.reshape(N, *(1 for _ in size[1:])).expand(size).clone()
    return found


def _changed(value: torch.Tensor, row: int, k: int) -> torch.Tensor:
    value[row] += _STEPS[k]
    return value


def _rows(out: Any) -> np.ndarray:
    return rows_of(out.detach().resolve_conj().numpy() if isinstance(out, torch.Tensor) else out)


SETTING = Setting(_SETUP, _values, _carried, BASES, _changed, _rows)


def public() -> dict[str, Any]:
    """Every function and method that PyTorch itself calls overridable, by its full name."""
    found: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for function in get_testing_overrides():
            name = resolve_name(function)
            if name is None:
                module = getattr(function, "__module__", None) or "torch"
                found[f"{module}.{function.__name__}"] = function
            elif name.startswith("torch.Tensor."):
                method = name.removesuffix(".__get__").rpartition(".")[2]
                found[f"torch.Tensor.{method}"] = (torch.Tensor, method)
            else:
                found[name] = function
    return dict(sorted(found.items()))
