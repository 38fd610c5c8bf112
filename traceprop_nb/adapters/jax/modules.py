"""Layers of the module libraries on top of JAX: each example of a batch keeps its row.

Nothing here imports those libraries: a class is known by the module that it comes from.
"""

from __future__ import annotations

from abc import ABC
from typing import Any

from traceprop_nb.adapters.jax.arguments import taken_apart
from traceprop_nb.adapters.jax.calls import quiet
from traceprop_nb.adapters.jax.emitting import leaves, read_call
from traceprop_nb.lineage.maps import Identity
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing import static
from traceprop_nb.tracing.rules import Call, RuleTable

_BY_ROW = frozenset(
    "Dense DenseGeneral Conv ConvTranspose ConvLocal Embed LayerNorm RMSNorm GroupNorm InstanceNorm"
    " Dropout Einsum Linear LinearGeneral PReLU WeightNorm".split()
)
"""Layers of Flax, old and new, that work on every example of a batch by itself."""


class Layers(ABC):  # noqa: B024  # it only asks where a class comes from
    """Classes of Equinox's and Flax's layers, and those that users derive from them."""

    @classmethod
    def __subclasshook__(cls, kind: type) -> bool:
        return library(kind) is not None


def library(kind: type) -> str | None:
    """Which library a module's class comes from: ``"equinox"``, ``"flax"``, or None."""
    for base in static.ancestors(kind):
        root = static.home(base).partition(".")[0]
        if root in ("equinox", "flax") and type.__getattribute__(base, "__name__") == "Module":
            return root
    return None


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.any_method(layer, Layers)


def layer(call: Call) -> bool | None:
    """A layer called on an array; other methods are left alone."""
    recorder = call.recorder
    outs = [o for o in leaves(call.out) if type(o) in recorder.table.recorded]
    given = leaves([*call.args, call.kwargs])
    fresh = [o for o in outs if not any(o is value for value in given)]
    if fresh and all(recorder.identity.node(o) is not None for o in fresh):
        return True  # a traced module: its own steps were recorded
    module = call.function if call.receiver is None else call.receiver
    if library(call.kind) == "equinox":
        return _equinox(call, module)
    return _flax(call, module)


def _equinox(call: Call, module: Any) -> bool | None:
    """A module of Equinox is a tree: its arrays are arguments like others."""
    owned = type(module).__module__.partition(".")[0] == "equinox"
    if call.name in ("__init__", "tree_flatten") or not owned:
        return None
    given = taken_apart((module, *call.args), call.kwargs)
    if given is None:
        return None

    def apply(own: Any, *args: Any, **kwargs: Any) -> Any:
        return own(*args, **kwargs)

    with quiet():
        return read_call(call, apply, ("equinox", given.key), given)


def _flax(call: Call, module: Any) -> bool | None:
    """A layer that keeps rows; whatever holds state is left alone."""
    recorder = call.recorder
    name = type(module).__name__
    value = call.args[0] if call.args else None
    if name not in _BY_ROW or type(module).__module__.partition(".")[0] != "flax":
        return None
    if call.function is not module and call.name != "__call__":
        return None
    if type(value) not in recorder.table.recorded or type(call.out) not in recorder.table.recorded:
        return None
    ndim, rows, _ = recorder.table.snapshot(value)
    if ndim < 2 - (name == "Embed") or recorder.table.rows(call.out) != rows:
        return None
    same = recorder.edge(value, Identity(rows), Kind.DIRECT, Status.EXACT)
    return call.emit(*same, op=name)
