"""What JAX's witnesses work on: two matrices, a vector and a square matrix of six rows."""

from __future__ import annotations

import inspect
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tests.surface.witness import Setting
from traceprop_nb.adapters.jax import namespaces

N = 6
BASES = {"a": 1000, "b": 2000, "v": 3000, "s": 4000}
_STEPS = (0.3, 50.0, -50.0)
SETUP = "import numpy as np, jax, jax.numpy as jnp, jax.scipy, jax.scipy.special, jax.scipy.linalg"


def _values() -> dict[str, Any]:
    made = np.random.default_rng(0)
    shapes = {"a": (N, 3), "b": (N, 3), "v": (N,), "s": (N, N)}
    found = {name: made.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    found["s"] += 8 * np.eye(N, dtype=np.float32)
    return {name: jnp.asarray(value) for name, value in found.items()}


def _carried() -> dict[str, Any]:
    rows = np.arange(N, dtype=np.float32)
    return {
        "a": jnp.asarray(np.repeat(BASES["a"] + rows[:, None], 3, axis=1)),
        "b": jnp.asarray(np.repeat(BASES["b"] + rows[:, None], 3, axis=1)),
        "v": jnp.asarray(BASES["v"] + rows),
        "s": jnp.asarray(np.repeat(BASES["s"] + rows[:, None], N, axis=1)),
    }


def _changed(value: Any, row: int, k: int) -> Any:
    return value.at[row].add(_STEPS[k])


def _rows(out: Any) -> np.ndarray:
    if isinstance(out, tuple | list):
        out = out[0]
    array = np.asarray(out)
    return array.reshape(1) if array.ndim == 0 else array


SETTING = Setting(SETUP, _values, _carried, BASES, _changed, _rows, variants=3)


def public() -> dict[str, Any]:
    """Every public function of the modules that are followed, and every member of an array."""
    found: dict[str, Any] = {}
    seen: set[int] = set()
    for space in namespaces.SPACES:
        for name, thing in namespaces.functions(space).items():
            if id(thing) not in seen and not inspect.isclass(thing):
                seen.add(id(thing))
                found[f"{space.__name__}.{name}"] = thing
    array = type(jnp.zeros(1))
    for name in dir(array):
        if not name.startswith("_"):
            found[f"Array.{name}"] = (array, name)
    for name in ("__getitem__", "__matmul__"):
        found[f"Array.{name}"] = (array, name)
    found |= {f"jax.{name}": getattr(jax, name) for name in ("device_put", "device_get")}
    found["jax.tree.map"] = jax.tree.map
    return found
