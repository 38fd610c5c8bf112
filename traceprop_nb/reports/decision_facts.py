"""What a record draws on about a decision: names, counts, digests and the outcome; no inputs."""

from __future__ import annotations

import math
from dataclasses import dataclass

NOT_A_REASON = (
    "Influential training rows are a diagnosis of the model, not a reason for a decision."
)

SAME = 1e-6
"""Relative distance at which parameters are the same: those of a float32 model are rounded."""


@dataclass(frozen=True)
class ChangeFact:
    """A feature whose change would have changed the decision; by its size, not by its values.

    Attributes:
        direction: "up" or "down".
        deviations: Size of the change in standard deviations of the training rows.
    """

    feature: str
    direction: str
    deviations: float


@dataclass(frozen=True)
class DecisionFact:
    """One decision about one person, by the model of a recorded run.

    In records of other kinds it has no outcome, score, reasons and changes.

    Attributes:
        number: Of the decision in its session, from 1.
        parameters_digest: Of the run's recorded parameters: the version of the model.
        parameters_moved: How far the live model's are from these; None = not looked.
        inputs_digest: Of the row's values, under the project's key.
        outcome: What was decided; empty = nothing is, for a regression without a threshold.
        favourable: The outcome that is good for the person, as it was named; empty = not named.
        favoured: Whether it was decided; None = it was not named.
        score: What is explained; ``unit`` says what it is.
        own_score: The same by the live model's own prediction; None = it has none.
        tolerance: How far the two may be apart.
        method: How the contributions of features were computed.
        held_against: The rows that they are held against, in words.
        gap: What the contributions' sum lacks to the score less the rows' mean score.
        order_settled: Whether sampling settled the order of the reasons; None = nothing was drawn.
        names_known: Whether features go by the user's names.
        reasons: The features that counted most against the favourable outcome, the most first.
        changes: What would have changed the decision; empty = nothing was found.
        change_method: How it was found, or why it was not.
        change_holds: Whether the live model decides otherwise on the changed row; None = no change.
        influence: Number of the influence question that was asked about it; None = none was.
    """

    number: int
    run: str
    at: str
    parameters_digest: str
    inputs_digest: str
    n_features: int
    method: str
    held_against: str
    gap: float
    names_known: bool
    outcome: str = ""
    favourable: str = ""
    score: float | None = None
    unit: str = ""
    favoured: bool | None = None
    probability: float | None = None
    threshold: float | None = None
    own_score: float | None = None
    tolerance: float = 0.0
    parameters_moved: float | None = None
    order_settled: bool | None = None
    reasons: tuple[str, ...] = ()
    changes: tuple[ChangeFact, ...] = ()
    change_method: str = ""
    change_holds: bool | None = None
    fixed: tuple[str, ...] = ()
    influence: int | None = None
    cell: int | None = None

    @property
    def recomputes(self) -> bool | None:
        """Whether the live model's own score is that of the recorded parameters."""
        if self.own_score is None or self.score is None:
            return None
        return abs(self.own_score - self.score) <= self.tolerance

    @property
    def unmoved(self) -> bool | None:
        """Whether the live model still has the recorded parameters."""
        return None if self.parameters_moved is None else self.parameters_moved <= SAME

    @property
    def adds_up(self) -> bool:
        """Whether the contributions sum to the score less the reference, up to rounding."""
        score = math.nan if self.score is None else self.score
        return math.isfinite(score) and abs(self.gap) <= SAME * (1.0 + abs(score))
