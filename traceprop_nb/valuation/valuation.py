"""What a valuation says: a value a row, what they add up to, and what removing rows would do."""

from __future__ import annotations

from dataclasses import dataclass

from traceprop_nb.gradients.objective import Floats, Ints


@dataclass(frozen=True, eq=False)
class Convergence:
    """How far a sampled valuation had settled when it ended.

    Attributes:
        statistic: What was watched.
        value: Its last value.
        goal: Sampling ends when the value is at or below it.
        samples: Evaluations of the utility in all.
        history: float64 (s, 2): evaluations so far, and the statistic then.
    """

    statistic: str
    value: float
    goal: float
    samples: int
    history: Floats

    @property
    def reached(self) -> bool:
        """Whether it settled before the budget was spent."""
        return self.value <= self.goal


@dataclass(frozen=True, eq=False)
class Curve:
    """The utility of what is left when rows are taken out one after another.

    Attributes:
        removed: int64 (c,), rows taken out; starts at 0.
        best_first: float64 (c,), the most valuable rows first: a good valuation falls fast.
        worst_first: float64 (c,), the least valuable first: a good one rises, or stays.
        random: float64 (c,), in a random order.
        utility: What was measured, in words.
    """

    removed: Ints
    best_first: Floats
    worst_first: Floats
    random: Floats
    utility: str


@dataclass(frozen=True, eq=False)
class Valuation:
    """What each training row is worth.

    Attributes:
        values: float64 (n,); positive rows help on the validation rows.
        method: A key of ``METHODS``, never "auto".
        utility: What is shared out, in words.
        total: Utility of all rows less that of none; NaN where the method has no such sum.
        note: Settings, and by how much the values miss the total where they need not meet it.
        convergence: How far sampling had settled; None for exact methods.
        curve: What removing rows would do.
        n_val: Validation rows.
        seconds: Time of the values; the curve is not in it.
    """

    values: Floats
    method: str
    utility: str
    total: float
    note: str
    convergence: Convergence | None
    curve: Curve
    n_val: int
    seconds: float
