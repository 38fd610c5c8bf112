"""The tensors behind a dataset, and whether the model saw their rows as they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Subset, TensorDataset

from traceprop_nb.gradients.objective import Ints


@dataclass(frozen=True)
class Stored:
    """What lies under a dataset.

    Attributes:
        levels: The dataset, what it is a subset of, and so on down to the features' tensor,
            each with the rows of it that the dataset's rows are; None is the identity.
        tensors: Features first, target last; empty for a dataset of another kind.
    """

    levels: tuple[tuple[Any, Ints | None], ...]
    tensors: tuple[Tensor, ...]

    @property
    def index(self) -> Ints | None:
        """Row of the tensors behind each row of the dataset."""
        return self.levels[-1][1]

    def rows(self, rows: Ints) -> tuple[Tensor, ...]:
        """These dataset rows of each tensor."""
        at = torch.from_numpy(rows if self.index is None else self.index[rows])
        return tuple(t.detach().cpu()[at] for t in self.tensors)

    def origin(self, node_of: Callable[[object], int | None]) -> tuple[int | None, Ints | None]:
        """Lineage node of the deepest level that has one, and the dataset's rows in it."""
        for value, index in reversed(self.levels):
            node = node_of(value)
            if node is not None:
                return node, index
        return None, self.index


def stored(dataset: Any) -> Stored:
    """Look under subsets, tensor datasets and bare tensors."""
    levels: list[tuple[Any, Ints | None]] = [(dataset, None)]
    index: Ints | None = None
    while isinstance(dataset, Subset):
        step = np.asarray(dataset.indices, dtype=np.int64)
        index = step if index is None else step[index]
        dataset = dataset.dataset
        levels.append((dataset, index))
    tensors: tuple[Tensor, ...] = ()
    if isinstance(dataset, TensorDataset):
        tensors = tuple(dataset.tensors)
        levels.append((tensors[0], index))
    return Stored(tuple(levels), tensors if len(tensors) > 1 else ())


def unchanged(of: Stored, rows: Ints, inputs: tuple[Tensor, ...], target: Tensor) -> bool:
    """Whether a batch holds the stored rows, up to shape and dtype."""
    if len(of.tensors) != len(inputs) + 1:
        return False
    pairs = zip(of.rows(rows), (*inputs, target), strict=True)
    return all(_alike(mine, theirs.detach().cpu()) for mine, theirs in pairs)


def _alike(mine: Tensor, theirs: Tensor) -> bool:
    if len(mine) != len(theirs) or mine.numel() != theirs.numel():
        return False
    return torch.equal(mine.reshape(theirs.shape).to(theirs.dtype), theirs)
