"""The losses of boosted trees over numbered rows, with their splits held.

With the splits held a raw output is linear in what the leaves add, so the leaves' values are the
parameters. Boosting does not minimise this sum: it takes one step a leaf.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.gradients.boosting.ensemble import Ensemble, Leaves
from traceprop_nb.gradients.boosting.rows import Reader, taken
from traceprop_nb.gradients.objective import Floats, Ints


@dataclass(frozen=True, eq=False)
class BoostedRisk:
    """Boosted trees over rows.

    Attributes:
        ensemble: The trees.
        reader: Reads rows and labels as the user passes them.
        X: The rows, as the library takes them.
        target: float64 (n,): class numbers, or targets of a regression.
        weights: float64 (n,).
        leaf: int32 (n, T, K), leaf of each row in each tree.
        note: What a reader must know about this view of the model.
    """

    ensemble: Ensemble
    reader: Reader
    X: Any
    target: Floats
    weights: Floats
    leaf: Leaves
    note: str = ""

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.target)

    @property
    def p(self) -> int:
        """Number of leaves of all trees, and of outputs."""
        return int(self.ensemble.ends[-1]) + self.ensemble.K

    @property
    def penalty(self) -> Floats:
        """None: l2 acts on each step, not on the sum."""
        return np.zeros(self.p)

    @property
    def features(self) -> Floats:
        """The rows as numbers, (n, d)."""
        return np.asarray(self.X, dtype=np.float64)

    @property
    def answers(self) -> Ints | Floats:
        """Class numbers, or targets."""
        return self.target if self.reader.classes is None else self.target.astype(np.int64)

    def value(self, w: Floats) -> float:
        """Sum of the weighted losses."""
        return float(self.weights @ self.loss(w, np.arange(self.n)))

    def loss(self, w: Floats, rows: Ints) -> Floats:
        """Loss of each of these rows."""
        return self.ensemble.loss.loss(self.ensemble.raw(w, self.leaf[rows]), self.target[rows])

    def per_example_grad(self, w: Floats, rows: Ints) -> Floats:
        """Gradient of each of these rows' loss in the leaves' values."""
        out = np.zeros((len(rows), self.p))
        slope = self._slope(w, rows)
        for k, place in enumerate(self._places(rows)):
            np.put_along_axis(out, place, slope[:, k, None], axis=1)
        return out

    def grad(self, w: Floats) -> Floats:
        """Gradient of the sum."""
        return self.loss_grad(w, np.arange(self.n))

    def loss_grad(self, w: Floats, rows: Ints) -> Floats:
        """Gradient of these rows' weighted losses."""
        return self._spread(rows, self._slope(w, rows) * self.weights[rows, None])

    def hvp(self, w: Floats, v: Floats) -> Floats:
        """Hessian of the sum times v."""
        rows = np.arange(self.n)
        z, moved = (self.ensemble.raw(u, self.leaf) for u in (w, v))
        felt = self.ensemble.loss.turned(z, moved)
        return self._spread(rows, felt * self.weights[:, None])

    def restrict(self, keep: Ints) -> BoostedRisk:
        """The same trees over the kept rows only."""
        return replace(
            self, X=taken(self.X, keep), target=self.target[keep], weights=self.weights[keep],
            leaf=self.leaf[keep],
        )  # fmt: skip

    def on(self, X: object, y: object) -> BoostedRisk:
        """The trees over other rows."""
        rows = self.reader.rows(X)
        target = self.reader.targets(y, len(rows))
        leaf = self.ensemble.leaves(rows)
        return replace(self, X=rows, target=target, weights=np.ones(len(target)), leaf=leaf)

    def over(self, other: BoostedRisk) -> BoostedRisk:
        """These trees over the rows of another."""
        return replace(other, ensemble=self.ensemble, leaf=self.ensemble.leaves(other.X))

    def correct(self, w: Floats) -> NDArray[np.bool_] | None:
        """Whether each row's own class is the most probable one."""
        if self.reader.classes is None:
            return None
        return np.asarray(self.predicted(w, np.arange(self.n)) == self.target)

    def predicted(self, w: Floats, rows: Ints) -> Ints:
        """Index of the most probable class of each of these rows."""
        return self.probabilities(w, rows).argmax(axis=-1)

    def probabilities(self, w: Floats, rows: Ints) -> Floats:
        """Class probabilities of these rows."""
        return self.ensemble.loss.predicted(self.ensemble.raw(w, self.leaf[rows]))

    def predict(self, w: Floats, X: object) -> Floats:
        """Class probabilities, or raw outputs of a regression."""
        leaf = self.ensemble.leaves(self.reader.rows(X))
        return self.ensemble.loss.predicted(self.ensemble.raw(w, leaf))

    def _slope(self, w: Floats, rows: Ints) -> Floats:
        z = self.ensemble.raw(w, self.leaf[rows])
        return self.ensemble.loss.slope(z, self.target[rows])

    def _places(self, rows: Ints) -> list[Ints]:
        """Parameters (m, T + 1) that each output of these rows is the sum of, one array a class."""
        ensemble = self.ensemble
        first = np.concatenate([[0], ensemble.ends[:-1]]).reshape(ensemble.T, ensemble.K)
        leaf, last = self.leaf[rows] + first, int(ensemble.ends[-1])
        own = [np.full((len(rows), 1), last + k) for k in range(ensemble.K)]
        return [np.concatenate([leaf[:, :, k], own[k]], axis=1) for k in range(ensemble.K)]

    def _spread(self, rows: Ints, felt: Floats) -> Floats:
        """What is felt at the outputs (m, K), added up in the parameters, (p,)."""
        out = np.zeros(self.p)
        for k, place in enumerate(self._places(rows)):
            out += np.bincount(
                place.ravel(), np.repeat(felt[:, k], place.shape[1]), minlength=self.p
            )
        return out
