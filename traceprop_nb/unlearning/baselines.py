"""What the same panel would show for other requests: as many random rows, and nothing at all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from traceprop_nb.errors import ConvergenceError, UnsupportedModelError
from traceprop_nb.gradients.objective import Floats, Ints, Objective
from traceprop_nb.gradients.progress import Progress
from traceprop_nb.unlearning.trajectory import along
from traceprop_nb.unlearning.unlearner import Task, Unlearner

RANDOM, NOTHING = "random rows", "nothing"


def baseline_paths(
    task: Task, method: Unlearner, share: Floats, progress: Progress
) -> dict[str, tuple[Floats, tuple[Objective, ...]]]:
    """The parameters (points, p) of each baseline at these strengths, and how each sees the rows.

    Random rows are left out where the method cannot forget them either.

    Raises:
        CancelledError: From ``progress``.
    """
    found: dict[str, tuple[Floats, tuple[Objective, ...]]] = {
        NOTHING: (np.tile(task.run.w, (len(share), 1)), ())
    }
    drawn = random_rows(task)
    others = np.setdiff1d(np.arange(task.run.objective.n, dtype=np.int64), drawn)
    try:
        way = method(replace(task, forget=drawn, retain=others), progress)
    except (ConvergenceError, UnsupportedModelError):
        return found
    seen = tuple(way.seen_at(s) or task.run.objective for s in share) if way.objectives else ()
    return {RANDOM: (np.array([along(way, s) for s in share]), seen)} | found


def random_rows(task: Task) -> Ints:
    """As many rows as are to be forgotten, of the others; of all if the others are too few."""
    rng = np.random.default_rng(task.seed)
    number = len(task.forget)
    pool = task.retain
    if len(pool) <= number:  # some must be left to train on
        pool = np.arange(task.run.objective.n, dtype=np.int64)
    return np.sort(rng.choice(pool, number, replace=False)).astype(np.int64)
