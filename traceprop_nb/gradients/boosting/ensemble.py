"""Boosted trees as numbers: which leaf a row falls into, and what the leaf adds.

T rounds of K trees each (K is 1 but for more than two classes). The rounds of one class follow
each other, the K trees of one round are grown from the same outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.gradients.boosting.losses import BoostedLoss
from traceprop_nb.gradients.objective import Floats

Leaves = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Trees that were grown, and how.

    Attributes:
        loss: What they were boosted on.
        start: float64 (K,), the raw output before the first tree.
        started: How the start follows from the training labels: ``"mean"``, ``"log odds"``,
            ``"log shares"``, or ``"constant"``.
        values: float64, one array a tree, in the order of rounds, then classes: what each of its
            leaves adds to the raw output, learning rate included.
        rate: Learning rate.
        l2: Added to the sum of curvatures in each leaf.
        factor: What the library multiplies curvatures by.
        route: The library's own way of a row, X -> leaf (m, T, K), counted from 0 in each tree.
    """

    loss: BoostedLoss
    start: Floats
    started: str
    values: tuple[Floats, ...]
    rate: float
    l2: float
    factor: float
    route: Callable[[Any], Leaves]

    @property
    def K(self) -> int:
        """Outputs."""
        return len(self.start)

    @property
    def T(self) -> int:
        """Rounds."""
        return len(self.values) // self.K

    @property
    def w(self) -> Floats:
        """Values of all leaves, tree by tree, then the start, (p,)."""
        return np.concatenate([*self.values, self.start])

    @property
    def ends(self) -> NDArray[np.int64]:
        """Where each tree's leaves end in w, (T K,)."""
        return np.cumsum([len(v) for v in self.values], dtype=np.int64)

    def leaves(self, X: Any) -> Leaves:
        """Leaf (m, T, K) of each row in each tree, int32; of no rows as well."""
        return self.route(X) if len(X) else np.zeros((0, self.T, self.K), dtype=np.int32)

    def raw(self, w: Floats, leaf: Leaves) -> Floats:
        """Raw outputs (m, K) of rows with these leaves (m, T, K), with leaf values from w."""
        first = np.concatenate([[0], self.ends[:-1]]).reshape(self.T, self.K)
        return np.asarray(w[leaf + first].sum(axis=1) + w[-self.K :])

    def step(self, t: int, leaf: Leaves) -> Floats:
        """What round t adds to rows with these leaves (m, T, K): (m, K)."""
        trees = self.values[t * self.K : (t + 1) * self.K]
        return np.stack([v[leaf[:, t, k]] for k, v in enumerate(trees)], axis=1)

    def backwards(self, leaf: Leaves) -> Iterator[tuple[int, Floats]]:
        """Every round, last first, with the rows' raw outputs (m, K) before it."""
        z = self.raw(self.w, leaf)
        for t in range(self.T - 1, -1, -1):
            z = z - self.step(t, leaf)
            yield t, z

    def forwards(self, leaf: Leaves) -> Iterator[tuple[int, Floats]]:
        """Every round, first first, with the rows' raw outputs (m, K) before it."""
        z = np.broadcast_to(self.start, (len(leaf), self.K)).copy()
        for t in range(self.T):
            yield t, z
            z = z + self.step(t, leaf)
