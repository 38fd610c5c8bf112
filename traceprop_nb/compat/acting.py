"""Unlearning and valuation asked with a store of gradients."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.compat.engine import AttributionEngine
from traceprop_nb.errors import OptionError, UnsupportedModelError
from traceprop_nb.gradients.objective import Convex, Floats
from traceprop_nb.lineage import query
from traceprop_nb.session import current
from traceprop_nb.session.origins import of_run

if TYPE_CHECKING:
    from traceprop_nb.compat.gradient_store import GradientStore
    from traceprop_nb.gradients.run import TrainingRun
    from traceprop_nb.session import UnlearnAnswer


@dataclass(frozen=True)
class UnlearnedSource:
    """A model without a source, and what is left of the source in it.

    Attributes:
        answer: The whole answer, as ``tp.unlearn(source=...)`` gives it.
    """

    answer: UnlearnAnswer

    @property
    def model(self) -> Any:
        """The new model; the old one is untouched."""
        return self.answer.model

    @property
    def verified(self) -> bool:
        """Whether the model cannot be told from one retrained without the source."""
        return self.answer.verified is True

    @property
    def verdict(self) -> str:
        """That in one sentence."""
        return self.answer.verdict

    @property
    def influence_before(self) -> float:
        """Share of the way from the trained to the retrained parameters: all of it."""
        return 1.0

    @property
    def influence_after(self) -> float:
        """What is left of it; NaN where it was not compared or no such end is unique."""
        left = self.answer.result.left
        return float("nan") if left is None else float(left)

    @property
    def compliance_report(self) -> dict[str, Any]:
        """The session's record, this request in it, as plain values."""
        record: dict[str, Any] = json.loads(current().report("session").to_json())
        return record


def unlearned(store: GradientStore, source_id: str | None) -> UnlearnedSource:
    """See ``compat.unlearn``."""
    if not source_id:
        raise OptionError("source_id names no source; pass gradient_store= and source_id=")
    run = _run(store, "nothing can be unlearned")
    gold = isinstance(run.objective, Convex)  # retraining is cheap, and its end unique
    return UnlearnedSource(current().unlearn(source=source_id, run=run, gold=gold))


@dataclass(frozen=True, eq=False)
class ValuedRows:
    """What each training row is worth.

    Attributes:
        values: float64 (n,): mean rise of the held-out losses without the row.
        run: The training.
        note: What was computed.
    """

    values: Floats
    run: TrainingRun
    note: str

    def by_source(self) -> dict[str, float]:
        """Sum by source; a row of several sources counts in equal shares."""
        back = of_run(current(), self.run)
        return dict(zip(back.names, back.totals(self.values[None])[0].tolist(), strict=True))

    def by_op(self) -> dict[str, float]:
        """Sum over the training rows that came through each operation, by its name."""
        graph, node = current().graph, self.run.rows_node
        if node is None:
            return {}
        index = np.arange(len(self.values)) if self.run.row_index is None else self.run.row_index
        sums: dict[str, float] = {}
        for at, row_map in query.to_each(graph, node).items():
            if at not in graph.sources:
                went = np.unique(row_map.pairs(np.asarray(index))[0])
                name = graph.op_name(at)
                sums[name] = sums.get(name, 0.0) + float(self.values[went].sum())
        return sums


def valued(store: GradientStore, val_gradients: Any) -> ValuedRows:
    """See ``compat.data_valuation``."""
    run = _run(store, "rows cannot be valued")
    mean = np.atleast_2d(np.asarray(val_gradients, np.float64)).mean(axis=0)
    found = AttributionEngine(current(), store).attribute(mean, len(store))
    return ValuedRows(found.scores, run, f"{found.method}: {found.note}")


def _run(store: GradientStore, what: str) -> TrainingRun:
    if store.run is None:
        raise UnsupportedModelError(
            f"{what}: the gradients of this store were logged by hand, without a model; record the "
            "training in the block of training_context, or under %%train"
        )
    return store.run
