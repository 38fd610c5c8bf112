"""Influence of training rows on a loss whose gradient the caller has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.attribution.curvature import ihvp
from traceprop_nb.errors import NoRunError, RowRangeError, ShapeError, unknown_name
from traceprop_nb.gradients.blocks import gradient_products
from traceprop_nb.gradients.finite import require_finite
from traceprop_nb.gradients.objective import Floats, GaussNewton, Ints
from traceprop_nb.session.answers import RowAnswer
from traceprop_nb.session.origins import Origins, of_run, origins

if TYPE_CHECKING:
    from traceprop_nb.compat.gradient_store import GradientStore
    from traceprop_nb.gradients.run import TrainingRun
    from traceprop_nb.session import Session

ESTIMATORS = ("auto", "dot", "trak")
RIDGE = 1e-3
"""Added to the Gram matrix of logged gradients, in mean eigenvalues: they know no penalty."""


@dataclass(frozen=True, eq=False)
class AttributionResult:
    """How much the loss would rise without each training row.

    Attributes:
        scores: float64 (rows,): positive rows lowered the loss.
        sample_indices: int64 (rows,), the training row of each score.
        order: int64, places in ``scores`` as they are listed.
        source_ids: Source of each score: by lineage, or as it was logged.
        method: What estimated it.
        note: What a reader must know.
    """

    scores: Floats
    sample_indices: Ints
    order: Ints
    source_ids: tuple[str, ...]
    method: str
    note: str
    origins: Origins

    def __len__(self) -> int:
        return len(self.order)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.top(len(self)))

    def top(self, n: int = 10) -> list[dict[str, Any]]:
        """The first n of the list: ``sample_index``, ``source_id``, ``influence_score`` of each."""
        return [
            {
                "sample_index": int(self.sample_indices[at]),
                "source_id": self.source_ids[at],
                "influence_score": float(self.scores[at]),
            }
            for at in self.order[:n]
        ]

    def by_source(self) -> dict[str, float]:
        """Sum of all rows' scores by source; a row of several sources counts in equal shares."""
        if self.origins.value is not None:
            totals = self.origins.totals(self.scores[None])[0]
            return dict(zip(self.origins.names, totals.tolist(), strict=True))
        sums: dict[str, float] = {}
        for source, score in zip(self.source_ids, self.scores.tolist(), strict=True):
            sums[source] = sums.get(source, 0.0) + score
        return sums

    def trace_to_file(self, rank: int = 0) -> dict[str, Any]:
        """Where the row of that rank, from 0, came from.

        Returns:
            ``sources`` (names), ``records`` {source: numbers from 0}, ``lines`` {source: physical
            lines from 1}, ``ops`` [(operation, cell, line)], ``status``, ``notes``; and ``rank``,
            ``sample_index``, ``score``.

        Raises:
            RowRangeError: There is no such rank.
        """
        if not 0 <= rank < len(self.order):
            raise RowRangeError(f"there is no rank {rank}; the result has 0 to {len(self) - 1}")
        at = int(self.order[rank])
        answer: RowAnswer = self.origins.rows(at)
        return {
            "rank": rank, "sample_index": int(self.sample_indices[at]),
            "score": float(self.scores[at]),
            "sources": list(answer.sources) or [self.source_ids[at]],
            "records": {name: rows.tolist() for name, rows in answer.sources.items()},
            "lines": {name: lines.tolist() for name, lines in answer.lines.items()},
            "ops": list(answer.path), "status": answer.status.name, "notes": list(answer.notes),
        }  # fmt: skip


@dataclass(frozen=True, eq=False)
class AttributionEngine:
    """Asks a store. Made by ``compat.attribution_engine``."""

    session: Session
    store: GradientStore

    def attribute(
        self, test_gradient: Any, top_k: int = 10, *, most_harmful: bool = False,
        estimator: str = "auto",
    ) -> AttributionResult:  # fmt: skip
        """Which training rows lowered a loss most, or raised it.

        Args:
            test_gradient: (p,), gradient of the query's loss in the model's parameters.
            top_k: How many the result lists.
            most_harmful: List those first without which the loss would fall.
            estimator: "dot" (gradient products), "trak" (times the inverse curvature of the run, or
                the inverse Gram matrix of what was logged; Park et al. 2023, arXiv:2303.14186), or
                "auto": "trak" where it can be had.

        Raises:
            ShapeError, NotFiniteError: The gradient does not fit the store, or holds NaN.
            UnknownNameError: No such estimator.
            NoRunError: The store is empty.
        """
        if estimator not in ESTIMATORS:
            raise unknown_name("estimator", estimator, ESTIMATORS)
        if not len(self.store):
            raise NoRunError("the store is empty: no gradient was recorded in its block")
        gradient = np.asarray(test_gradient, np.float64)
        if gradient.shape != (self.store.p,):
            raise ShapeError(
                f"the gradient has shape {gradient.shape}, and those of the store "
                f"({self.store.p},); for rows of data ask tp.influence(X, y)"
            )
        require_finite(gradient, "the gradient")
        run = self.store.run
        scores, method, note = (
            _logged(self.store, gradient, estimator)
            if run is None
            else _recorded(run, gradient, estimator)
        )
        return self._result(scores, method, note, top_k, -1 if most_harmful else 1)

    def _result(
        self, scores: Floats, method: str, note: str, top_k: int, sign: int
    ) -> AttributionResult:
        store = self.store
        if store.run is not None:
            back = of_run(self.session, store.run)
            rows = np.arange(len(scores), dtype=np.int64)
            named = tuple(_telling(back, j) for j in range(len(scores)))
        else:
            rows, first, place = np.unique(
                store.sample_indices, return_index=True, return_inverse=True
            )
            scores = np.bincount(place, scores, len(rows)).astype(
                np.float64
            )  # a row of several epochs counts once
            back = origins(self.session, store.rows_node, rows)
            named = tuple(store.source_ids[at] for at in first)
        order = np.argsort(-sign * scores, kind="stable")[:top_k]
        return AttributionResult(scores, rows, order, named, method, note, back)


def _telling(back: Origins, j: int) -> str:
    pairs = back.pairs(j)
    return back.names[back.source[pairs[0]]] if pairs else ""


def _recorded(run: TrainingRun, gradient: Floats, estimator: str) -> tuple[Floats, str, str]:
    objective = run.objective
    curved = isinstance(objective, GaussNewton) and estimator != "dot"
    if not curved:
        scores = gradient_products(objective, run.w, gradient[None])[0] * objective.weights
        return scores, "dot", "ranks rows; the scale is that of one gradient step of size 1"
    got = ihvp(run, gradient[None])
    scores = gradient_products(objective, run.w, got.require())[0] * objective.weights
    return scores, "influence", got.note or "first order, at the recorded parameters"


def _logged(store: GradientStore, gradient: Floats, estimator: str) -> tuple[Floats, str, str]:
    logged, at = store.matrix, store.projected(gradient[None])[0]
    if estimator == "dot":
        return logged @ at, "dot", "ranks rows; logged gradients know no curvature"
    gram = logged.T @ logged
    ridge = RIDGE * np.trace(gram) / len(gram) or 1.0
    gram[np.diag_indices(len(gram))] += ridge
    return logged @ np.linalg.solve(gram, at), "trak", "ranks rows; of the gradients logged by hand"
