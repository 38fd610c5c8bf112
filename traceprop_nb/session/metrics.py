"""The metrics of a session, each computed again from the copies of its rows and from its model."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.errors import TracepropError
from traceprop_nb.gradients.objective import Floats
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.reports.evidence import MetricFact, Origins
from traceprop_nb.session.evaluations import Prediction, prediction, telling
from traceprop_nb.session.intervals import RESAMPLES, bootstrap, wilson
from traceprop_nb.session.noticed import Measured
from traceprop_nb.tracing.observed import Copies

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session

MOST_DRAWN = 4_000_000
"""Rows that the resamples of one record may draw, the newest metrics first: half a second or so."""
_CALL = 5000
"""Rows that a call of a metric counts for, however few it has."""
MOST_PREDICTED = 200_000_000
"""Rows times parameters up to which a model predicts again."""
_ALIKE = 1e-6
"""Two computations of a probability that differ by less are the same."""


def metric_facts(session: Session, *, again: bool = True) -> tuple[MetricFact, ...] | None:
    """The kept metrics, oldest first; None where no cell was traced.

    Args:
        session: The current one.
        again: Compute each again; else only what was found out before is said.
    """
    if not any(cell.traced for cell in session.cells):
        return None
    facts = _Facts(session, again)
    found = [facts.fact(measured) for measured in reversed(session.noticed.metrics)]
    return tuple(reversed(found))


def metric_nodes(session: Session) -> list[int | None]:
    """For each kept metric the node whose rows its origins are."""
    facts = _Facts(session, again=False)
    return [facts.about(measured, facts.made(measured)) for measured in session.noticed.metrics]


class _Facts:
    """The work of one record: what is looked up once, and how much may still be drawn."""

    def __init__(self, session: Session, again: bool) -> None:
        self._session, self._compute = session, again
        self._names = session.names()
        self._origins: dict[int, Origins] = {}
        self._alive: dict[int, Any] | None = None
        self._predictions: dict[tuple[int, str], Floats | None] = {}
        self._left = MOST_DRAWN

    def fact(self, measured: Measured) -> MetricFact:
        """What is known of a metric, computed again as far as that can be done."""
        call, made = measured.call, self.made(measured)
        run = None if made is None else self._session.runs[made.run]
        if self._compute:
            self._look(measured, made, run)
        low, high, how = measured.interval or (None, None, None)
        about = self.about(measured, made)
        return MetricFact(
            name=call.name,
            value=call.value,
            n=call.n,
            run=None if run is None else run.name,
            evaluation=None if made is None or run is None else self._called(made, run),
            recomputed=measured.recomputed,
            cell=measured.cell,
            parameters=call.parameters,
            from_model=measured.from_model,
            low=low,
            high=high,
            interval=how,
            origins=None if about is None or not self._compute else self._origin(about),
        )

    def _look(self, measured: Measured, made: Prediction | None, run: TrainingRun | None) -> None:
        """Compute the metric again, from its rows and from the run's model."""
        predicted = None
        if made is not None and run is not None:
            predicted = self._predicted(measured, made, run)
        own = None if measured.call.scored else measured.copies
        if measured.recomputed is None and own is not None:
            measured.recomputed = _again(measured, own)
        measured.from_model = None if predicted is None else _again(measured, predicted)
        self._find_interval(measured, own or predicted)

    def about(self, measured: Measured, made: Prediction | None) -> int | None:
        """The node whose rows a metric is about."""
        truth = measured.call.truth
        return truth if truth is not None or made is None else made.rows

    def made(self, measured: Measured) -> Prediction | None:
        """Where the predictions came from, if a recorded run's model made them."""
        call, made = measured.call, None
        if call.model is not None and call.rows is not None:
            name = self._session.training.models.get(call.model)
            made = None if name is None else Prediction(name, call.rows, "predict", True)
        elif call.predictions is not None:
            made = prediction(self._session, call.predictions)
        return made if made is not None and made.run in self._session.runs else None

    def _called(self, made: Prediction, run: TrainingRun) -> str:
        graph = self._session.graph
        name = self._names.get(made.rows, f"rows of {graph.op_name(made.rows)}")
        return f"{name}, which it was trained on" if made.rows == run.rows_node else name

    def _origin(self, node: int) -> Origins:
        if node not in self._origins:
            self._origins[node] = telling(self._session, node)
        return self._origins[node]

    def _predicted(self, measured: Measured, made: Prediction, run: TrainingRun) -> Copies | None:
        """The copies with the recorded model's own predictions in the place of the given ones."""
        copies = measured.copies
        said = self._said(made, run, copies) if made.plain and copies is not None else None
        if copies is None or said is None:
            return None
        rest = {name: copy for name, copy in copies.items() if name != "X"}
        name = "y_pred" if measured.call.scored else list(rest)[1]
        own = _as_given(made.call, said, run, rest.get(name))
        return None if own is None else {**rest, name: own}

    def _said(self, made: Prediction, run: TrainingRun, copies: Copies) -> Floats | None:
        """What the recorded parameters say of the rows that were predicted, if these are known."""
        key = (made.rows, run.name)
        if key not in self._predictions:
            rows = self._live(made.rows)
            rows = copies.get("X") if rows is None else rows
            size = self._session.graph.rows(made.rows) * run.objective.p
            known = rows is not None and size <= MOST_PREDICTED
            self._predictions[key] = _predict(run, rows) if known else None
        return self._predictions[key]

    def _live(self, node: int) -> Any:
        """The live object that is a node now, or None: what was changed since is another node."""
        if self._alive is None:
            self._alive = {at: thing for thing, at in self._session.recorder.identity}
        return self._alive.get(node)

    def _find_interval(self, measured: Measured, rows: Copies | None) -> None:
        call = measured.call
        if measured.interval is not None or not call.n:
            return
        if call.proportion:
            measured.interval = wilson(call.value, call.n)
            return
        cost = RESAMPLES * (_CALL + call.n)
        if rows is None or call.again is None or measured.looked or cost > self._left:
            return
        self._left -= cost
        measured.looked = True
        measured.interval = bootstrap(call.again, rows)


def _predict(run: TrainingRun, rows: Any) -> Floats | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return run.predict(rows)
        except (TracepropError, ValueError, TypeError):
            return None


def _again(measured: Measured, rows: Copies) -> float | None:
    if measured.call.again is None:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return measured.call.again(rows)
        except (ValueError, TypeError):
            return None


def _as_given(
    call: str, said: Floats, run: TrainingRun, given: NDArray[Any] | None
) -> NDArray[Any] | None:
    """What the recorded model says, in the form of the given predictions; None where unlike.

    A given value stays where it is as near to the model's as two ways of computing it are.
    """
    if given is not None and len(given) != len(said):
        return None
    if call == "predict":
        return _labels(said, run, given)
    if call != "predict_proba" or given is None:
        return None
    if given.ndim == 2:
        return _near(said, given) if said.shape == given.shape else None
    columns = [_near(said[:, [k]], given[:, None])[:, 0] for k in range(said.shape[1])]
    return min(columns, key=lambda column: float(np.abs(column - given).max(initial=0.0)))


def _near(said: Floats, given: NDArray[Any]) -> NDArray[Any]:
    return np.where(np.abs(said - given) <= _ALIKE, given, said)


def _labels(said: Floats, run: TrainingRun, given: NDArray[Any] | None) -> NDArray[Any] | None:
    if run.classes is None:
        own = said[:, 0] if said.ndim == 2 else said
        return own if given is None else _near(own, given)
    labels = np.array(np.asarray(run.classes).tolist())[np.argmax(said, axis=1)]
    if given is None:
        return labels
    if labels.dtype.kind != given.dtype.kind:
        return None
    top = np.sort(said, axis=1)[:, -2:]
    return np.where(top[:, 1] - top[:, 0] <= _ALIKE, given, labels)
