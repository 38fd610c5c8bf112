"""Tells of scikit-learn's metrics: the number, and what is needed to compute it again.

Looked up like every rule, by the function that was called, so that other calls pay nothing.
"""

from __future__ import annotations

import functools
import inspect
import math
import numbers
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import sklearn.metrics
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import accuracy_score, r2_score
from sklearn.pipeline import Pipeline

from traceprop_nb.adapters.sklearn import models
from traceprop_nb.tracing.observed import Copies, MetricCall, own_copies
from traceprop_nb.tracing.rules import Call, RuleTable

TRUTHS = ("y_true", "labels_true", "y1")
PREDICTIONS = (
    "y_pred", "y_score", "y_proba", "y_prob", "pred_decision", "labels_pred", "y2"
)  # fmt: skip
_BY_ROW = (*TRUTHS, *PREDICTIONS, "sample_weight")
_LABELS = ("labels", "pos_label", "target_names")
"""Parameters that are labels, which may be anybody's."""


def install(table: RuleTable) -> None:
    """Fill the table."""
    for function in measures():
        table.function(_measured, function)
    table.method(_scored, BaseEstimator, ("score",))
    table.no_rows((BaseEstimator, "score"))


def measures() -> list[Callable[..., Any]]:
    """The public functions that take answers and predictions, in that order."""
    found: list[Callable[..., Any]] = []
    for name in sklearn.metrics.__all__:
        function = getattr(sklearn.metrics, name, None)
        if inspect.isfunction(function):
            first = tuple(inspect.signature(function).parameters)[:2]
            if len(first) == 2 and first[0] in TRUTHS and first[1] in PREDICTIONS:
                found.append(function)
    return found


def _measured(call: Call) -> None:
    """A metric was computed; what its rows are in the lineage is said as of any other call."""
    value = _number(call.out)
    if value is None:
        return
    bound = _signature(call.function).bind(*call.args, **call.kwargs).arguments
    by_row = {k: v for k, v in bound.items() if k in _BY_ROW and v is not None}
    rest = {k: v for k, v in bound.items() if k not in _BY_ROW}
    truth, predictions = list(bound.values())[:2]
    again = _again(call.function, rest)
    call.recorder.on_metric(
        MetricCall(
            name=call.function.__name__,
            value=value,
            n=_rows(truth),
            parameters={name: _shown(name, given) for name, given in rest.items()},
            copies=None if again is None else own_copies(by_row),
            again=again,
            proportion=call.function is accuracy_score and not {*rest, *by_row} - {*_BY_ROW[:-1]},
            truth=call.recorder.identity.node(truth),
            predictions=call.recorder.identity.node(predictions),
        )
    )


def _scored(call: Call) -> bool:
    """A model was scored on rows of its own choosing; a plain number is no value with rows."""
    value = _number(call.out)
    if call.receiver is not None and type(call.out) in call.recorder.table.recorded:
        models.made_of(call, call.out, 1)
    measure = _measure(call.receiver)
    if value is None:
        return True
    X, y = call.argument(0, "X"), call.argument(1, "y")
    weight = call.argument(2, "sample_weight")
    answers = own_copies({"y_true": y} | ({} if weight is None else {"sample_weight": weight}))
    rows = own_copies({"X": X}) or {}
    call.recorder.on_metric(
        MetricCall(
            name=f"score ({measure.__name__})" if measure else "score",
            value=value,
            n=_rows(X),
            copies=None if answers is None or measure is None else {**answers, **rows},
            again=_again(measure, {}) if measure else None,
            proportion=measure is accuracy_score and weight is None,
            scored=True,
            truth=call.recorder.identity.node(y),
            rows=call.recorder.identity.node(X),
            model=call.node,
        )
    )
    return True


def _measure(model: Any) -> Any:
    """The function behind a model's own score, or None where it has one of another kind."""
    last = model.steps[-1][1] if isinstance(model, Pipeline) and model.steps else model
    score = getattr(type(last), "score", None)
    if score is ClassifierMixin.score:
        return accuracy_score
    return r2_score if score is RegressorMixin.score else None


_signature = functools.lru_cache(maxsize=128)(inspect.signature)


def _again(function: Any, rest: Mapping[str, Any]) -> Callable[[Copies], float] | None:
    """The metric of other rows by the same parameters; None where one may change behind it."""
    kept = {name: list(v) if isinstance(v, list) else v for name, v in rest.items()}
    if not all(map(_stays, kept.values())):
        return None

    def again(rows: Copies) -> float:
        return float(function(**rows, **kept))

    return again


def _stays(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_stays, value))
    return value is None or isinstance(value, str | int | float | bool | np.generic)


def _number(out: Any) -> float | None:
    if isinstance(out, bool) or not isinstance(out, numbers.Real):
        return None
    return float(out)


def _shown(name: str, value: Any) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value if not isinstance(value, float) or math.isfinite(value) else str(value)
    return value if isinstance(value, str) and name not in _LABELS else f"<{type(value).__name__}>"


def _rows(value: Any) -> int | None:
    shape = getattr(value, "shape", None)
    if shape:
        return int(shape[0])
    return len(value) if hasattr(value, "__len__") else None
