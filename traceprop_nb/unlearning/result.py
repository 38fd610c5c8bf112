"""What unlearning returns: a model without some of its rows, and how it compares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.gradients.objective import Floats, Ints, Objective
from traceprop_nb.gradients.run import TrainingRun


@dataclass(frozen=True, eq=False)
class Unlearning:
    """A model without some of its rows, and how it compares.

    Attributes:
        w: float64 (p,), the unlearned parameters.
        forgotten: int64, training rows that were taken out, sorted.
        retained: int64, the others.
        objective: The risk over the retained rows.
        method: Key of ``METHODS``.
        why: Why ``auto`` took it; empty if it was asked for by name.
        note: Settings that the method chose, and cautions.
        trajectory: Structured (points,): ``strength`` (0 the trained model, 1 the unlearned one,
            to 4/3), and what was measured there: see ``measures.fields``.
        path: float64 (points, p), the parameters at each point.
        baselines: ``"random rows"`` (the same method on as many rows drawn at random) and
            ``"nothing"`` (the trained model), measured at the same points.
        golds: Structured (seeds,), the same measures of each retrained model, strength NaN; None
            without gold.
        gold: ``golds[0]``, the recorded seed.
        gold_w: float64 (p,), its parameters.
        band: Measure -> the interval in which one more retrained model is expected; empty without
            three seeds.
        left: Share of the distance from trained to retrained that is left; None without gold, and
            where retraining has no unique end.
        verified: Whether the model cannot be told from the retrained ones; None = not checked.
        test: Name and level of the test behind ``verified``; empty if there was none.
        verdict: One sentence for the reader.
        steps: Steps that the method took.
        seconds: Time of the method.
        seconds_gold: Time of the retraining, or None.
        baseline_paths: float64 (points, p) of each baseline.
        objectives: All rows as the model at each point sees them, where that is not as the trained
            one does; otherwise empty. ``baseline_objectives``: the same of each baseline.
        shards: The runs of the new models, of a run of shards; otherwise empty.
    """

    w: Floats
    forgotten: Ints
    retained: Ints
    objective: Objective
    method: str
    why: str
    note: str
    trajectory: NDArray[np.void]
    path: Floats
    baselines: Mapping[str, NDArray[np.void]]
    golds: NDArray[np.void] | None
    gold: NDArray[np.void] | None
    gold_w: Floats | None
    band: Mapping[str, tuple[float, float]]
    left: float | None
    verified: bool | None
    test: str
    verdict: str
    steps: int
    seconds: float
    seconds_gold: float | None
    baseline_paths: Mapping[str, Floats] = field(default_factory=dict, repr=False)
    objectives: tuple[Objective, ...] = field(default=(), repr=False)
    baseline_objectives: Mapping[str, tuple[Objective, ...]] = field(
        default_factory=dict, repr=False
    )
    shards: tuple[TrainingRun, ...] = field(default=(), repr=False)
