"""Trees of operators: NumPy's broadcasting of operands whose elements may be known one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from traceprop_nb.adapters.jax import shadows
from traceprop_nb.adapters.jax.emitting import edges_of
from traceprop_nb.adapters.jax.flow.deps import Dep, Deps, ordered, renumber, repeated, unite
from traceprop_nb.adapters.jax.flow.rows import links
from traceprop_nb.adapters.jax.reading import Result
from traceprop_nb.lineage.maps import Identity
from traceprop_nb.tracing.broadcast import align as by_rows
from traceprop_nb.tracing.operand import Operand

if TYPE_CHECKING:
    from traceprop_nb.tracing.record import Recorder


def align(recorder: Recorder, site: int, op: int, out: Any, operands: Sequence[Operand]) -> None:
    """Record a tree of element-wise operators."""
    if not any(shadows.of(recorder, operand.node) for operand in operands):
        by_rows(recorder, site, op, out, operands)
        return
    nodes: list[int | None] = []
    found: list[Dep] = []
    for operand in operands:
        shadow = shadows.of(recorder, operand.node)
        shift = {axis: axis + out.ndim - operand.ndim for axis in range(max(operand.ndim, 0))}
        own = renumber(_deps(operand, shadow, len(nodes)), shift)
        found += repeated(own, range(out.ndim - max(operand.ndim, 0)))
        nodes += (operand.node,) if shadow is None else shadow.nodes
    deps = unite(found)
    result = Result(links(deps, out.shape), deps if all(dep.exact for dep in deps) else ())
    edges = edges_of(nodes, result.links)
    node = recorder.emit(site, recorder.graph.ops[op], out, edges)
    shadows.keep(recorder, node, result, tuple(nodes))


def _deps(operand: Operand, shadow: shadows.Shadow | None, first: int) -> Deps:
    if shadow is not None:
        return tuple(replace(dep, source=first + dep.source) for dep in shadow.deps)
    n = operand.rows
    axes = (0,) if operand.ndim > 0 else ()
    return (ordered(Dep(first, axes, (n,) if axes else (), Identity(n))),)
