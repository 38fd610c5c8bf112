"""Sees LogisticRegression fits in a training cell, alone or as the end of a Pipeline.

``fit`` is replaced on the class while the cell runs and put back afterwards. The rows and the
parameters are copied right after the fit; several fits give several captures, in order.
"""

from __future__ import annotations

import copy
import functools
import time
from collections import deque
from collections.abc import Callable, Sized
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from traceprop_nb.adapters.sklearn.objective import objective, parameters
from traceprop_nb.errors import TracepropError
from traceprop_nb.gradients.capture import Captured, Lookup, NodeOf, TrainOptions
from traceprop_nb.gradients.run import TrainingRun

KEPT = 8
"""Fits kept of one cell, the latest: a grid search makes hundreds, and each copies its rows."""


@dataclass(frozen=True)
class _Patch:
    owner: type
    plain: Callable[..., Any]
    ours: Callable[..., Any]


class SklearnTap:
    """A ``TrainingTap`` for LogisticRegression.

    Args:
        node_of: The lineage node of a live object, or None.
        lookup: The user's object of a name, for ``--model``; None if names are unknown.
    """

    def __init__(self, node_of: NodeOf, lookup: Lookup | None = None) -> None:
        self._node_of, self._lookup = node_of, lookup
        self._options = TrainOptions()
        self._patches: list[_Patch] = []
        self._pipelines: list[tuple[Any, object]] = []
        self._seen: deque[Captured] = deque(maxlen=KEPT)
        self._fits = 0
        self._problems: list[str] = []
        self._active = False

    def start(self, options: TrainOptions) -> None:
        self._options = options
        self._seen = deque(maxlen=None if options.shards else KEPT)
        self._pipelines.clear()
        self._problems.clear()
        self._fits = 0
        self._active = True
        self._patch(LogisticRegression, self._around_fit)
        self._patch(Pipeline, self._around_pipeline)

    def stop(self) -> list[Captured]:
        self._active = False
        for patch in reversed(self._patches):
            if patch.owner.__dict__.get("fit") is patch.ours:
                patch.owner.fit = patch.plain  # type: ignore[attr-defined]  # it has one: we put ours there
        self._patches.clear()
        seen = list(self._seen)
        self._seen.clear()
        wanted = None
        named = self._options.model is not None and not self._options.shards
        if named and self._lookup is not None:
            wanted = self._lookup(str(self._options.model))
        return seen if wanted is None else [c for c in seen if c.model is wanted]

    def advice(self) -> str:
        if self._problems:
            return self._problems[-1]
        if self._fits > KEPT and not self._options.shards:
            return f"{self._fits} fits were seen; the last {KEPT} are kept"
        return ""

    def _patch(self, owner: type, around: Callable[..., Any]) -> None:
        plain = owner.__dict__["fit"]

        @functools.wraps(plain)
        def fit(model: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            if not self._active:
                return plain(model, *args, **kwargs)
            return around(plain, model, *args, **kwargs)

        owner.fit = fit  # type: ignore[attr-defined]  # both owners define it
        self._patches.append(_Patch(owner, plain, fit))

    def _around_pipeline(self, plain: Any, model: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        X = args[0] if args else kwargs.get("X")
        self._pipelines.append((model, X))
        try:
            return plain(model, *args, **kwargs)
        finally:
            self._pipelines.pop()

    def _around_fit(self, plain: Any, model: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        began, cpu = time.perf_counter(), time.process_time()
        fitted = plain(model, *args, **kwargs)
        took = {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - cpu}
        try:
            self._capture(model, took, *args, **kwargs)
        except TracepropError as error:
            self._problems.append(str(error))
        except Exception as error:  # noqa: BLE001  # the user's fit succeeded: it must not fail here
            self._problems.append(f"a fit could not be recorded: {type(error).__name__}: {error}")
        return fitted

    def _capture(
        self,
        model: Any,
        took: dict[str, float],
        X: object,
        y: object,
        sample_weight: object = None,
    ) -> None:
        self._fits += 1
        risk = objective(model, X, y, sample_weight)
        outer, outer_X = self._enclosing(model)
        node = self._node_of(X)
        if node is None and outer is not None and _rows(outer_X) == risk.n:
            node = self._node_of(outer_X)  # a pipeline's transformers keep rows one to one
        w = parameters(model)
        facts = {
            "model": type(model).__name__,
            "loss": "log loss",
            "hyperparameters": {k: _plain(v) for k, v in model.get_params(deep=False).items()},
            "sample_weight": sample_weight is not None,
            "iterations": int(np.max(model.n_iter_)),
            **took,
            "pipeline": None if outer is None else [type(s).__name__ for _, s in outer.steps],
        }
        prepare = None if outer is None else copy.deepcopy(outer[:-1]).transform
        labels = np.array(y).ravel()
        user_model = model if outer is None else outer

        def run(name: str) -> TrainingRun:
            return TrainingRun(
                name, "sklearn", user_model, risk, w, w[None, :], None, labels,
                risk.encoder.classes, facts, rows_node=node, prepare=prepare,
            )  # fmt: skip

        seen_X = X if outer is None else outer_X
        captured = Captured("sklearn", user_model, seen_X, y, node, self._node_of(y), None, run)
        self._seen.append(captured)

    def _enclosing(self, model: Any) -> tuple[Any, object]:
        for outer, X in reversed(self._pipelines):
            if outer.steps and outer.steps[-1][1] is model and len(outer.steps) > 1:
                return outer, X
        return None, None


def _rows(X: Any) -> int:
    shape = getattr(X, "shape", None)
    return int(shape[0]) if shape else len(X)


def _plain(value: object) -> object:
    """The value, or what it is: a dict of weights by label would put labels on record."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    kind = type(value).__name__
    return f"<{kind} of {len(value)}>" if isinstance(value, Sized) else f"<{kind}>"
