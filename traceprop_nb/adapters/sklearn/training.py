"""Sees fits of LogisticRegression and of boosted trees, alone or as the end of a Pipeline."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from traceprop_nb.adapters.sklearn.boosting import BOOSTED, LIBRARY
from traceprop_nb.adapters.sklearn.objective import objective, parameters
from traceprop_nb.gradients.boosting.grown import grown, placed
from traceprop_nb.gradients.capture import Captured, Lookup, NodeOf, TrainOptions
from traceprop_nb.gradients.fit_tap import KEPT, FitTap, plain
from traceprop_nb.gradients.run import TrainingRun

__all__ = ["KEPT", "SklearnTap"]

_OWNERS = tuple(
    dict.fromkeys(next(c for c in kind.__mro__ if "fit" in c.__dict__) for kind in BOOSTED)
)
"""Where the ``fit`` of boosted trees is defined."""


class SklearnTap(FitTap):
    """A ``TrainingTap`` for LogisticRegression and boosted trees."""

    owners = (LogisticRegression, *_OWNERS)

    def __init__(self, node_of: NodeOf, lookup: Lookup | None = None) -> None:
        super().__init__(node_of, lookup)
        self._pipelines: list[tuple[Any, object]] = []

    def start(self, options: TrainOptions) -> None:
        self._pipelines.clear()
        super().start(options)
        self.patch(Pipeline, self._around_pipeline)

    def watches(self, model: Any) -> bool:
        return isinstance(model, LogisticRegression) or type(model) in BOOSTED

    def _around_pipeline(self, plain: Any, model: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        X = args[0] if args else kwargs.get("X")
        self._pipelines.append((model, X))
        try:
            return plain(model, *args, **kwargs)
        finally:
            self._pipelines.pop()

    def captured(self, model: Any, took: dict[str, float], given: tuple[Any, ...]) -> Captured:
        X, y, sample_weight, _ = given
        outer, outer_X = self._enclosing(model)
        made = _made(model, took, (X, y, sample_weight), outer)
        node = self._node_of(X)
        if node is None and outer is not None and _rows(outer_X) == made.objective.n:
            node = self._node_of(outer_X)  # a pipeline's transformers keep rows one to one
        prepare = None if outer is None else copy.deepcopy(outer[:-1]).transform
        user_model = model if outer is None else outer

        def run(name: str) -> TrainingRun:
            return placed(made, name=name, model=user_model, rows_node=node, prepare=prepare)

        seen_X = X if outer is None else outer_X
        return Captured("sklearn", user_model, seen_X, y, node, self._node_of(y), None, run)

    def _enclosing(self, model: Any) -> tuple[Any, object]:
        for outer, X in reversed(self._pipelines):
            if outer.steps and outer.steps[-1][1] is model and len(outer.steps) > 1:
                return outer, X
        return None, None


def _made(model: Any, took: dict[str, float], data: tuple[Any, ...], outer: Any) -> TrainingRun:
    facts: dict[str, Any] = {
        "hyperparameters": {k: plain(v) for k, v in model.get_params(deep=False).items()},
        "sample_weight": data[2] is not None,
        **took,
        "pipeline": None if outer is None else [type(s).__name__ for _, s in outer.steps],
    }
    if not isinstance(model, LogisticRegression):
        return grown(LIBRARY, model, data, facts)
    risk, w = objective(model, *data), parameters(model)
    facts = {
        "model": type(model).__name__,
        "loss": "log loss",
        "iterations": int(np.max(model.n_iter_)),
        **facts,
    }
    return TrainingRun(
        "", "sklearn", model, risk, w, w[None, :], None, np.array(data[1]).ravel(),
        risk.encoder.classes, facts,
    )  # fmt: skip


def _rows(X: Any) -> int:
    shape = getattr(X, "shape", None)
    return int(shape[0]) if shape else len(X)
