"""Steps in seeded batches over a risk's rows, kept at even distances: what network methods share.

Adam (Kingma and Ba 2015, arXiv:1412.6980), written in NumPy so that no framework's optimizer, and
no random stream of the process, is touched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from traceprop_nb.errors import ConvergenceError
from traceprop_nb.gradients.objective import Floats, Ints, Objective
from traceprop_nb.gradients.progress import Progress
from traceprop_nb.unlearning.unlearner import Task, Way

BATCH = 64
ANSWER = 0.75
"""Share of the way at which the answer stands; what follows shows over-forgetting."""

RATE = 1e-3
"""Learning rate where the run has none: Adam's own."""

Slope = Callable[[Floats, int], Floats]
"""Parameters (p,) and the step's number to the gradient (p,) to descend along."""


@dataclass
class Adam:
    """Adam's state.

    Attributes:
        rate: Learning rate, in units of the parameters.
    """

    rate: float
    first: Floats | None = None
    second: Floats | None = None
    steps: int = 0

    def step(self, w: Floats, slope: Floats) -> Floats:
        """The parameters after one step down the slope, (p,)."""
        if self.first is None or self.second is None:
            self.first, self.second = np.zeros_like(w), np.zeros_like(w)
        self.steps += 1
        self.first += 0.1 * (slope - self.first)
        self.second += 0.001 * (slope * slope - self.second)
        mean = self.first / (1.0 - 0.9**self.steps)
        spread = self.second / (1.0 - 0.999**self.steps)
        return w - self.rate * mean / (np.sqrt(spread) + 1e-8)


@dataclass
class Batches:
    """Endless batches of some rows, each pass in a new order.

    Attributes:
        rows: The rows.
        rng: Draws the orders.
        size: Rows of a batch.
    """

    rows: Ints
    rng: np.random.Generator
    size: int = BATCH
    _waiting: list[Ints] = field(default_factory=list)

    def next(self) -> Ints:
        """The next batch."""
        if not self._waiting:
            count = max(1, round(len(self.rows) / self.size))
            self._waiting = list(np.array_split(self.rng.permutation(self.rows), count))
        return self._waiting.pop()


def mean_grad(objective: Objective, w: Floats, rows: Ints) -> Floats:
    """Gradient of the rows' mean loss, with their share of the penalty, (p,)."""
    share = objective.penalty * w / max(float(objective.weights.sum()), 1.0)
    return objective.loss_grad(w, rows) / float(objective.weights[rows].sum()) + share


def learning_rate(task: Task) -> float:
    """The rate that the run was trained with by an adaptive optimizer, or Adam's own."""
    settings = task.run.recorded.get("hyperparameters") or {}
    rate, optimizer = settings.get("lr"), str(settings.get("optimizer", ""))
    return float(rate) if isinstance(rate, int | float) and "Adam" in optimizer else RATE


def epochs(task: Task, rows: Ints, number: float) -> int:
    """Steps of that many passes over some rows, so that the answer falls on a kept point."""
    kept = _answer(task)
    wanted = number * max(1.0, len(rows) / BATCH)
    return kept * max(1, round(wanted / kept))


def descend(
    task: Task, steps: int, move: Callable[[Floats, int], Floats], progress: Progress, note: str
) -> Way:
    """Take steps to the answer and a third more, and keep as many as will be shown.

    Args:
        task: What is forgotten, and how many points are wanted.
        steps: Steps up to the answer, a multiple of the points up to it.
        move: The parameters after step number j, from those before it.
        progress: Told of each step.
        note: Of the way.

    Raises:
        ConvergenceError: Parameters that are not finite.
    """
    answer = _answer(task)
    every, w = steps // answer, task.run.w.copy()
    total = every * (task.points - 1)
    path = np.empty((task.points, len(w)))
    path[0] = w
    for j in range(total):
        with np.errstate(over="ignore", invalid="ignore"):
            w = move(w, j)
        if not np.isfinite(w).all():
            raise ConvergenceError(
                f"step {j + 1} of {total} gave parameters that are not finite; the run "
                f"{task.run.name!r} was probably trained with too large a learning rate"
            )
        if (j + 1) % every == 0:
            path[(j + 1) // every] = w
        progress((j + 1) / total)
    return Way(path, answer, steps, note)


def _answer(task: Task) -> int:
    return max(1, round(ANSWER * (task.points - 1)))
