"""How a run was trained, so that the same training can be done again without some rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from traceprop_nb.gradients.objective import Floats, Ints, Objective
from traceprop_nb.gradients.progress import Progress


@dataclass(frozen=True, eq=False)
class Trained:
    """A model that a recipe made.

    Attributes:
        model: A new model of the user's class that nobody else holds; None where its parameters
            are all there is to it.
        w: float64 (p,), its trained parameters.
        objective: All n rows of the run as this model sees them: with its own buffers, such as
            running means. Only loss, predictions and gradients are asked of it.
    """

    model: object
    w: Floats
    objective: Objective


@dataclass(frozen=True, eq=False)
class WithoutRows:
    """The recipe of a training that leaves some rows of another's out from the start.

    Attributes:
        recipe: The other one.
        kept: int64 (n,), row i of this run is row ``kept[i]`` of the other.
    """

    recipe: Recipe
    kept: Ints

    @property
    def note(self) -> str:
        """What a repetition does not repeat."""
        return self.recipe.note

    @property
    def seeds(self) -> bool:
        """Whether another seed gives another training."""
        return self.recipe.seeds

    def train(self, keep: Ints, seed: int, progress: Progress) -> Trained:
        """As ``Recipe.train``, by the numbers of this run's rows."""
        made = self.recipe.train(self.kept[keep], seed, progress)
        return replace(made, objective=made.objective.restrict(self.kept))


class Recipe(Protocol):
    """A recorded training that can be repeated."""

    @property
    def note(self) -> str:
        """What a repetition does not repeat, such as dropout masks; empty if nothing."""
        ...

    @property
    def seeds(self) -> bool:
        """Whether another seed gives another training; False where the optimum is unique."""
        ...

    def train(self, keep: Ints, seed: int, progress: Progress) -> Trained:
        """Train again on these rows only.

        The user's model, the data and every random stream of the process stay as they are.

        Args:
            keep: int64, rows of the run, sorted.
            seed: 0 repeats the recorded start and order, less the rows left out; any other seed
                draws both anew.
            progress: Told of each step.

        Raises:
            CancelledError: From ``progress``.
            ConvergenceError: The training diverged, or has no finite optimum.
        """
        ...
