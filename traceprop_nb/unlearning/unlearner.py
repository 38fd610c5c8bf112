"""What every unlearning method is: a function from a task to the way it took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from traceprop_nb.gradients.objective import Floats, Ints, Objective
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
        objectives: All rows as the model at each point of ``path`` sees them, where that is not
            as the trained one does; otherwise empty.
        shards: The runs of the new models, of a run of shards; otherwise empty.
    """

    path: Floats
    answer: int
    steps: int
    note: str = ""
    objectives: tuple[Objective, ...] = ()
    shards: tuple[TrainingRun, ...] = ()

    def seen_at(self, strength: float) -> Objective | None:
        """All rows as the model nearest to this strength sees them; None = as the trained one."""
        if not self.objectives:
            return None
        return self.objectives[min(round(strength * self.answer), len(self.objectives) - 1)]


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
