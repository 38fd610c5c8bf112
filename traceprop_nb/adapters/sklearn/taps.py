"""Where scikit-learn takes rows by position: ``_safe_indexing``, as its splitters call it."""

from __future__ import annotations

from typing import Any

import numpy as np
import sklearn.model_selection._split as split

from traceprop_nb.tracing import hooks
from traceprop_nb.tracing.record import Recorder

_MOST = 256


class Taps:
    """The tap of one recorder, and what it replaced."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._original: Any = None
        self.off: list[str] = []

    def install(self) -> None:
        """Put the tap in place; where scikit-learn has moved the door, say so."""
        original = getattr(split, "_safe_indexing", None)
        if original is None:
            self.off.append("sklearn _safe_indexing")
            return
        events = self._recorder.events

        def _safe_indexing(X: Any, indices: Any, *, axis: int = 0, **k: Any) -> Any:
            out = original(X, indices, axis=axis, **k)
            if hooks.ACTIVE and axis == 0 and len(events) < _MOST:
                events.append(("taken", X, out, indices))
            return out

        _safe_indexing.__wrapped__ = original  # type: ignore[attr-defined]  # as functools.wraps
        self._original, split._safe_indexing = original, _safe_indexing
        if not self._works():
            self.remove()
            self.off.append("sklearn _safe_indexing")

    def remove(self) -> None:
        """Leave scikit-learn as it was found."""
        if self._original is not None:
            split._safe_indexing = self._original
            self._original = None

    def _works(self) -> bool:
        was, hooks.ACTIVE = hooks.ACTIVE, True
        kept = list(self._recorder.events)
        try:
            self._recorder.events.clear()
            rows = np.arange(10) + 100
            parts = split.train_test_split(rows, test_size=0.3, random_state=0)
            seen = self._recorder.events
            return len(seen) == 2 and all(
                e[2] is part and np.array_equal(rows[e[3]], part)
                for e, part in zip(seen, parts, strict=True)
            )
        finally:
            hooks.ACTIVE = was
            self._recorder.events[:] = kept
