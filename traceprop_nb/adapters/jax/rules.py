"""What JAX's functions, arrays and transformations do to rows (axis 0).

Operators follow NumPy's rules. A function of JAX's own is traced on shapes, once a signature, and
its jaxpr is read (``flow``); a jitted function's jaxpr is the one that JAX keeps of it. A
function of the user's is never run again, unless nobody could notice (``purity``).
"""

from __future__ import annotations

from types import FunctionType
from typing import Any

import jax
import jax.numpy as jnp

from traceprop_nb.adapters.jax import (
    calls,
    containers,
    indexing,
    modules,
    moving,
    namespaces,
    trees,
)
from traceprop_nb.adapters.jax.arguments import itself
from traceprop_nb.adapters.jax.emitting import library_call
from traceprop_nb.tracing.rules import Call, RuleTable


def install(table: RuleTable) -> None:
    """Fill the table."""
    array, key = type(jnp.zeros(1)), type(jax.random.key(0))
    table.track(_snapshot, trees.align, array, key)
    table.frozen.update((array, key))
    table.marks.update({array: _aval, key: _aval})
    table.trusted_roots.update("jax jaxlib equinox flax optax".split())
    table.trusted_code.update(calls.WRAPPERS)
    for space in namespaces.SPACES:
        for function in namespaces.functions(space).values():
            table.function(calls.own, function)
    table.method(calls.method, array, namespaces.members(array))
    table.method(calls.called, type(jax.jit(_snapshot)), ("__call__",))
    table.method(calls.called, type(jnp.add), ("__call__", "reduce", "accumulate", "outer"))
    table.method(calls.transformed, FunctionType, ("__call__",))
    table.method(_matmul, array, ("__matmul__",))
    for part in (indexing, moving, containers, modules, namespaces):
        part.install(table)
    table.seeding({jax.random.key: "jax.random.key", jax.random.PRNGKey: "jax.random.PRNGKey"})


def _snapshot(value: Any) -> tuple[int, int, None]:
    shape = value.shape
    return len(shape), shape[0] if shape else 1, None


def _aval(value: Any) -> Any:
    return value.aval


def _matmul(call: Call) -> bool | None:
    operands = [itself(value) for value in call.args]
    if any(value is None for value in operands):
        return None
    return library_call(call, jnp.matmul, jnp.matmul, operands)
