"""Primitives that combine elements along axes: sums and their kin, prefixes, sorts, top k."""

from __future__ import annotations

from collections.abc import Iterable

from traceprop_nb.adapters.jax.flow.deps import Dep, Deps, lifted, over, renumber, unite
from traceprop_nb.adapters.jax.flow.state import Flow
from traceprop_nb.adapters.jax.flow.step import Step, real, rule
from traceprop_nb.lineage.maps import Prefix, Range, RowMap, compose


@rule(
    "reduce_sum reduce_max reduce_min reduce_prod reduce_and reduce_or reduce_xor argmax argmin"
    " reduce"
)
def reduce(step: Step) -> list[Flow]:
    """Axes are combined, and gone."""
    axes = step.params.get("axes", step.params.get("dimensions", ()))
    return step.same(without(step.every, axes, len(step.shapes[0])))


def without(deps: Deps, axes: Iterable[int], ndim: int) -> Deps:
    """Dependences after axes were combined and dropped."""
    gone = set(axes)
    kept = [axis for axis in range(ndim) if axis not in gone]
    found = unite(over(dep, gone) for dep in deps)
    return renumber(found, {axis: k for k, axis in enumerate(kept)})


@rule("cumsum cumprod cummax cummin cumlogsumexp")
def cumulative(step: Step) -> list[Flow]:
    """Element i combines the elements up to it, or from it on."""
    axis, n = step.params["axis"], step.shapes[0][step.params["axis"]]
    relation = suffix(n) if step.params["reverse"] else Prefix(n)
    return step.same(along(step.ins[0].deps, axis, relation))


def suffix(n: int) -> RowMap:
    """Element i combines i and all after it."""
    back = Range(n - 1, -1, n, n)
    return compose(back, compose(Prefix(n), back)) if n else Prefix(0)


def along(deps: Deps, axis: int, relation: RowMap) -> Deps:
    """One axis indexed anew; what does not depend on it stays."""
    return unite(lifted(dep, axis, relation) if axis in dep.axes else dep for dep in deps)


@rule("sort")
def sort(step: Step) -> list[Flow]:
    """Rows of the operands change places as the keys among them say; which, nobody knows yet."""
    axis, keys = step.params["dimension"], step.params["num_keys"]
    order = [over(dep, [axis]).aside() for flow in step.ins[:keys] for dep in flow.deps]
    return [Flow(unite([*_moved(flow.deps, axis), *order])) for flow in step.ins]


def _moved(deps: Deps, axis: int) -> list[Dep]:
    """Elements that may have come from any place of an axis, but each from one."""
    return [over(dep, [axis]).inexact() if axis in dep.axes else dep for dep in deps]


@rule("top_k approx_top_k")
def top_k(step: Step) -> list[Flow]:
    """The largest along an axis, and where they stood."""
    axis = step.params.get("axis", step.params.get("reduction_dimension", -1))
    axis %= len(step.shapes[0])
    deps = step.ins[0].deps
    order = unite(over(dep, [axis]).aside() for dep in deps)
    return [Flow(unite([*_moved(deps, axis), *order])), *[Flow(order)] * (len(step.outs) - 1)]


@rule("psum pmax pmin psum_invariant pmean unreduced_psum")
def collective(step: Step) -> list[Flow]:
    """A sum over devices, read where there is one: each operand is its own."""
    if not alone(step):
        return step.same(tuple(over(dep, real(dep.axes)).inexact() for dep in step.every))
    return [Flow(flow.deps) for flow in step.ins]


@rule("ppermute all_gather all_to_all reduce_scatter ragged_all_to_all pbroadcast"
      " all_gather_invariant all_gather_reduced unreduced_reduce_scatter")  # fmt: skip
def exchanged(step: Step) -> list[Flow]:
    """Rows that change devices: where there is one, they stay; the shape decides the axes."""
    if alone(step) and list(step.shapes) == list(step.outs):
        return [Flow(flow.deps) for flow in step.ins]
    return step.same(tuple(over(dep, real(dep.axes)).inexact() for dep in step.every))


def alone(step: Step) -> bool:
    """Whether the mesh around has one device, so that nothing is exchanged."""
    return step.reader.devices == 1
