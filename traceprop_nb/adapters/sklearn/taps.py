"""Where scikit-learn takes rows by position: ``_safe_indexing``, in splits and resampling."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import sklearn.model_selection._split as split
import sklearn.utils._indexing as indexing
from sklearn.utils import shuffle

from traceprop_nb.tracing import hooks
from traceprop_nb.tracing.record import Recorder

_MOST = 256
DOORS = (split, indexing)
"""The modules whose own name for it is called by ``train_test_split``, and by ``resample``."""


class Taps:
    """The taps of one recorder, and what they replaced."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._originals: list[tuple[ModuleType, Any]] = []
        self.off: list[str] = []

    def install(self) -> None:
        """Put the taps in place; where scikit-learn has moved the door, say so."""
        for module in DOORS:
            original = getattr(module, "_safe_indexing", None)
            if original is not None:
                self._originals.append((module, original))
                module._safe_indexing = self._seen(original)
        if len(self._originals) < len(DOORS) or not self._works():
            self.remove()
            self.off.append("sklearn _safe_indexing")

    def _seen(self, original: Any) -> Any:
        events = self._recorder.events

        def _safe_indexing(X: Any, indices: Any, *, axis: int = 0, **k: Any) -> Any:
            out = original(X, indices, axis=axis, **k)
            if hooks.ACTIVE and axis == 0 and len(events) < _MOST:
                events.append(("taken", X, out, indices))
            return out

        _safe_indexing.__wrapped__ = original  # type: ignore[attr-defined]  # as functools.wraps
        return _safe_indexing

    def remove(self) -> None:
        """Leave scikit-learn as it was found."""
        for module, original in self._originals:
            module._safe_indexing = original  # type: ignore[attr-defined]  # is there
        self._originals.clear()

    def _works(self) -> bool:
        was, hooks.ACTIVE = hooks.ACTIVE, True
        kept = list(self._recorder.events)
        try:
            rows = np.arange(10) + 100
            parts = split.train_test_split(rows, test_size=0.3, random_state=0)
            return self._saw(rows, parts) and self._saw(rows, [shuffle(rows, random_state=0)])
        finally:
            hooks.ACTIVE = was
            self._recorder.events[:] = kept

    def _saw(self, rows: Any, parts: list[Any]) -> bool:
        seen = self._recorder.events[-len(parts) :]
        return len(seen) == len(parts) and all(
            e[2] is part and np.array_equal(rows[e[3]], part)
            for e, part in zip(seen, parts, strict=True)
        )
