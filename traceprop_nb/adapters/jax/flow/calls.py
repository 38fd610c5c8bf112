"""Primitives that hold another jaxpr and run it once: jit, derivatives, shard_map, branches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from traceprop_nb.adapters.jax.flow.deps import Dep, Deps, alike, over, unite
from traceprop_nb.adapters.jax.flow.state import Flow
from traceprop_nb.adapters.jax.flow.step import Step, everywhere, opaque, real, rule

_INNER = ("jaxpr", "call_jaxpr", "fun_jaxpr")


@rule(
    "jit pjit closed_call core_call call remat2 checkpoint remat custom_jvp_call"
    " custom_vjp_call custom_jvp_call_jaxpr custom_vjp_call_jaxpr composite eval_jaxpr"
    " custom_vmap_call remat_opt core_closed_call linear_call custom_lin"
)
def call(step: Step) -> list[Flow]:
    """The jaxpr inside, with these arguments."""
    inner = next((step.params[name] for name in _INNER if name in step.params), None)
    inner = step.params.get("call") if inner is None else inner
    wanted = getattr(getattr(inner, "jaxpr", inner), "invars", None)
    if wanted is None or len(wanted) != len(step.ins):
        return opaque(step)
    return step.reader.closed(inner, step.ins)


@rule("shard_map xla_pmap custom_partitioning")
def mapped(step: Step) -> list[Flow]:
    """The jaxpr inside, where it works on whole arrays: on one device."""
    inner = next((step.params[name] for name in _INNER if name in step.params), None)
    mesh = step.params.get("mesh")
    devices = int(getattr(mesh, "size", 0) or 0)
    if inner is None or devices != 1:
        return opaque(step)
    before, step.reader.devices = step.reader.devices, devices
    try:
        shapes = [tuple(v.aval.shape) for v in getattr(inner, "jaxpr", inner).invars]
        if shapes != list(step.shapes):
            return opaque(step)
        return step.reader.closed(inner, step.ins)
    finally:
        step.reader.devices = before


@rule("cond")
def cond(step: Step) -> list[Flow]:
    """One of several jaxprs: the one that is known to run, or else any of them."""
    branches, (index, *ins) = step.params["branches"], step.ins
    which = index.value()
    if which is not None and which.ndim == 0:
        chosen = branches[min(max(int(which), 0), len(branches) - 1)]
        return step.reader.closed(chosen, ins)
    every = [step.reader.closed(branch, ins) for branch in branches]
    aside = tuple(dep.aside() for dep in everywhere(index.deps))
    return [Flow(unite([*either(flows), *aside])) for flows in zip(*every, strict=True)]


def either(flows: Sequence[Flow]) -> list[Dep]:
    """Dependences of a value that is one of several: sure where all agree, else a superset."""
    everyone = [_names(flow.deps) for flow in flows]
    found: list[Dep] = []
    for flow in flows:
        for dep in flow.deps:
            agreed = all((dep.source, dep.axes) in names for names in everyone)
            found.append(dep if agreed and _same_everywhere(dep, flows) else dep.inexact())
    return found


def _names(deps: Deps) -> set[tuple[int, tuple[int, ...]]]:
    return {(dep.source, dep.axes) for dep in deps}


def _same_everywhere(dep: Dep, flows: Sequence[Flow]) -> bool:
    return all(
        any(
            (other.source, other.axes) == (dep.source, dep.axes) and alike(other.rows, dep.rows)
            for other in flow.deps
        )
        for flow in flows
    )


@rule("pure_callback io_callback ffi_call custom_call run_state core_map call_exported")
def foreign(step: Step) -> list[Flow]:
    """Code that is no jaxpr: a superset."""
    return step.same(tuple(over(dep, real(dep.axes)).inexact() for dep in step.every))


NESTED: tuple[Any, ...] = (call, mapped, cond)
"""Rules that are asked even where no rows come in: whole numbers may pass through them."""
