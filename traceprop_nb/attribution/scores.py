"""What every attribution method returns, and what it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from traceprop_nb.gradients.objective import Floats, Objective
from traceprop_nb.gradients.run import TrainingRun


@dataclass(frozen=True)
class InfluenceScores:
    """How much each training row moved each query's loss.

    Attributes:
        scores: float64 (m, n): the rise of the query's loss, in nats or in the loss's own unit,
            if the row were left out of training. Proponents are positive. A method that only
            ranks says so in its note.
        method: Name of the method, a key of ``METHODS``.
        estimand: What the scores estimate, such as ``"leave_one_out"``.
        damping: What was added to the curvature's diagonal, in the unit of F; 0 if nothing.
        note: What a reader must know, in a sentence or more; may be empty.
        lds: Linear datamodelling score of this method on this run; None is not measured.
    """

    scores: Floats
    method: str
    estimand: str = "leave_one_out"
    damping: float = 0.0
    note: str = ""
    lds: float | None = None


class Attributor(Protocol):
    """An attribution method."""

    def __call__(self, run: TrainingRun, query: Objective) -> InfluenceScores:
        """Scores (m, n) of the run's n rows for the m rows of ``run.query(X, y)``."""
        ...


def joined(*notes: str) -> str:
    """The non-empty notes, in order, as one text."""
    return "; ".join(note for note in notes if note)
