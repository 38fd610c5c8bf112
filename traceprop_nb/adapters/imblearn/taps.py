"""Where imbalanced-learn makes rows: ``_generate_samples``, of SMOTE and all that build on it.

A class, a cluster or the rows in danger are cut out first, by ``_safe_indexing``; what was cut
out of what says which of the user's rows stood behind a new one.
"""

from __future__ import annotations

from typing import Any

import imblearn.over_sampling._smote.base as base
import imblearn.over_sampling._smote.cluster as cluster
import imblearn.over_sampling._smote.filter as danger
import numpy as np
from numpy.typing import NDArray

from traceprop_nb.tracing import hooks
from traceprop_nb.tracing.record import Recorder

_MOST = 4096
_MADE, _CUT = "imblearn made", "imblearn cut"
_DOOR = "imblearn _generate_samples"
Ints = NDArray[np.int64]


class Taps:
    """The taps of one recorder, and what they replaced."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._originals: list[tuple[Any, str, Any, Any]] = []
        self.off: list[str] = []

    def install(self) -> None:
        """Put the taps in place; where imbalanced-learn has moved a door, say so."""
        for module in (base, cluster, danger):
            self._put(module, "_safe_indexing", self._cutting)
        self._put(getattr(base, "BaseSMOTE", None), "_generate_samples", self._making)
        if len(self._originals) < 4 or not self._works():
            self.remove()
            self.off.append(_DOOR)

    def _put(self, owner: Any, name: str, made: Any) -> None:
        original = getattr(owner, name, None)
        if original is not None:
            ours = made(original)
            ours.__wrapped__ = original  # as functools.wraps
            self._originals.append((owner, name, original, ours))
            setattr(owner, name, ours)

    def _making(self, original: Any) -> Any:
        events = self._recorder.events

        def _generate_samples(
            model: Any, X: Any, nn_data: Any, nn_num: Any, rows: Any, cols: Any, *a: Any, **k: Any
        ) -> Any:
            if hooks.ACTIVE and len(events) < _MOST:
                events.append((_MADE, X, nn_data, rows, nn_num[rows, cols]))
            return original(model, X, nn_data, nn_num, rows, cols, *a, **k)

        return _generate_samples

    def _cutting(self, original: Any) -> Any:
        events = self._recorder.events

        def _safe_indexing(X: Any, indices: Any, *, axis: int = 0) -> Any:
            out = original(X, indices, axis=axis)
            if hooks.ACTIVE and axis == 0 and len(events) < _MOST:
                events.append((_CUT, X, out, indices))
            return out

        return _safe_indexing

    def remove(self) -> None:
        """Leave imbalanced-learn as it was found."""
        for owner, name, original, ours in self._originals:
            if vars(owner).get(name) is ours:
                setattr(owner, name, original)
        self._originals.clear()

    def _works(self) -> bool:
        """Whether a new row lies between the two rows that are named."""
        was, hooks.ACTIVE = hooks.ACTIVE, True
        kept = list(self._recorder.events)
        try:
            self._recorder.events.clear()
            X = np.random.default_rng(0).normal(size=(20, 2))
            y = np.arange(20) % 4 == 0
            out, _ = base.SMOTE(random_state=0, k_neighbors=2).fit_resample(X, y)
            seen = made(self._recorder, len(X))
            return seen is not None and _between(out, X[seen[0]], X[seen[1]])
        finally:
            hooks.ACTIVE = was
            self._recorder.events[:] = kept


def _between(out: Any, one: Any, other: Any) -> bool:
    whole = np.linalg.norm(one - other, axis=1)
    halves = np.linalg.norm(one - out, axis=1) + np.linalg.norm(out - other, axis=1)
    return len(out) == 30 and np.allclose(whole, halves)


def made(recorder: Recorder, n: int) -> tuple[Ints, Ints] | None:
    """The two rows behind each row after oversampling: itself twice where it was there before.

    Args:
        recorder: Whose events tell of the current call.
        n: Rows before.

    Returns:
        Both as int64 (rows after,); None where nothing was seen, or not all of it.
    """
    cuts = {id(e[2]): e for e in recorder.events if e[0] == _CUT}
    news = [e for e in recorder.events if e[0] == _MADE]
    if not news or len(recorder.events) >= _MOST:
        return None
    one, other = [np.arange(n)], [np.arange(n)]
    for _, X, neighbours, rows, near in news:
        own, theirs = _origin(X, cuts, n), _origin(neighbours, cuts, n)
        if own is None or theirs is None:
            return None
        one.append(own[rows])
        other.append(theirs[near])
    return np.concatenate(one), np.concatenate(other)


def _origin(part: Any, cuts: dict[int, Any], n: int) -> Ints | None:
    """The user's row behind each row of a part that was cut out."""
    cut = cuts.get(id(part))
    if cut is None:
        return np.arange(n) if part.shape[0] == n else None
    _, whole, _, indices = cut
    before = _origin(whole, cuts, n)
    return None if before is None else before[np.asarray(indices)]
