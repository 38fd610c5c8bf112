"""What each feature added to a score: in closed form where it is linear, else by Shapley's rule.

The contributions sum to the row's score less the mean score of the rows it is held against. For a
linear score w_j (x_j - mean_j) is Shapley's value too. Lundberg and Lee 2017, arXiv:1705.07874.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from traceprop_nb.attribution.decision.case import Case
from traceprop_nb.attribution.decision.shapley import enumerated, sampled
from traceprop_nb.errors import OptionError
from traceprop_nb.gradients.objective import Floats

MOST_ROWS = 100
"""Training rows that a score which is not linear is held against."""

MOST_ROUNDS = 20


@dataclass(frozen=True, eq=False)
class Contributions:
    """What each feature added to a score.

    Attributes:
        values: float64 (d,), in units of the score; positive raised it.
        score: Of the row.
        reference: Mean score of the rows it is held against.
        method: "closed form", "exact Shapley values" or "sampled Shapley values".
        held_against: The rows of the reference, in words.
        error: float64 (d,), standard error of sampled values, these rows given; else None.
    """

    values: Floats
    score: float
    reference: float
    method: str
    held_against: str
    error: Floats | None = None

    @property
    def gap(self) -> float:
        """What the sum of the values lacks to score less reference; rounding, if all is well."""
        return float(self.score - self.reference - self.values.sum())


def contributions(case: Case, *, budget: int = 200_000, seed: int = 0) -> Contributions:
    """What each feature added to the score of the case.

    Args:
        case: The row and the model.
        budget: Most rows that the model is asked for.
        seed: Of the training rows and the orders that are drawn.

    Raises:
        OptionError: The budget is too small for two rounds over one training row.
    """
    score = float(case.scores(case.x[None])[0])
    if case.slope is not None:
        mean = case.rows.mean(axis=0)
        values = case.slope * (case.x - mean)
        reference = float(case.scores(mean[None])[0])
        held = f"the mean of the {len(case.rows):,} training rows"
        return Contributions(values, score, reference, "closed form", held)
    least = 4 * (case.d + 1)
    if budget < least:
        raise OptionError(f"budget={budget} is less than {least}, which {case.d} features need")
    rng = np.random.default_rng(seed)
    rows = _background(case.rows, min(MOST_ROWS, budget // least), rng)
    reference = float(case.scores(rows).mean())
    held = f"{len(rows):,} of the {len(case.rows):,} training rows"
    if case.d <= 20 and 2**case.d * len(rows) <= budget:
        values = enumerated(case.scores, case.x, rows)
        return Contributions(values, score, reference, "exact Shapley values", held)
    rounds = int(np.clip(budget // (2 * len(rows) * (case.d + 1)), 2, MOST_ROUNDS))
    values, error = sampled(case.scores, case.x, rows, rounds=rounds, rng=rng)
    return Contributions(values, score, reference, "sampled Shapley values", held, error)


def _background(rows: Floats, most: int, rng: np.random.Generator) -> Floats:
    if len(rows) <= most:
        return rows
    return rows[np.sort(rng.choice(len(rows), most, replace=False))]
