"""Primitives that write at positions: scatter and its kin, and slices written at a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from traceprop_nb.adapters.jax.flow.deps import (
    Dep,
    extended,
    of_pairs,
    ordered,
    over,
    renumber,
    settled,
    unite,
)
from traceprop_nb.adapters.jax.flow.state import Flow, Values
from traceprop_nb.adapters.jax.flow.step import Shape, Step, everywhere, rule
from traceprop_nb.lineage.maps import Gather, compose


@dataclass(frozen=True, eq=False)
class Writing:
    """Where the elements of an update land.

    Attributes:
        axes: Axes of the operand on which positions are values.
        loose: Axes of the update that number these positions.
        at: For each of ``axes``, the position over the loose axes (-1 for dropped), or None.
        fixed: Axis of the update -> axis of the operand, for the rest.
        shape: The operand's.
        update: The update's.
        adds: Whether the operand's element stays a part of the result.
    """

    axes: tuple[int, ...]
    loose: tuple[int, ...]
    at: Sequence[Values] | None
    fixed: dict[int, int]
    shape: Shape
    update: Shape
    adds: bool

    @property
    def sizes(self) -> list[int]:
        """Lengths of ``axes``."""
        return [self.shape[axis] for axis in self.axes]

    def landed(self) -> Values | None:
        """Flat position over ``axes`` of each loose element, -1 for dropped."""
        if self.at is None:
            return None
        grid = tuple(self.update[axis] for axis in self.loose)
        flat: Values = np.zeros((), np.int64)
        lost: Values = np.zeros((), bool)
        for at, n in zip(self.at, self.sizes, strict=True):
            inside = (at >= 0) & (at < n)
            flat, lost = flat * n + at, lost | ~inside
        return np.broadcast_to(np.where(lost, -1, flat), grid).reshape(-1)

    def written(self, dep: Dep) -> Dep:
        """A dependence of the update as one of the result."""
        landed = self.landed()
        dep = renumber((dep,), {a: _FAR + a for a in range(len(self.update))})[0]
        loose = [_FAR + a for a in self.loose]
        if landed is None:
            dep = over(dep, loose).inexact()
            return _back(dep, self.fixed)
        wide = extended(dep, loose, [self.update[a] for a in self.loose])
        kept = [(a, n) for a, n in zip(wide.axes, wide.sizes, strict=True) if a not in loose]
        inner = prod(n for a, n in zip(wide.axes, wide.sizes, strict=True) if a in loose)
        order = [*(a for a, _ in kept), *(a for a in loose if a in wide.axes)]
        rows = _reordered(wide, order)
        outer = prod(n for _, n in kept)
        owner = (np.arange(outer)[:, None] * prod(self.sizes) + landed).reshape(-1)
        found = np.arange(outer * inner)
        valid = np.tile(landed >= 0, outer)
        link = of_pairs(owner[valid], found[valid], outer * prod(self.sizes), outer * inner)
        names = [*(a for a, _ in kept), *self.axes]
        sizes = [*(n for _, n in kept), *self.sizes]
        places = {_FAR + a: axis for a, axis in self.fixed.items()}
        names = [places.get(a, a) for a in names]
        done = replace(
            dep, axes=tuple(names), sizes=tuple(sizes), rows=compose(link, rows), spread=()
        )
        exact = dep.exact and (self.adds or np.unique(owner[valid]).size == owner[valid].size)
        return settled(ordered(replace(done, exact=exact)))

    def stayed(self, dep: Dep) -> Dep:
        """A dependence of the operand, as far as it was not written over."""
        landed = self.landed()
        if self.adds:
            return dep
        whole = all(self.update[a] == self.shape[axis] for a, axis in self.fixed.items())
        if landed is None:
            return dep.inexact()
        if not whole:
            return dep.inexact()
        gone = np.zeros(prod(self.sizes), bool)
        gone[landed[landed >= 0]] = True
        if not gone.any():
            return dep
        wide = extended(dep, self.axes, self.sizes)
        shape = [n if a in self.axes else 1 for a, n in zip(wide.axes, wide.sizes, strict=True)]
        mask = np.broadcast_to(gone.reshape(shape), wide.sizes).reshape(-1)
        keep = Gather(np.where(mask, -1, np.arange(mask.size)), mask.size)
        return settled(replace(wide, rows=compose(keep, wide.rows)))


_FAR = 1000
"""Added to the update's axes while they stand beside the operand's."""


def _back(dep: Dep, fixed: dict[int, int]) -> Dep:
    return renumber((dep,), {_FAR + a: axis for a, axis in fixed.items()})[0]


def _reordered(dep: Dep, order: list[int]) -> Gather:
    where = [dep.axes.index(a) for a in order]
    index = np.arange(prod(dep.sizes)).reshape(dep.sizes).transpose(where).reshape(-1)
    return compose(Gather(index, prod(dep.sizes)), dep.rows)  # type: ignore[return-value]  # a map


@rule("scatter scatter-add scatter-sub scatter-mul scatter-min scatter-max scatter_add scatter_mul"
      " scatter_min scatter_max scatter_sub")  # fmt: skip
def scatter(step: Step) -> list[Flow]:
    """Elements of the update written, or added, at index vectors."""
    writing = _scattering(step)
    operand, indices, update = step.ins
    found: list[Dep] = [writing.stayed(dep) for dep in operand.deps]
    found += [writing.written(dep) for dep in update.deps]
    if found:
        found += [dep.aside() for dep in everywhere(indices.deps)]
    else:  # a count: what was counted is the row itself, though each counts in one place only
        found += everywhere(indices.deps, exact=False)
    return step.same(unite(found))


def _scattering(step: Step) -> Writing:
    numbers, (shape, _, update) = step.params["dimension_numbers"], step.shapes
    window = numbers.update_window_dims
    batch = [a for a in range(len(update)) if a not in window]
    gone = (*numbers.inserted_window_dims, *numbers.operand_batching_dims)
    kept = [axis for axis in range(len(shape)) if axis not in gone]
    place = dict(zip(window, kept, strict=True))
    axes = tuple(sorted((*numbers.scatter_dims_to_operand_dims, *numbers.operand_batching_dims)))
    loose = (*batch, *(u for u, axis in place.items() if axis in axes))
    values = step.ins[1].value()
    at = None
    if values is not None:
        at = [_at(axis, values, numbers, update, (batch, loose, place)) for axis in axes]
    fixed = {u: axis for u, axis in place.items() if axis not in axes}
    return Writing(axes, loose, at, fixed, shape, update, step.name not in ("scatter",))


def _at(
    axis: int, values: Values, numbers: object, update: Shape,
    how: tuple[list[int], tuple[int, ...], dict[int, int]],
) -> Values:  # fmt: skip
    """Positions on one axis of the operand, over the loose axes of the update."""
    batch, loose, place = how
    shape = [update[a] if a in batch else 1 for a in loose]
    batching = numbers.operand_batching_dims  # type: ignore[attr-defined]  # JAX's
    if axis in batching:
        own = numbers.scatter_indices_batching_dims[batching.index(axis)]  # type: ignore[attr-defined]  # JAX's
        line = [update[a] if a == batch[own] else 1 for a in loose]
        return np.arange(update[batch[own]]).reshape(line)
    column = numbers.scatter_dims_to_operand_dims.index(axis)  # type: ignore[attr-defined]  # JAX's
    start = values[..., column].astype(np.int64).reshape(shape)
    for k, u in enumerate(loose):
        if place.get(u) == axis:
            line = [1] * len(loose)
            line[k] = update[u]
            return start + np.arange(update[u]).reshape(line)
    return start


@rule("dynamic_update_slice")
def update_slice(step: Step) -> list[Flow]:
    """A block written at a start that is a value."""
    shape, update = step.shapes[0], step.shapes[1]
    starts = [flow.value() for flow in step.ins[2:]]
    axes = tuple(axis for axis, (n, m) in enumerate(zip(shape, update, strict=True)) if n != m)
    at = None
    if all(starts[axis] is not None for axis in axes):
        at = []
        for k, axis in enumerate(axes):
            first = int(np.clip(starts[axis], 0, shape[axis] - update[axis]))  # type: ignore[arg-type]  # not None
            line = [update[axis] if j == k else 1 for j in range(len(axes))]
            at.append((first + np.arange(update[axis])).reshape(line))
    fixed = {axis: axis for axis in range(len(shape)) if axis not in axes}
    writing = Writing(axes, axes, at, fixed, shape, update, adds=False)
    found: list[Dep] = [writing.stayed(dep) for dep in step.ins[0].deps] if axes else []
    found += [writing.written(dep) for dep in step.ins[1].deps]
    found += [dep.aside() for flow in step.ins[2:] for dep in everywhere(flow.deps)]
    return step.same(unite(found))
