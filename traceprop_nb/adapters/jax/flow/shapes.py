"""Primitives that change shapes: broadcast, reshape, transpose, slice, concatenate, pad."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod

import numpy as np

from traceprop_nb.adapters.jax.flow.deps import (
    Dep,
    Deps,
    extended,
    lifted,
    ordered,
    over,
    renumber,
    repeated,
    settled,
    unite,
)
from traceprop_nb.adapters.jax.flow.state import Flow
from traceprop_nb.adapters.jax.flow.step import Shape, Step, everywhere, real, rule
from traceprop_nb.lineage.maps import Gather, Identity, Part, Range, RowMap


@rule("broadcast_in_dim")
def broadcast(step: Step) -> list[Flow]:
    """Axes move to where the parameter says; a length of 1 is repeated."""
    places = dict(enumerate(step.params["broadcast_dimensions"]))
    back = {place: axis for axis, place in places.items()}
    moved = renumber(step.ins[0].deps, places)
    fresh = [
        axis
        for axis, m in enumerate(step.outs[0])
        if m > 1 and (axis not in back or step.shapes[0][back[axis]] == 1)
    ]
    return step.same(repeated(moved, fresh))


@rule("transpose")
def transpose(step: Step) -> list[Flow]:
    """Axis ``permutation[k]`` becomes axis k."""
    places = {axis: k for k, axis in enumerate(step.params["permutation"])}
    return step.same(renumber(step.ins[0].deps, places))


@rule("squeeze")
def squeeze(step: Step) -> list[Flow]:
    """Axes of length 1 go."""
    gone = step.params["dimensions"]
    kept = [axis for axis in range(len(step.shapes[0])) if axis not in gone]
    return step.same(renumber(step.ins[0].deps, {axis: k for k, axis in enumerate(kept)}))


@rule("expand_dims")
def expand(step: Step) -> list[Flow]:
    """Axes of length 1 come."""
    fresh = step.params["dimensions"]
    kept = [axis for axis in range(len(step.outs[0])) if axis not in fresh]
    return step.same(renumber(step.ins[0].deps, dict(enumerate(kept))))


@rule("slice")
def sliced(step: Step) -> list[Flow]:
    """A progression on every axis."""
    starts, strides = step.params["start_indices"], step.params["strides"]
    steps = strides or (1,) * len(starts)
    relations = [
        Range(start, by, m, n) if (start, by, m) != (0, 1, n) else Identity(n)
        for start, by, m, n in zip(starts, steps, step.outs[0], step.shapes[0], strict=True)
    ]
    return step.same(through(step.ins[0].deps, relations))


@rule("rev")
def reversed_(step: Step) -> list[Flow]:
    """Some axes backwards."""
    relations = [
        Range(n - 1, -1, n, n) if axis in step.params["dimensions"] else Identity(n)
        for axis, n in enumerate(step.shapes[0])
    ]
    return step.same(through(step.ins[0].deps, relations))


@rule("pad")
def pad(step: Step) -> list[Flow]:
    """Elements between new ones, which come from the padding value."""
    relations = [
        padded(n, m, low, inner)
        for (low, _, inner), n, m in zip(
            step.params["padding_config"], step.shapes[0], step.outs[0], strict=True
        )
    ]
    inside = [_inside(dep, relations, step.shapes[0]) for dep in step.ins[0].deps]
    return step.same(unite([*inside, *step.ins[1].deps]))


def _inside(dep: Dep, relations: Sequence[RowMap], shape: Shape) -> Dep:
    """A dependence of the elements alone, not of the padding beside them."""
    for axis, relation in enumerate(relations):
        if isinstance(relation, Identity):
            continue
        if shape[axis] == 1:  # an axis of length 1 carries nothing: make it one of two
            at = relation.at(np.arange(relation.n_out))
            dep = lifted(extended(dep, [axis], [2]), axis, Gather(at, 2))
        else:
            dep = lifted(extended(dep, [axis], [shape[axis]]), axis, relation)
    return dep


def padded(n: int, m: int, low: int, inner: int) -> RowMap:
    """From m places to n elements that start at ``low`` and have ``inner`` gaps between them."""
    if n == m and not low and not inner:
        return Identity(n)
    if not inner and low >= 0 and low + n <= m:
        return Part(low, n, m)
    at, rest = np.divmod(np.arange(m) - low, inner + 1)
    return Gather(np.where((rest == 0) & (at >= 0) & (at < n), at, -1), n)


@rule("concatenate")
def concatenate(step: Step) -> list[Flow]:
    """Operands one after the other along an axis."""
    axis, offset = step.params["dimension"], 0
    total = step.outs[0][axis]
    found: list[Dep] = []
    for flow, shape in zip(step.ins, step.shapes, strict=True):
        n = shape[axis]
        if n == total:
            found += flow.deps
        elif n:
            found += [placed(dep, axis, n, offset, total) for dep in flow.deps]
        offset += n
    return step.same(unite(found))


def placed(dep: Dep, axis: int, n: int, offset: int, total: int) -> Dep:
    """A dependence of n places of an axis as one of ``total``, of which it has a stretch."""
    if n == 1:  # an axis of length 1 carries nothing: make it one of two, and take the first
        first = np.where(np.arange(total) == offset, 0, -1)
        return lifted(extended(dep, [axis], [2]), axis, Gather(first, 2))
    return lifted(extended(dep, [axis], [n]), axis, Part(offset, n, total))


@rule("split")
def split(step: Step) -> list[Flow]:
    """One operand cut along an axis."""
    axis, offset, flows = step.params["axis"], 0, []
    n = step.shapes[0][axis]
    for size in step.params["sizes"]:
        relations: dict[int, RowMap] = {axis: Range(offset, 1, size, n)}
        flows.append(Flow(unite(_along(dep, relations) for dep in step.ins[0].deps)))
        offset += size
    return flows


@rule("reshape")
def reshape(step: Step) -> list[Flow]:
    """Elements keep their order; axes are merged and cut."""
    if step.params.get("dimensions") is not None:
        return step.same(everywhere(step.every, exact=False))
    pairs = groups(step.shapes[0], step.outs[0])
    found = [reshaped(dep, pairs, step.shapes[0], step.outs[0]) for dep in step.ins[0].deps]
    return step.same(unite(found))


@rule("tile")
def tile(step: Step) -> list[Flow]:
    """The whole repeated along axes."""
    relations = [
        Gather(np.arange(m) % max(n, 1), n)
        for n, m in zip(step.shapes[0], step.outs[0], strict=True)
    ]
    return step.same(through(step.ins[0].deps, relations))


@rule("stack")
def stack(step: Step) -> list[Flow]:
    """Operands beside each other on a new axis."""
    axis, n = step.params["axis"], len(step.ins)
    places = {k: k + (k >= axis) for k in range(len(step.shapes[0]))}
    found: list[Dep] = []
    for k, flow in enumerate(step.ins):
        moved = renumber(flow.deps, places)
        found += moved if n == 1 else [placed(dep, axis, 1, k, n) for dep in moved]
    return step.same(unite(found))


@rule("unstack")
def unstack(step: Step) -> list[Flow]:
    """The elements of one axis, each on its own."""
    axis, n = step.params["axis"], step.shapes[0][step.params["axis"]]
    places = {k: k - (k > axis) for k in range(len(step.shapes[0]))}
    flows = []
    for k in range(len(step.outs)):
        cut = unite(_along(dep, {axis: Range(k, 1, 1, n)}) for dep in step.ins[0].deps)
        flows.append(Flow(renumber(cut, places)))
    return flows


@rule("bitcast_convert_type")
def bitcast(step: Step) -> list[Flow]:
    """Element by element, or with a last axis of the parts of each."""
    before, after = step.shapes[0], step.outs[0]
    if len(before) > len(after):
        return step.same(unite(over(dep, [len(before) - 1]) for dep in step.ins[0].deps))
    return step.same(step.ins[0].deps)


def through(deps: Deps, relations: Sequence[RowMap]) -> Deps:
    """Each axis indexed anew by its relation."""
    return unite(_along(dep, dict(enumerate(relations))) for dep in deps)


def _along(dep: Dep, relations: dict[int, RowMap]) -> Dep:
    for axis in real(dep.axes):
        relation = relations.get(axis)
        if relation is not None and not isinstance(relation, Identity) and axis in dep.axes:
            dep = lifted(dep, axis, relation)
    return dep


def groups(before: Shape, after: Shape) -> list[tuple[list[int], list[int]]]:
    """Smallest groups of neighbouring axes that hold as many elements before as after."""
    found, i, j = [], 0, 0
    while i < len(before) or j < len(after):
        old, new = [i], [j]
        if i >= len(before) or j >= len(after):  # only lengths of 1 are left
            found.append((list(range(i, len(before))), list(range(j, len(after)))))
            break
        m, n = before[i], after[j]
        while m != n:
            if m < n and i + 1 < len(before):
                i += 1
                old.append(i)
                m *= before[i]
            elif j + 1 < len(after):
                j += 1
                new.append(j)
                n *= after[j]
            else:
                return [(list(range(len(before))), list(range(len(after))))]
        i, j = i + 1, j + 1
        found.append((old, new))
    return found


def reshaped(
    dep: Dep, pairs: list[tuple[list[int], list[int]]], before: Shape, after: Shape
) -> Dep:
    """One dependence after axes were merged and cut."""
    axes: list[int] = [a for a in dep.axes if a < 0]
    sizes: list[int] = [n for a, n in zip(dep.axes, dep.sizes, strict=True) if a < 0]
    cut = False
    spread: list[int] = []
    for old, new in pairs:
        if not any(a in dep.axes for a in old):
            spread += new if any(a in dep.spread for a in old) else []
            continue
        if prod(before[a] for a in old) != prod(after[b] for b in new):
            return over(dep, real(dep.axes)).inexact()
        dep = extended(dep, old, [before[a] for a in old])
        axes += new
        sizes += [after[b] for b in new]
        cut = cut or len(new) > 1
    found = ordered(replace(dep, axes=tuple(axes), sizes=tuple(sizes), spread=tuple(spread)))
    return settled(found) if cut and len(found.axes) > 1 else found
