"""What every unlearning method is: a function from a task to the way it took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from traceprop_nb.gradients.objective import Floats, Ints
from traceprop_nb.gradients.progress import Progress
from traceprop_nb.gradients.run import TrainingRun


@dataclass(frozen=True, eq=False)
class Task:
    """What is to be forgotten.

    Attributes:
        run: A finished training run; nothing of it is changed.
        forget: int64 (f,), rows to take out, sorted; neither none nor all.
        retain: int64 (n - f,), the others, sorted.
        points: Most points that a trajectory will show; a method keeps no more of its way.
        seed: Of whatever the method draws, such as the order of its batches.
    """

    run: TrainingRun
    forget: Ints
    retain: Ints
    points: int
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Way:
    """The parameters that a method went through.

    Attributes:
        path: float64 (s, p): the trained parameters first, in even steps of the method's own.
        answer: Index into ``path`` of the method's answer; what comes after it shows
            over-forgetting, and may be missing.
        steps: Steps that the method took up to its answer.
        note: What a reader must know: the settings it chose, and why.
    """

    path: Floats
    answer: int
    steps: int
    note: str = ""


class Unlearner(Protocol):
    """A method of unlearning."""

    def __call__(self, task: Task, progress: Progress) -> Way:
        """Take the rows out.

        Raises:
            UnsupportedModelError: The method does not apply to this run; says which does.
            ConvergenceError: It diverged, or the rest has no finite optimum.
            CancelledError: From ``progress``.
        """
        ...
