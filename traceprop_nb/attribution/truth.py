"""The truth that influence is measured against: models trained again on parts of the rows.

A convex risk is minimised by Newton's method, exactly; a network is trained by its recorded recipe.
What was trained is kept, so that an interrupted measurement goes on where it stopped.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.errors import OptionError, ShapeError, UnsupportedModelError
from traceprop_nb.gradients.objective import Convex, Floats, Ints, Movable, Objective, all_rows
from traceprop_nb.gradients.optimum import newton
from traceprop_nb.gradients.progress import Progress, part, silent
from traceprop_nb.gradients.run import TrainingRun

Bools = NDArray[np.bool_]


@dataclass(eq=False)
class GroundTruth:
    """Losses of queries under models of parts of the rows; filled as the models are trained.

    Attributes:
        of: Digest of the run and its queries: of parameters, and of every row's loss.
        kept: bool (s, n), the rows that each model is trained on.
        seeds: Trainings a part, whose losses are averaged; 1 where the optimum is unique.
        losses: float64 (s, seeds, m); NaN where a model is not trained yet.
    """

    of: str
    kept: Bools
    seeds: int
    losses: Floats

    @property
    def mean(self) -> Floats:
        """Loss of each query under each part's models, (s, m)."""
        return np.asarray(self.losses.mean(axis=1))

    @property
    def done(self) -> int:
        """Parts whose models are all trained."""
        return int(np.isfinite(self.losses).all(axis=(1, 2)).sum())

    def save(self, path: str | Path) -> Path:
        """Write it as ``.npz``, to be shared; it holds losses and row numbers, no rows."""
        target = Path(path)
        if target.suffix != ".npz":
            raise OptionError(f"cannot save ground truth as {target.name!r}; use a name in .npz")
        with target.open("wb") as file:
            np.savez_compressed(
                file, of=np.array(self.of), kept=np.packbits(self.kept, axis=1),
                n=self.kept.shape[1], losses=self.losses,
            )  # fmt: skip
        return target

    @classmethod
    def load(cls, path: str | Path) -> GroundTruth:
        """Read what ``save`` wrote."""
        with np.load(path, allow_pickle=False) as held:
            kept = np.unpackbits(held["kept"], axis=1, count=int(held["n"])).astype(bool)
            losses = held["losses"]
            return cls(str(held["of"]), kept, losses.shape[1], losses)


def half_subsets(run: TrainingRun, query: Objective, s: int, seeds: int, seed: int) -> GroundTruth:
    """Random halves of the rows, nothing trained yet.

    Args:
        run: The run whose method is to be judged.
        query: From ``run.query``.
        s: Halves, at least 10.
        seeds: Trainings each.
        seed: Of the draw.

    Raises:
        OptionError: Fewer than 10 halves or 1 training, or fewer than 4 rows.
    """
    if s < 10 or seeds < 1:
        raise OptionError(f"{s} subsets of {seeds} trainings rank nothing; use 10 and 1 or more")
    n = run.objective.n
    if n < 4:
        raise OptionError(f"{n} rows have no halves to compare")
    rng = np.random.default_rng(seed)
    kept = np.array([rng.permutation(n) < n // 2 for _ in range(s)])
    return _empty(run, query, kept, seeds)


def each_left_out(run: TrainingRun, query: Objective, rows: Ints, seeds: int) -> GroundTruth:
    """All rows, and all but each of these rows; nothing trained yet."""
    kept = np.ones((len(rows) + 1, run.objective.n), dtype=bool)
    kept[np.arange(1, len(rows) + 1), rows] = False
    return _empty(run, query, kept, seeds)


def proponents_left_out(
    run: TrainingRun, query: Objective, scores: Floats, k: int, seeds: int
) -> GroundTruth:
    """All rows, and for each query all but its k strongest proponents; nothing trained yet.

    Raises:
        OptionError: k is less than 1, or leaves less than half of the rows.
    """
    n = run.objective.n
    if not 1 <= k <= n // 2:
        raise OptionError(f"k={k} of {n} rows cannot be left out; use 1 to {n // 2}")
    kept = np.ones((query.n + 1, n), dtype=bool)
    strongest = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    np.put_along_axis(kept[1:], strongest, False, axis=1)
    return _empty(run, query, kept, seeds)


def _empty(run: TrainingRun, query: Objective, kept: Bools, seeds: int) -> GroundTruth:
    check_trainable(run)
    unique = isinstance(run.objective, Convex) or (run.recipe is not None and not run.recipe.seeds)
    number = 1 if unique else seeds
    return GroundTruth(
        identity(run, query), kept, number, np.full((len(kept), number, query.n), np.nan)
    )


def train(
    run: TrainingRun, query: Objective, truth: GroundTruth, progress: Progress = silent
) -> None:
    """Train what is not trained yet; an interruption keeps what is.

    Raises:
        ShapeError: The truth is of another run, or of other queries.
        UnsupportedModelError: The run cannot be trained again.
        CancelledError, ConvergenceError: From the training.
    """
    if truth.of != identity(run, query):
        raise ShapeError(
            f"this ground truth belongs to another run or other queries than {run.name!r}'s; make "
            "a new one"
        )
    left = np.argwhere(~np.isfinite(truth.losses).all(axis=2))
    for at, (place, seed) in enumerate(left):
        told = part(progress, at / len(left), (at + 1) / len(left))
        truth.losses[place, seed] = losses_of(
            run, query, np.flatnonzero(truth.kept[place]), int(seed), told
        )
    progress(1.0)


def losses_of(
    run: TrainingRun, query: Objective, keep: Ints, seed: int, progress: Progress = silent
) -> Floats:
    """Losses (m,) of the queries under a model trained on these rows."""
    objective, rows = run.objective, all_rows(query)
    if isinstance(objective, Convex):
        progress(0.0)
        best = newton(objective.restrict(keep), run.w, rtol=1e-6)
        return query.loss(best.w, rows)
    assert run.recipe is not None
    made = run.recipe.train(keep, seed, progress)
    own = made.objective  # with the buffers of the model that was trained
    if isinstance(own, Movable) and isinstance(query, type(own)):
        return own.over(query).loss(made.w, rows)
    return query.loss(made.w, rows)


def check_trainable(run: TrainingRun) -> None:
    """Raise where there can be no ground truth.

    Raises:
        UnsupportedModelError: Not convex, and no recipe was recorded.
    """
    if not isinstance(run.objective, Convex) and run.recipe is None:
        raise UnsupportedModelError(
            f"{run.name!r} cannot be trained again, so there is nothing to measure against: its "
            "model is not convex and no recipe was recorded; train it again under %%train"
        )


def identity(run: TrainingRun, query: Objective) -> str:
    """Digest of a run and its queries: parameters, weights, and the loss of every row."""
    hashed = hashlib.sha256()
    for part_of in (
        run.w, run.objective.weights, run.objective.loss(run.w, all_rows(run.objective)),
        query.loss(run.w, all_rows(query)),
    ):  # fmt: skip
        hashed.update(np.ascontiguousarray(part_of, "<f8").tobytes())
    return f"sha256:{hashed.hexdigest()}"
