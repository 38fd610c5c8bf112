"""A dependence: which rows of an argument the elements of an array come from, along some axes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.lineage.maps import (
    All,
    Gather,
    Groups,
    Identity,
    Ints,
    Ragged,
    Range,
    Repeat,
    RowMap,
    Tile,
    compose,
    flatten,
    union,
)

_SPELLED = 2**22
"""Entries up to which a relation over several axes is spelled out."""


@dataclass(frozen=True, eq=False)
class Dep:
    """Elements of an array come from rows of one argument.

    Attributes:
        source: Number of the argument.
        axes: The array's axes on which the rows depend, ascending; negative ones are the time
            axes of loops around it.
        sizes: Their lengths, none of them 1.
        rows: Map from the index over these axes, flattened in C order, to the argument's rows.
        exact: Whether every element really depends on every row that the map gives it.
        context: Whether it only decides which rows are taken, or in which order.
        spread: Axes along which the same was repeated, as a mean over all rows is.
    """

    source: int
    axes: tuple[int, ...]
    sizes: tuple[int, ...]
    rows: RowMap
    exact: bool = True
    context: bool = False
    spread: tuple[int, ...] = ()

    def inexact(self) -> Dep:
        """The same as a superset."""
        return replace(self, exact=False) if self.exact else self

    def aside(self) -> Dep:
        """The same as context."""
        return replace(self, context=True)


Deps = tuple[Dep, ...]


def unite(deps: Iterable[Dep]) -> Deps:
    """The same dependences, one for each argument, set of axes and kind."""
    found: dict[tuple[object, ...], list[Dep]] = {}
    for dep in deps:
        if not dep.rows.n_out or not dep.rows.n_in:
            continue
        found.setdefault((dep.source, dep.axes, dep.context), []).append(dep)
    return tuple(same[0] if len(same) == 1 else _united(same) for same in found.values())


def _united(same: Sequence[Dep]) -> Dep:
    kept: list[Dep] = []
    for dep in same:
        twin = next((k for k, old in enumerate(kept) if alike(old.rows, dep.rows)), None)
        if twin is None:
            kept.append(dep)
        elif dep.exact:  # what one path surely brings, another need not bring
            kept[twin] = dep
    spread = tuple(a for a in same[0].spread if all(a in dep.spread for dep in same))
    full = [dep for dep in kept if isinstance(dep.rows, All)]
    if full:
        return replace(full[0], spread=spread)
    rows = union([dep.rows for dep in kept])
    return replace(kept[0], rows=rows, exact=all(dep.exact for dep in kept), spread=spread)


def alike(a: RowMap, b: RowMap) -> bool:  # noqa: PLR0911  # one for each kind
    """Whether two maps between the same rows are surely the same."""
    if a is b:
        return True
    if type(a) is not type(b) or (a.n_in, a.n_out) != (b.n_in, b.n_out):
        return False
    if isinstance(a, Identity | All):
        return True
    if isinstance(a, Range) and isinstance(b, Range):
        return (a.start, a.step) == (b.start, b.step)
    if isinstance(a, Gather) and isinstance(b, Gather):
        return bool(np.array_equal(a.index, b.index))
    if isinstance(a, Ragged) and isinstance(b, Ragged):
        return bool(np.array_equal(a.start, b.start) and np.array_equal(a.values, b.values))
    return False


def renumber(deps: Deps, place: Mapping[int, int]) -> Deps:
    """Axes moved to other places; negative ones stay where they are."""
    return tuple(ordered(_moved(dep, place)) for dep in deps)


def _moved(dep: Dep, place: Mapping[int, int]) -> Dep:
    axes = tuple(place[a] if a >= 0 else a for a in dep.axes)
    spread = tuple(sorted(place[a] for a in dep.spread if a in place))
    return replace(dep, axes=axes, spread=spread)


def ordered(dep: Dep) -> Dep:
    """The same with its axes ascending and none of length 1."""
    axes, sizes, rows = dep.axes, dep.sizes, dep.rows
    if 1 in sizes:
        kept = [k for k, n in enumerate(sizes) if n != 1]
        axes, sizes = tuple(axes[k] for k in kept), tuple(sizes[k] for k in kept)
    order = sorted(range(len(axes)), key=axes.__getitem__)
    if order != list(range(len(axes))):
        index = np.arange(prod(sizes)).reshape(sizes).transpose(order).reshape(-1)
        rows = compose(Gather(index, rows.n_out), rows)
        axes, sizes = tuple(axes[k] for k in order), tuple(sizes[k] for k in order)
    return replace(dep, axes=axes, sizes=sizes, rows=rows)


def over(dep: Dep, axes: Iterable[int]) -> Dep:
    """Elements that combine all of these axes: they come from the rows of every one."""
    gone = tuple(axes)
    for axis in gone:
        if axis in dep.axes:
            dep = _over_one(dep, dep.axes.index(axis))
    if dep.spread:
        dep = replace(dep, spread=tuple(a for a in dep.spread if a not in gone))
    return dep


def repeated(deps: Deps, axes: Iterable[int]) -> Deps:
    """The same after it was repeated along axes."""
    fresh = tuple(axes)
    return tuple(
        replace(dep, spread=tuple(sorted({*dep.spread, *fresh}))) if fresh else dep for dep in deps
    )


def _over_one(dep: Dep, at: int) -> Dep:
    axes = dep.axes[:at] + dep.axes[at + 1 :]
    sizes = dep.sizes[:at] + dep.sizes[at + 1 :]
    if not axes:
        return replace(dep, axes=(), sizes=(), rows=_of_rows(dep.rows))
    keep = np.arange(prod(sizes)).reshape(sizes)
    codes = np.broadcast_to(np.expand_dims(keep, at), dep.sizes).reshape(-1)
    rows = flatten(compose(Groups(codes, prod(sizes)), dep.rows))
    return replace(dep, axes=axes, sizes=sizes, rows=rows)


def _of_rows(rows: RowMap) -> RowMap:
    """From one output row to everything that the map reaches."""
    if isinstance(rows, Identity | All) and rows.n_out:
        return All(rows.n_in, 1)
    return chosen(rows.back(np.arange(rows.n_out)), rows.n_in)


def chosen(rows: Ints, n_in: int) -> RowMap:
    """One output row that comes from these."""
    if rows.size == n_in:
        return All(n_in, 1)
    if rows.size == 1:
        return Range(int(rows[0]), 1, 1, n_in)
    return Ragged(np.array([0, rows.size]), rows, n_in)


def extended(dep: Dep, axes: Sequence[int], sizes: Sequence[int]) -> Dep:
    """The same, spelled out over more axes, of which it does not depend on the new ones."""
    wanted = [(a, n) for a, n in zip(axes, sizes, strict=True) if n != 1]
    if all(a in dep.axes for a, _ in wanted):
        return dep
    every = sorted({*wanted, *zip(dep.axes, dep.sizes, strict=True)})
    names, shape = tuple(a for a, _ in every), tuple(n for _, n in every)
    if not dep.axes:
        link: RowMap = Range(0, 0, prod(shape), 1)
    elif len(dep.axes) == 1 and names[0] == dep.axes[0]:
        link = Repeat(prod(shape[1:]), shape[0])
    elif len(dep.axes) == 1 and names[-1] == dep.axes[0]:
        link = Tile(prod(shape[:-1]), shape[-1])
    else:
        own = np.arange(prod(dep.sizes)).reshape(
            [n if a in dep.axes else 1 for a, n in zip(names, shape, strict=True)]
        )
        link = Gather(np.broadcast_to(own, shape).reshape(-1), prod(dep.sizes))
    return replace(dep, axes=names, sizes=shape, rows=compose(link, dep.rows))


def lifted(dep: Dep, axis: int, relation: RowMap) -> Dep:
    """The same after an axis was indexed anew: new index -> old ones.

    Args:
        dep: Depends on the axis.
        axis: The axis.
        relation: From the new length to the old one.
    """
    at = dep.axes.index(axis)
    sizes = (*dep.sizes[:at], relation.n_out, *dep.sizes[at + 1 :])
    link = (
        relation if len(dep.axes) == 1 else _spread(relation, dep.sizes[:at], dep.sizes[at + 1 :])
    )
    found = replace(dep, sizes=sizes, rows=compose(link, dep.rows))
    return ordered(found) if relation.n_out == 1 else found


def _spread(relation: RowMap, before: tuple[int, ...], after: tuple[int, ...]) -> RowMap:
    """A relation of one axis as one of the flat index over it and its neighbours."""
    outer, inner, m, k = prod(before), prod(after), relation.n_out, relation.n_in
    if relation.functional:
        new = relation.at(np.arange(m))
        flat = (np.arange(outer)[:, None, None] * k + new[None, :, None]) * inner + np.arange(inner)
        flat = np.where(new[None, :, None] < 0, -1, flat)
        return Gather(flat.reshape(-1), outer * k * inner)
    owner, found = relation.pairs(np.arange(m))
    grid_out = (np.arange(outer)[:, None, None] * m + owner[None, :, None]) * inner + np.arange(
        inner
    )
    grid_in = (np.arange(outer)[:, None, None] * k + found[None, :, None]) * inner + np.arange(
        inner
    )
    return of_pairs(grid_out.reshape(-1), grid_in.reshape(-1), outer * m * inner, outer * k * inner)


def of_pairs(owner: Ints, found: Ints, n_out: int, n_in: int) -> RowMap:
    """The relation of these pairs, in any order."""
    key = np.unique(owner * max(n_in, 1) + found)
    return Ragged.of_pairs(key // max(n_in, 1), key % max(n_in, 1), n_out, n_in)


def real_axes(axes: Iterable[int]) -> list[int]:
    """The axes that an array has itself, without those of loops around it."""
    return [axis for axis in axes if axis >= 0]


def within(deps: Deps, ndim: int) -> Deps:
    """The same without repetitions along axes that the array does not have."""
    if all(0 <= axis < ndim for dep in deps for axis in dep.spread):
        return deps
    return tuple(replace(dep, spread=tuple(a for a in dep.spread if 0 <= a < ndim)) for dep in deps)


def settled(dep: Dep) -> Dep:
    """The same without the axes on which its rows turn out not to depend, and flattened."""
    rows = dep.rows if isinstance(dep.rows, Identity | All) else flatten(dep.rows)
    if len(dep.axes) > 1 and rows.functional and rows.n_out <= _SPELLED:
        grid: NDArray[Any] = rows.at(np.arange(rows.n_out)).reshape(dep.sizes)
        for at in reversed(range(len(dep.axes))):
            first = grid.take([0], axis=at)
            if (grid == first).all():
                kept = dep.axes[:at] + dep.axes[at + 1 :]
                spread = tuple(sorted({*dep.spread, *real_axes(dep.axes[at : at + 1])}))
                sizes = dep.sizes[:at] + dep.sizes[at + 1 :]
                dep = replace(dep, axes=kept, sizes=sizes, spread=spread)
                grid = grid.take(0, axis=at)
        rows = flatten(Gather(grid.reshape(-1), rows.n_in))
    elif isinstance(rows, All) and dep.axes:
        return replace(dep, axes=(), sizes=(), rows=All(rows.n_in, 1))
    return replace(dep, rows=rows)
