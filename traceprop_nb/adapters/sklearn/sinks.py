"""Stands at the ``fit`` of scikit-learn's models while a policy is in force."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sklearn.base import BaseEstimator

FITS = ("fit", "partial_fit", "fit_predict")


class SinkTap:
    """The fits of every model class that is loaded, each told of before it learns."""

    def __init__(self, told: Callable[[str, str, Sequence[Any]], None]) -> None:
        self._told = told
        self._replaced: dict[tuple[type, str], tuple[Any, Any]] = {}
        self._depth = 0

    def install(self) -> None:
        for kind in _kinds(BaseEstimator):
            for name in FITS:
                if name in vars(kind) and hasattr(kind, "predict"):
                    self._stand_at(kind, name)

    def remove(self) -> None:
        for (owner, name), (plain, ours) in self._replaced.items():
            if vars(owner).get(name) is ours:
                setattr(owner, name, plain)
        self._replaced.clear()

    def _stand_at(self, owner: type, name: str) -> None:
        if (owner, name) in self._replaced:
            return
        plain = vars(owner)[name]

        @functools.wraps(plain)
        def fit(model: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            if not self._depth:  # a pipeline's own model fits inside of it
                self._told("model", f"{type(model).__name__}.{name}", [*args, *kwargs.values()])
            self._depth += 1
            try:
                return plain(model, *args, **kwargs)
            finally:
                self._depth -= 1

        self._replaced[owner, name] = (plain, fit)
        setattr(owner, name, fit)


def _kinds(kind: type) -> Iterator[type]:
    """Every loaded class below one, each once."""
    seen: set[type] = set()
    waiting = [kind]
    while waiting:
        below: type
        for below in waiting.pop().__subclasses__():
            if below not in seen:
                seen.add(below)
                waiting.append(below)
                yield below
