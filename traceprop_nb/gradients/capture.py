"""What a training cell hands over: the trained model, its data, and how to make a run of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from traceprop_nb.gradients.objective import Ints
from traceprop_nb.gradients.run import TrainingRun

NodeOf = Callable[[object], int | None]
"""The lineage node of a live object, or None."""

Lookup = Callable[[str], object | None]
"""The user's object of that name, or None."""


@dataclass(frozen=True)
class TrainOptions:
    """Options of one training cell.

    Attributes:
        model: Name of the variable that holds the model, where several were trained.
        loss: Name of the loss, where none was seen.
        proj_dim: Gradients longer than this are projected to it.
        checkpoints: How many to keep, evenly over the epochs; the last one is the model.
        sources: Names of the sources that the rows are expected to come from.
        rows: Names of the rows and of their labels, where the training cannot be watched.
        predict: Name of a function of parameters and rows that gives the model's outputs.
        fit: Name of a function of rows, labels and a seed that trains from scratch.
        shards: Whether all models of the cell, each trained on rows of its own, are one run;
            ``model`` then names the list, tuple or dict that holds them.
    """

    model: str | None = None
    loss: str | None = None
    proj_dim: int = 4096
    checkpoints: int = 1
    sources: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    predict: str | None = None
    fit: str | None = None
    shards: bool = False

    def own_names(self) -> list[str]:
        """Names that can only be the user's own; a loss may also be a framework's."""
        loss = self.loss if self.rows else None
        return [name for name in (loss, *self.rows, self.predict, self.fit) if name is not None]


@dataclass(frozen=True)
class Captured:
    """One training that happened in the cell.

    Attributes:
        framework: ``"sklearn"``, ``"torch"`` or ``"jax"``.
        model: The very object that was trained.
        X: The very object that was passed as features.
        y: The very object that was passed as labels.
        x_node: Lineage node of X when training began, or None.
        y_node: Lineage node of y when training began, or None.
        row_index: Row i of the run is row ``row_index[i]`` of X; None is the identity.
        run: Makes the run under a name, from parameters and rows copied when training ended.
            Raises UnsupportedModelError or NoModelError, with what to do.
    """

    framework: str
    model: object
    X: object
    y: object
    x_node: int | None
    y_node: int | None
    row_index: Ints | None
    run: Callable[[str], TrainingRun]


class TrainingTap(Protocol):
    """Watches one framework while a training cell runs, and changes nothing."""

    def start(self, options: TrainOptions) -> None:
        """Begin to watch."""
        ...

    def stop(self) -> list[Captured]:
        """Put back what was patched, and return what was trained, in order.

        Never raises; call it after an exception in the cell too.
        """
        ...

    def advice(self) -> str:
        """Why nothing (more) was captured, and what to do; empty if there is nothing to say."""
        ...
