"""Data sets as values: which rows of which tensors an item of one is made of.

Row i of a data set is its item i. ``sample`` answers for PyTorch's own classes, however they are
stacked up; a class of the user's may do anything with an index, so it answers None there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.utils.data import (
    ConcatDataset,
    Dataset,
    StackDataset,
    Subset,
    TensorDataset,
    random_split,
)

from traceprop_nb.gradients.objective import Ints
from traceprop_nb.lineage.maps import Deferred, Identity, Part
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.rules import Call, Edge, RuleTable


@dataclass(frozen=True)
class Leaf:
    """One field of a batch: for each source the row behind each row of it, -1 for none."""

    parts: tuple[tuple[Any, Ints], ...]


Tree = Leaf | tuple[Any, ...] | dict[str, Any]
"""A batch's fields, nested as its data set nests them."""


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.function(_made, TensorDataset, Subset, ConcatDataset, StackDataset)
    table.function(_split, random_split)


def sample(data: Any, rows: Ints) -> Tree | None:
    """The fields of a batch of these items; None where nobody can say."""
    kind = type(data)
    if kind in (torch.Tensor, np.ndarray):
        return Leaf(((data, rows),))
    if kind is Subset:
        return sample(data.dataset, positions(data)[rows])
    if kind is TensorDataset:
        return tuple(Leaf(((tensor, rows),)) for tensor in data.tensors)
    if kind is StackDataset:
        return _stacked(data.datasets, rows)
    return _joined(data, rows) if kind is ConcatDataset else None


def positions(subset: Any) -> Ints:
    """A subset's items in what it is a subset of, as a copy."""
    index = np.array(subset.indices, dtype=np.int64).reshape(-1)
    return np.where(index < 0, index + len(subset.dataset), index)


def _stacked(parts: Any, rows: Ints) -> Tree | None:
    if isinstance(parts, dict):
        named = {name: sample(part, rows) for name, part in parts.items()}
        return None if any(part is None for part in named.values()) else named
    found = tuple(sample(part, rows) for part in parts)
    return None if any(part is None for part in found) else found


def _joined(data: Any, rows: Ints) -> Tree | None:
    """Items of several data sets, one after the other."""
    found, start = list[Tree](), 0
    for part, end in zip(data.datasets, data.cumulative_sizes, strict=True):
        inside = (rows >= start) & (rows < end)
        fields = sample(part, np.where(inside, rows - start, 0)) if end > start else None
        if fields is not None:
            found.append(_only(fields, inside))
        elif inside.any():
            return None
        start = end
    return _united(found)


def _only(tree: Tree, inside: Any) -> Tree:
    if isinstance(tree, Leaf):
        return Leaf(tuple((thing, np.where(inside, rows, -1)) for thing, rows in tree.parts))
    if isinstance(tree, dict):
        return {name: _only(part, inside) for name, part in tree.items()}
    return tuple(_only(part, inside) for part in tree)


def _united(trees: list[Any]) -> Tree | None:
    """Trees of one shape as one."""
    first = trees[0] if trees else None
    if any(type(tree) is not type(first) for tree in trees):
        return None
    if isinstance(first, Leaf):
        return Leaf(tuple(part for tree in trees for part in tree.parts))
    if isinstance(first, dict):
        return {name: _united([tree.get(name) for tree in trees]) for name in first}
    if first is None or any(len(tree) != len(first) for tree in trees):
        return None
    return tuple(_united([tree[k] for tree in trees]) for k in range(len(first)))


# -- data sets as nodes ----------------------------------------------------------------------------


def _made(call: Call) -> bool | None:
    """A data set is a value: its rows are its items."""
    return _record(call, call.out)


def _split(call: Call) -> bool | None:
    for part in call.out:
        _record(call, part)
    return True


def _record(call: Call, data: Any) -> bool:
    n = len(data)
    call.recorder.emit(call.site, type(data).__name__, data, _parents(call, data, n), rows=n)
    return True


def _parents(call: Call, data: Any, n: int) -> list[Edge]:
    if type(data) is TensorDataset:
        return [e for t in data.tensors for e in call.recorder.edge(t, Identity(n))]
    if type(data) is Subset:
        return _edge(call, data.dataset, Deferred(positions(data), len(data.dataset)))
    if type(data) is StackDataset:
        parts = data.datasets.values() if isinstance(data.datasets, dict) else data.datasets
        return [e for part in parts for e in _edge(call, part, Identity(n))]
    starts = [0, *data.cumulative_sizes]
    return [
        e
        for part, start in zip(data.datasets, starts, strict=False)
        for e in _edge(call, part, Part(start, len(part), n))
    ]


def _edge(call: Call, part: Any, row_map: Any) -> list[Edge]:
    """An edge to a data set; to one that nobody recorded, one that says so."""
    recorder = call.recorder
    node = recorder.identity.node(part)
    if node is None and isinstance(part, Dataset):
        inner = type(part) in (TensorDataset, Subset, ConcatDataset, StackDataset)
        edges = _parents(call, part, len(part)) if inner else []
        name = type(part).__name__
        status = Status.EXACT if inner else Status.UNKNOWN
        node = recorder.emit(call.site, name, part, edges, status, rows=len(part))
    if node is None:
        return recorder.edge(part, row_map)
    return [(node, row_map, Kind.DIRECT, Status.EXACT)]
