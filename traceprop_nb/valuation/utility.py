"""What a set of training rows achieves on the validation rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.errors import UnsupportedModelError
from traceprop_nb.gradients.boosting.risk import BoostedRisk
from traceprop_nb.gradients.objective import Convex, Featured, Floats, Ints, Objective
from traceprop_nb.gradients.optimum import ConvexObjective, newton
from traceprop_nb.gradients.progress import silent
from traceprop_nb.gradients.recipe import Recipe
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.valuation.neighbours import nearest_first
from traceprop_nb.valuation.weights import Weight

RIDGE = 1e-4
"""Penalty, towards the run's parameters, that a set's own training gets on top of its own."""

Bools = NDArray[np.bool_]


class Utility(Protocol):
    """A number for every set of training rows; more is better."""

    @property
    def name(self) -> str:
        """What it is, in words."""
        ...

    @property
    def n(self) -> int:
        """Training rows."""
        ...

    def __call__(self, rows: Ints) -> float:
        """Utility of these rows; repeated ones count as often."""
        ...


@dataclass(frozen=True, eq=False)
class Retrained:
    """Accuracy on the validation rows of the run's model, trained on the set.

    A linear model is trained to its optimum; another one by the run's recipe. No rows: chance. Rows
    of one class: a model that always answers it.

    Attributes:
        run: The run.
        val: The validation rows.
    """

    run: TrainingRun
    val: Objective

    @property
    def name(self) -> str:
        """What it is."""
        return f"accuracy of the run's model on {self.val.n} validation rows"

    @property
    def n(self) -> int:
        """Training rows."""
        return self.run.objective.n

    def __call__(self, rows: Ints) -> float:
        """Accuracy of the model trained on these rows."""
        constant = self.constant(rows)
        return constant if constant is not None else self.accuracy(self.trained(rows))

    def constant(self, rows: Ints) -> float | None:
        """Accuracy where there is nothing to learn from; None where there is."""
        assert isinstance(self.run.objective, Featured)
        assert isinstance(self.val, Featured)
        classes = 0 if self.run.classes is None else len(self.run.classes)
        present = np.unique(self.run.objective.answers[rows])
        if not len(present):
            return 1.0 / classes
        return None if len(present) > 1 else float(np.mean(self.val.answers == present[0]))

    def trained(self, rows: Ints) -> Floats:
        """Parameters of the model trained on these rows.

        Raises:
            ConvergenceError: There is no finite optimum.
        """
        objective = self.run.objective
        if isinstance(objective, Convex):
            held = _Held(objective.restrict(rows), self.run.w)
            return newton(held, self.run.w, rtol=1e-3).w  # type: ignore[arg-type]  # all that newton asks for
        recipe = self.run.recipe
        assert recipe is not None
        return recipe.train(np.unique(rows), 0, silent).w

    def accuracy(self, w: Floats) -> float:
        """Share of the validation rows that these parameters get right."""
        hits = self.val.correct(w)
        assert hits is not None
        return float(hits.mean())


@dataclass(frozen=True, eq=False)
class _Held:
    """A convex risk held to w a little: the intercept of a class that a set lacks would run off."""

    risk: ConvexObjective
    w: Floats

    @property
    def flat(self) -> Floats:
        return np.empty((0, self.risk.p))

    def value(self, w: Floats) -> float:
        off = w - self.w
        return self.risk.value(w) + 0.5 * RIDGE * float(off @ off)

    def grad(self, w: Floats) -> Floats:
        return self.risk.grad(w) + RIDGE * (w - self.w)

    def gauss_newton(self, w: Floats) -> Floats:
        matrix = self.risk.gauss_newton(w)
        matrix[np.diag_indices(len(matrix))] += RIDGE
        return matrix


def retrained(run: TrainingRun, val: Objective) -> Retrained:
    """The utility that trains the run's own model.

    Raises:
        UnsupportedModelError: A regression, or a model that cannot be trained again.
    """
    recipe: Recipe | None = run.recipe
    if run.classes is None:
        raise UnsupportedModelError(
            f"{run.name!r} is a regression, and this utility is an accuracy; use 'knn-shapley'"
        )
    if isinstance(run.objective, BoostedRisk):
        raise UnsupportedModelError(
            f"{run.name!r} is boosted trees, whose parameters differ in number from one subset to "
            "the next; use 'knn-shapley'"
        )
    if not isinstance(run.objective, Convex) and recipe is None:
        raise UnsupportedModelError(
            f"{run.name!r} is not linear and no recipe of its training was recorded, so it cannot "
            "be trained on a part of its rows; use 'knn-shapley'"
        )
    return Retrained(run, val)


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Mean payoff of the k nearest rows of a set, over the validation rows.

    Attributes:
        train: float64 (n, d).
        labels: (n,), int64 classes or float64 targets.
        queries: float64 (m, d).
        answers: (m,), of the labels' kind.
        k: Neighbours.
        weight: Of a neighbour with the right label; None counts each as one.
    """

    train: Floats
    labels: Ints | Floats
    queries: Floats
    answers: Ints | Floats
    k: int
    weight: Weight | None = None

    @property
    def name(self) -> str:
        """What it is."""
        what = "minus the squared error" if self.regression else "right labels"
        return f"{what} among the {self.k} nearest rows, over {len(self.queries)} validation rows"

    @property
    def n(self) -> int:
        """Training rows."""
        return len(self.train)

    @property
    def regression(self) -> bool:
        """Whether labels are numbers."""
        return self.labels.dtype.kind == "f"

    def __call__(self, rows: Ints) -> float:
        """Utility of these rows."""
        kept = np.zeros((1, self.n), dtype=bool)
        kept[0, rows] = True
        return float(self.of_many(kept)[0])

    def of_many(self, kept: Bools) -> Floats:
        """Utility of each of s sets, given as masks (s, n): float64 (s,)."""
        total = np.zeros(len(kept))
        for j, order, squared in nearest_first(self.train, self.queries):
            window = min(self.n, 8 * self.k)
            counted = kept[:, order[:window]]
            while window < self.n and counted.sum(axis=1).min() < self.k:
                window = min(self.n, 8 * window)
                counted = kept[:, order[:window]]
            near = counted & (np.cumsum(counted, axis=1) <= self.k)
            total += self._payoff(near, order[:window], j, squared)
        return total / len(self.queries)

    def _payoff(self, near: Bools, order: Ints, j: int, squared: Floats) -> Floats:
        labels, answer = self.labels[order], self.answers[j]
        if self.regression:
            return -((near @ labels / self.k - answer) ** 2)
        payoff = (labels == answer).astype(np.float64)
        if self.weight is not None:
            payoff *= self.weight(np.maximum(squared[order], 0.0))
        return near @ payoff / self.k
