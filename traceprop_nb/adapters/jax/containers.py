"""Trees of arrays: copies to and from devices, and functions applied leaf by leaf."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from traceprop_nb.adapters.jax.emitting import leaves
from traceprop_nb.lineage.maps import All, Identity
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.rules import Call, Edge, RuleTable


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.function(copied, jax.device_put, jax.device_get, jax.block_until_ready)
    table.method(copied, type(jnp.zeros(1)), ("block_until_ready", "to_device", "copy"))
    table.function(mapped, jax.tree_util.tree_map, jax.tree.map)


def copied(call: Call) -> bool | None:
    """The same arrays in another place."""
    recorder = call.recorder
    if call.node is not None and call.ndim >= 0:
        if call.out is not call.receiver:
            call.emit((call.node, Identity(call.rows), Kind.DIRECT, Status.EXACT))
        return True
    given, outs = leaves(call.argument(0, "x")), leaves(call.out)
    if len(given) != len(outs):
        return None
    for one, out in zip(given, outs, strict=True):
        if type(out) not in recorder.table.recorded or out is one:
            continue
        if type(one) not in recorder.table.recorded:
            recorder.entered(call, "array")
            continue
        recorder.emit(
            call.site, call.name, out, recorder.edge(one, Identity(recorder.table.rows(one)))
        )
    return True


def mapped(call: Call) -> bool | None:
    """``tree.map``: each leaf from the leaves in its place."""
    recorder = call.recorder
    function, trees = call.argument(0, "f"), call.args[1:]
    outs = leaves(call.out)
    columns = [leaves(tree) for tree in trees]
    if call.kwargs or any(len(column) != len(outs) for column in columns):
        return None
    rule = recorder.table.find_function(function) or recorder.table.find_method(
        type(function), "__call__"
    )
    for k, out in enumerate(outs):
        given = [column[k] for column in columns]
        if type(out) not in recorder.table.recorded or any(out is value for value in given):
            continue
        if recorder.identity.node(out) is not None:
            continue  # recorded inside the function
        one = Call(
            recorder, call.site, getattr(function, "__name__", call.name), None, None,
            type(function), -1, given, {}, out, function=function,
        )  # fmt: skip
        if rule is None or not rule(one):
            recorder.emit(call.site, call.name, out, _any_row(call, given, out))
    return True


def _any_row(call: Call, given: Sequence[Any], out: Any) -> list[Edge]:
    recorder, found = call.recorder, list[Edge]()
    rows = recorder.table.rows(out)
    for value in given:
        if type(value) in recorder.table.recorded:
            n = recorder.table.rows(value)
            found += recorder.edge(value, All(n, rows), Kind.DIRECT, Status.INEXACT)
    return found
