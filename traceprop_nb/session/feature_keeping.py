"""Projected gradients of recorded trainings on their way to the store, where that was asked for.

They are numbers made of the rows' values, so that a store has none of them unless it was opened
with ``features=True``. One segment holds those of the runs that a cell trained, and an event names
it by digest: gradients at the end of the training in single precision, projected as TRAK projects
them, and the rows' losses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.attribution.trak import projected
from traceprop_nb.errors import TracepropError
from traceprop_nb.gradients.objective import all_rows
from traceprop_nb.gradients.projection import sign_sketch
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.lineage.segment import Pool, pack

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session

FEATURES = "features"
"""Kind of the events that name a segment of gradients, and of the segments."""
FORMAT = 1
SEED = 0
"""Of the projection."""
WIDEST = 4096
LEAST = 64
"""Dimensions after the projection: those of a small run, and those below which none is kept."""
MOST_BYTES = 256 * 1024 * 1024
"""Of one run's gradients; a larger run is projected to fewer dimensions."""


@dataclass(eq=False, repr=False)
class FeatureKeeper:
    """Which of a session's runs have their gradients in the store.

    Attributes:
        session: Whose.
    """

    session: Session
    _kept: dict[str, TrainingRun] = field(default_factory=dict)

    def part(self, *, last: bool = False) -> tuple[dict[str, Any], bytes] | None:  # noqa: ARG002
        """Body of the event and bytes of the segment for runs that are new; None without one.

        Args:
            last: The session ends, which changes nothing here.
        """
        runs = [run for name, run in self.session.runs.items() if self._kept.get(name) is not run]
        if not runs:
            return None
        self._kept |= {run.name: run for run in runs}
        pool, guard = Pool(), self.session.guard
        told = [{"name": guard.shown(run.name), **kept(run, pool)} for run in runs]
        skipped = [one["skipped"] for one in told if "skipped" in one]
        body = {"runs": [run.name for run in runs], "skipped": skipped}
        return body, pack({"format": FORMAT, "runs": told}, pool.arrays)


def kept(run: TrainingRun, pool: Pool) -> dict[str, Any]:
    """What is told of a run's gradients; why there are none, where that is so."""
    n, p = run.objective.n, run.objective.p
    if run.shards:
        return {"skipped": f"{len(run.shards)} models vote, each with gradients of its own"}
    k = min(p, WIDEST, MOST_BYTES // (4 * max(n, 1)))
    if k < min(p, LEAST):
        return {"skipped": f"{n:,} rows are too many for {LEAST} dimensions each"}
    try:
        rows = projected(run.objective, run.w, sign_sketch(p, k, seed=SEED)).astype("<f4")
        loss = run.objective.loss(run.w, all_rows(run.objective)).astype("<f4")
    except TracepropError as error:
        return {"skipped": str(error)}
    if not (np.isfinite(rows).all() and np.isfinite(loss).all()):
        return {"skipped": "its gradients are not finite"}
    arrays = (rows.ravel(), loss, np.asarray(run.objective.weights, "<f4"))
    names = ("rows", "loss", "weights")
    return {
        "n": n, "p": p, "k": k, "seed": SEED, "classifier": run.classes is not None,
        **{name: pool.add(array.view("<u4")) for name, array in zip(names, arrays, strict=True)},
    }  # fmt: skip
