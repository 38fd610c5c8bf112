"""Gold: models trained from scratch on the retained rows only."""

from __future__ import annotations

import time
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from traceprop_nb.errors import OptionError, UnsupportedModelError
from traceprop_nb.gradients.objective import Convex, Floats, Ints, Objective, all_rows
from traceprop_nb.gradients.progress import Progress, part
from traceprop_nb.gradients.recipe import Recipe
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.unlearning.retrain import retrain

REPEATED = 1e-3
"""Relative distance up to which a recipe is said to repeat the run: float32 sums in another order
move the parameters of a small network by 1e-6 to 1e-4."""

_repeats: WeakKeyDictionary[TrainingRun, float] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Gold:
    """Retrained models.

    Attributes:
        ws: float64 (seeds, p), the recorded seed first.
        objectives: All rows of the run as each model sees them; None = as the trained one does.
        unique: Whether there is only one model to end at.
        seconds: Time of the retraining.
        note: What a reader must know.
    """

    ws: Floats
    objectives: tuple[Objective | None, ...]
    unique: bool
    seconds: float
    note: str


def check_gold(run: TrainingRun, seeds: int) -> None:
    """Raise before anything is computed if gold cannot be.

    Raises:
        OptionError: A negative number of seeds.
        UnsupportedModelError: The run cannot be trained again; says what is missing.
    """
    if seeds < 0:
        raise OptionError(f"gold={seeds} is no number of seeds; pass 0 for none, 3 for a test")
    if seeds and not isinstance(run.objective, Convex) and run.recipe is None:
        raise UnsupportedModelError(
            f"{run.name!r} cannot be trained again: its model is not convex, and no recipe (start, "
            "optimiser and order of rows) was recorded; train it again under %%train, or leave "
            "gold out"
        )


def retrained(run: TrainingRun, retain: Ints, seeds: int, progress: Progress) -> Gold:
    """Train on these rows from scratch.

    A convex risk has one minimum, whoever looks for it: Newton's method finds it from zero. A
    network is trained as recorded, and once more with each further seed; it is also trained on
    all rows, once a run, to see whether the recipe repeats what was recorded.

    Raises:
        UnsupportedModelError: See ``check_gold``.
        ConvergenceError, CancelledError: From the training.
    """
    check_gold(run, seeds)
    if isinstance(run.objective, Convex):
        progress(0.0)
        w, seconds = retrain(run.objective.restrict(retain), run.w)
        progress(1.0)
        return Gold(w[None, :], (None,), True, seconds, "")
    assert run.recipe is not None
    return _by_recipe(run, run.recipe, retain, seeds, progress)


def _by_recipe(
    run: TrainingRun, recipe: Recipe, retain: Ints, seeds: int, progress: Progress
) -> Gold:
    number = seeds if recipe.seeds else 1
    rounds = number + 1
    off = _distance_of_repetition(run, recipe, part(progress, 0.0, 1.0 / rounds))
    began = time.perf_counter()
    models = [
        recipe.train(retain, seed, part(progress, (seed + 1) / rounds, (seed + 2) / rounds))
        for seed in range(number)
    ]
    seconds = time.perf_counter() - began
    said = "the recipe repeats the recorded run"
    if off > REPEATED:
        said = (
            f"the recipe does not repeat the recorded run: trained on all rows it ends {off:.1e} "
            "of the parameters' length away"
        )
    note = "; ".join(filter(None, (said, recipe.note)))
    objectives = tuple(model.objective for model in models)
    return Gold(np.array([m.w for m in models]), objectives, not recipe.seeds, seconds, note)


def _distance_of_repetition(run: TrainingRun, recipe: Recipe, progress: Progress) -> float:
    """How far from the run's parameters the recipe ends on all rows, relative to their length."""
    if run not in _repeats:
        again = recipe.train(all_rows(run.objective), 0, progress)
        length = max(float(np.linalg.norm(run.w)), 1e-300)
        _repeats[run] = float(np.linalg.norm(again.w - run.w)) / length
    return _repeats[run]
