"""Valuation: what the rows of a run are worth, with the way from each row back to its file line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.attribution.methods import attribute
from traceprop_nb.errors import OptionError
from traceprop_nb.gradients.objective import Floats, Objective
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.session.influence import entry
from traceprop_nb.session.origins import of_run
from traceprop_nb.session.steps import Asked, step_values
from traceprop_nb.session.valued import ValuationAnswer
from traceprop_nb.valuation.methods import value

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session

LISTED = 10
"""Rows that an answer lists."""


def data_valuation(  # noqa: PLR0913  # the public question
    session: Session,
    *,
    val: Any,
    run: str | TrainingRun | None = None,
    method: str = "knn-shapley",
    k: int = 10,
    by: str = "row",
    weight: str | None = None,
    budget: int | None = None,
    seed: int = 0,
) -> ValuationAnswer:
    """See ``traceprop_nb.data_valuation``."""
    if by not in ("row", "source", "op"):
        raise OptionError(f"by={by!r} is no grouping; use 'row', 'source' or 'op'")
    if not isinstance(val, tuple) or len(val) != 2 or val[1] is None:
        raise OptionError("val= needs rows and their labels: pass val=(X_val, y_val)")
    asked = run if isinstance(run, TrainingRun) else session.training.find(run)
    if not len(np.atleast_1d(np.asarray(val[1]))):
        raise OptionError("there are no validation rows; pass val=(X, y) with at least one")
    held = asked.query(*val)
    result = value(
        asked, held, method=method, k=k, weight=weight, budget=budget, seed=seed, scores=_scores
    )
    back = of_run(session, asked)
    session.record_event(
        "valued", run=asked.name, method=result.method, rows=len(result.values), val=result.n_val
    )
    return ValuationAnswer(
        asked, result, back, LISTED, by,
        lambda rank, j, worth: entry(asked, back, rank, j, worth),
        lambda: step_values(Asked(session, asked, held, result.values, k)),
        session.recorder.cell,
    )  # fmt: skip


def _scores(run: TrainingRun, val: Objective) -> Floats:
    """Leave-one-out scores by the attribution method that fits the run."""
    return attribute(run, val).scores
