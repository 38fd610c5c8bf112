"""Sees ``fit`` of some classes while a training cell runs: what taps of estimators share.

``fit`` is replaced on the class while the cell runs and put back afterwards. The rows and the
model are copied right after the fit; several fits give several captures, in order.
"""

from __future__ import annotations

import functools
import threading
import time
from collections import deque
from collections.abc import Callable, Sized
from dataclasses import dataclass
from typing import Any

from traceprop_nb.errors import TracepropError
from traceprop_nb.gradients.capture import Captured, Lookup, NodeOf, TrainOptions

KEPT = 8
"""Fits kept of one cell, the latest: a grid search makes hundreds, and each copies its rows."""


@dataclass(frozen=True)
class _Patch:
    owner: type
    plain: Callable[..., Any]
    ours: Callable[..., Any]


class FitTap:
    """A ``TrainingTap`` for estimators; a library's tap says which, and makes the captures.

    Args:
        node_of: The lineage node of a live object, or None.
        lookup: The user's object of a name, for ``--model``; None if names are unknown.
    """

    owners: tuple[type, ...] = ()
    """Classes that define the ``fit`` to watch."""

    def __init__(self, node_of: NodeOf, lookup: Lookup | None = None) -> None:
        self._node_of, self._lookup = node_of, lookup
        self._options = TrainOptions()
        self._patches: list[_Patch] = []
        self._seen: deque[Captured] = deque(maxlen=KEPT)
        self._fits = 0
        self._own = threading.local()  # fits may go on in several threads
        self._problems: list[str] = []
        self._active = False

    def captured(self, model: Any, took: dict[str, float], given: tuple[Any, ...]) -> Captured:
        """What a fit was.

        Args:
            model: Fitted.
            took: Seconds and CPU seconds.
            given: X, y and sample weights.

        Raises:
            TracepropError: It cannot be recorded; the message is shown as advice.
        """
        raise NotImplementedError

    def watches(self, model: Any) -> bool:  # noqa: ARG002  # a library's tap may ask
        """Whether fits of this very model are to be recorded."""
        return True

    def start(self, options: TrainOptions) -> None:
        """Begin to watch."""
        self._options = options
        self._seen = deque(maxlen=None if options.shards else KEPT)
        self._problems.clear()
        self._fits = 0
        self._active = True
        for owner in self.owners:
            self.patch(owner, self._around_fit)

    def stop(self) -> list[Captured]:
        """Put back what was patched, and return what was trained, in order."""
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
        """Why nothing (more) was captured."""
        if self._problems:
            return self._problems[-1]
        if self._fits > KEPT and not self._options.shards:
            return f"{self._fits} fits were seen; the last {KEPT} are kept"
        return ""

    def patch(self, owner: type, around: Callable[..., Any]) -> None:
        """Put a function around the ``fit`` that this class defines."""
        plain = owner.__dict__["fit"]

        @functools.wraps(plain)
        def fit(model: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            if not self._active:
                return plain(model, *args, **kwargs)
            return around(plain, model, *args, **kwargs)

        owner.fit = fit  # type: ignore[attr-defined]  # all owners define it
        self._patches.append(_Patch(owner, plain, fit))

    def _around_fit(self, plain: Any, model: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        began, cpu = time.perf_counter(), time.process_time()
        within = getattr(self._own, "within", False)
        self._own.within = True
        try:
            fitted = plain(model, *args, **kwargs)
        finally:
            self._own.within = within
        took = {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - cpu}
        if within or not self.watches(model):
            return fitted  # a fit by the library within another one, or of another class
        try:
            self._fits += 1
            self._seen.append(self.captured(model, took, given(*args, **kwargs)))
        except TracepropError as error:
            self._problems.append(str(error))
        except Exception as error:  # noqa: BLE001  # the user's fit succeeded: it must not fail here
            self._problems.append(f"a fit could not be recorded: {type(error).__name__}: {error}")
        return fitted


def given(X: Any, y: Any, sample_weight: Any = None, **more: Any) -> tuple[Any, ...]:
    """X, y, sample weights, and what else was passed, by name."""
    return X, y, sample_weight, {name: value for name, value in more.items() if value is not None}


def plain(value: object) -> object:
    """The value, or what it is: a dict of weights by label would put labels on record."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    kind = type(value).__name__
    return f"<{kind} of {len(value)}>" if isinstance(value, Sized) else f"<{kind}>"
