"""Primitives that read at positions: gather, and slices that start at a value.

Where the positions are known the rows are, and the positions are context. Else any row may have
been read, which is a superset, and the positions are what the result comes from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from traceprop_nb.adapters.jax.flow.deps import (
    Dep,
    Deps,
    ordered,
    over,
    renumber,
    repeated,
    settled,
    unite,
)
from traceprop_nb.adapters.jax.flow.shapes import through
from traceprop_nb.adapters.jax.flow.state import Flow, Values
from traceprop_nb.adapters.jax.flow.step import Shape, Step, everywhere, real, rule
from traceprop_nb.lineage.maps import Gather, Identity, Range, RowMap, compose

Places = Mapping[int, tuple[tuple[int, ...], Values]]
"""Axis of the operand -> (axes of the result, its position for each index over them)."""


@rule("dynamic_slice")
def dynamic_slice(step: Step) -> list[Flow]:
    """A slice of fixed length from a start that is a value."""
    deps: Deps = step.ins[0].deps
    relations: list[RowMap] = []
    for axis, (n, m) in enumerate(zip(step.shapes[0], step.outs[0], strict=True)):
        start = None if n == m else step.ins[1 + axis].value()
        if n == m:
            relations.append(Identity(n))
        elif start is None or start.ndim:
            deps = unite(over(d, [axis]).inexact() if axis in d.axes else d for d in deps)
            relations.append(Identity(n))
        else:
            relations.append(Range(min(max(int(start), 0), n - m), 1, m, n))
    return step.same(unite([*through(deps, relations), *_beside(step.ins[1:])]))


def _beside(positions: Sequence[Flow]) -> list[Dep]:
    return [dep.aside() for flow in positions for dep in everywhere(flow.deps)]


@rule("gather")
def gather(step: Step) -> list[Flow]:
    """A window of the operand for each index vector."""
    how = Reading(step)
    deps = [how.read(dep) for dep in step.ins[0].deps]
    positions = [how.position(dep) for dep in step.ins[1].deps]
    if how.indices is not None:  # else a table: what was looked up in it is the row itself
        positions = [dep.aside() for dep in positions]
    return step.same(unite([*deps, *positions]))


class Reading:
    """A gather, axis by axis.

    Attributes:
        batch: Axes of the result that number the index vectors.
        indices: The known positions (batch..., vector), or None.
    """

    def __init__(self, step: Step) -> None:
        self.numbers = step.params["dimension_numbers"]
        self.sizes = step.params["slice_sizes"]
        self.drops = _drops(step.params.get("mode"))
        self.shape, self.places, self.out = step.shapes[0], step.shapes[1], step.outs[0]
        self.indices = step.ins[1].value() if step.ins[0].deps else None
        offset = self.numbers.offset_dims
        self.batch = [axis for axis in range(len(self.out)) if axis not in offset]
        gone = (*self.numbers.collapsed_slice_dims, *self.numbers.operand_batching_dims)
        kept = [axis for axis in range(len(self.shape)) if axis not in gone]
        self.offset = dict(zip(kept, sorted(offset), strict=True))

    def position(self, dep: Dep) -> Dep:
        """A dependence of the index vectors as one of the result."""
        last = len(self.places) - 1
        return renumber((over(dep, [last]),), dict(enumerate(self.batch)))[0]

    def read(self, dep: Dep) -> Dep:
        """A dependence of the operand as one of the result."""
        unknown = [axis for axis in real(dep.axes) if self._place(axis) is None]
        if unknown:
            dep = repeated((over(dep, unknown).inexact(),), self.batch)[0]
        kept = [a for a in dep.spread if 0 <= a < len(self.shape)]
        spread = {out for a in kept for out in (self._place(a) or (self.batch, 0))[0]}
        dep = replace(dep, spread=tuple(sorted(spread)))
        places = {axis: self._place(axis) for axis in real(dep.axes)}
        return moved(dep, {a: p for a, p in places.items() if p is not None}, self.out)

    def _place(self, axis: int) -> tuple[tuple[int, ...], Values] | None:
        """Which axes of the result an axis of the operand spreads over, and its positions."""
        numbers, n = self.numbers, self.shape[axis]
        if axis in numbers.operand_batching_dims:
            at = numbers.start_indices_batching_dims[numbers.operand_batching_dims.index(axis)]
            return (self.batch[at],), np.arange(n)
        start = self._start(axis)
        if axis not in self.offset:
            return None if start is None else (tuple(self.batch), self._kept(start, n, 1))
        own, size = self.offset[axis], self.sizes[axis]
        if axis not in numbers.start_index_map or size == n:
            return (own,), np.arange(size)
        if start is None:
            return None
        wide = self._kept(start, n, size)[..., None] + np.arange(size)
        lost = self._kept(start, n, size)[..., None] < 0
        return (*self.batch, own), np.where(lost, -1, wide)

    def _start(self, axis: int) -> Values | None:
        if self.indices is None or axis not in self.numbers.start_index_map:
            return None
        found: Values = self.indices[..., self.numbers.start_index_map.index(axis)]
        return found.astype(np.int64)

    def _kept(self, start: Values, n: int, size: int) -> Values:
        """Positions inside: cut off, or -1 where the element is dropped instead."""
        if self.drops:
            return np.where((start >= 0) & (start <= n - size), start, -1)
        return np.clip(start, 0, n - size)


def _drops(mode: Any) -> bool:
    return "FILL" in str(getattr(mode, "name", mode))


def moved(dep: Dep, places: Places, out: Shape) -> Dep:
    """A dependence whose axes were each read at positions that axes of the result number."""
    if not real(dep.axes):
        return dep
    loops = [(a, n) for a, n in zip(dep.axes, dep.sizes, strict=True) if a < 0]
    axes = sorted({axis for a in real(dep.axes) for axis in places[a][0]})
    names = [a for a, _ in loops] + axes
    shape = [n for _, n in loops] + [out[a] for a in axes]
    flat: Values = np.zeros((), np.int64)
    lost: Values = np.zeros((), bool)
    for axis, n in zip(dep.axes, dep.sizes, strict=True):
        over_axes, at = ((axis,), np.arange(n)) if axis < 0 else places[axis]
        wide = _laid_out(at, over_axes, names)
        flat, lost = flat * n + wide, lost | (wide < 0)
    grid = np.broadcast_to(np.where(lost, -1, flat), shape).reshape(-1)
    rows = compose(Gather(grid, prod(dep.sizes)), dep.rows)
    found = ordered(replace(dep, axes=tuple(names), sizes=tuple(shape), rows=rows))
    return settled(found) if len(found.axes) > 1 else found


def _laid_out(values: Values, axes: Sequence[int], names: Sequence[int]) -> Values:
    """Values over some axes, as an array over all of them that broadcasts."""
    order = sorted(range(len(axes)), key=lambda k: names.index(axes[k]))
    values = values.transpose(order)
    shape = [1] * len(names)
    for k, size in zip(order, values.shape, strict=True):
        shape[names.index(axes[k])] = size
    return values.reshape(shape)
