"""Where pandas moves rows itself: one door for selections, one for joins, one for reading text.

``BlockManager.reindex_indexer`` receives the positional row map of every filter, sort, sample and
drop; ``_MergeOperation._get_join_info`` both sides' of every merge. Keeping a reference costs
nothing measurable. These are private names: each tap has a self-test, run once when it is
installed, and one that fails is taken off again, so that its operations become inexact rather
than wrong.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from pandas.core import algorithms, generic
from pandas.core.groupby import groupby
from pandas.core.internals import managers
from pandas.core.reshape import merge, pivot
from pandas.io.parsers import readers

from traceprop_nb.adapters.pandas import (
    accessors,
    fills,
    groups as groups_rules,
    keys,
    text,
    walks,
)
from traceprop_nb.tracing import hooks
from traceprop_nb.tracing.record import Recorder

_MOST = 256
"""More moves than this inside one call belong to no row map of ours; the rest are not kept."""


class Taps:
    """The taps of one recorder, and what they replaced."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._replaced: list[tuple[Any, str, Any]] = []
        self.off: list[str] = []

    def install(self) -> None:
        """Put every tap in place, test it, and take off what fails."""
        for name, put, test in (
            ("reindex_indexer", self._moves, _sees_moves),
            ("_get_join_info", self._joins, _sees_joins),
            ("_read", self._reads, _sees_reads),
            ("value_counts_internal", self._keys, _sees_keys),
            ("_pad_or_backfill", self._gaps, _sees_gaps),
            ("cat", self._categories, _sees_categories),
            ("groupby", self._walks, _sees_walks),
        ):
            before = len(self._replaced)
            try:
                put()
                works = _tested(self._recorder, test)
            except (AttributeError, TypeError):
                works = False
            if works:
                self._recorder.watched.add(name)
            else:
                self._restore(before)
                self.off.append(f"pandas {name}")

    def remove(self) -> None:
        """Leave pandas as it was found."""
        self._restore(0)
        self._recorder.watched.clear()

    def _restore(self, down_to: int) -> None:
        while len(self._replaced) > down_to:
            owner, name, original = self._replaced.pop()
            setattr(owner, name, original)

    def _replace(self, owner: Any, name: str, wrap: Callable[[Any], Any]) -> None:
        original = getattr(owner, name)
        self._replaced.append((owner, name, original))
        tapped = wrap(original)
        tapped.__wrapped__ = original
        setattr(owner, name, tapped)

    def _moves(self) -> None:
        events = self._recorder.events

        def wrap(original: Any) -> Any:
            def reindex_indexer(
                self: Any, new_axis: Any, indexer: Any, axis: int, *a: Any, **k: Any
            ) -> Any:
                out = original(self, new_axis, indexer, axis, *a, **k)
                rows = axis == self.ndim - 1
                if hooks.ACTIVE and rows and indexer is not None and len(events) < _MOST:
                    move = (weakref.ref(self), weakref.ref(out), indexer, self.ndim)
                    events.append(("move", *move))
                return out

            return reindex_indexer

        self._replace(managers.BaseBlockManager, "reindex_indexer", wrap)

    def _joins(self) -> None:
        events = self._recorder.events

        def wrap(original: Any) -> Any:
            def _get_join_info(self: Any) -> Any:
                info = original(self)
                if hooks.ACTIVE and len(events) < _MOST:
                    events.append(("join", info[1], info[2]))
                return info

            return _get_join_info

        self._replace(merge._MergeOperation, "_get_join_info", wrap)

    def _reads(self) -> None:
        recorder = self._recorder

        def wrap(original: Any) -> Any:
            def _read(filepath_or_buffer: Any, kwds: Mapping[str, Any]) -> Any:
                if not hooks.ACTIVE:
                    return original(filepath_or_buffer, kwds)
                told = text.described(filepath_or_buffer, kwds)
                out = original(filepath_or_buffer, kwds)
                _noted(recorder, "read_csv", text.entered, out, told)
                return out

            return _read

        def wrap_chunk(original: Any) -> Any:
            def read(self: Any, nrows: Any = None) -> Any:
                first = self._currow
                out = original(self, nrows)
                if hooks.ACTIVE:
                    _noted(recorder, "read_csv", text.chunk_entered, self, first, out)
                return out

            return read

        self._replace(readers, "_read", wrap)
        self._replace(readers.TextFileReader, "read", wrap_chunk)

    def _keys(self) -> None:
        for owner, name, tell in (
            (algorithms, "value_counts_internal", keys.of_counts),
            (pivot, "pivot", keys.of_pivot),
            (pivot, "pivot_table", keys.of_pivot),
        ):
            self._replace(owner, name, functools.partial(self._told, tell))

    def _told(self, tell: Callable[..., Any], original: Any) -> Any:
        recorder = self._recorder

        @functools.wraps(original)
        def door(first: Any, *a: Any, **k: Any) -> Any:
            out = original(first, *a, **k)
            if hooks.ACTIVE and not a:
                _noted(recorder, original.__name__, _tell, tell, out, first, k)
            return out

        return door

    def _gaps(self) -> None:
        recorder = self._recorder

        def wrap(original: Any) -> Any:
            def _pad_or_backfill(self: Any, method: Any, **k: Any) -> Any:
                if hooks.ACTIVE:
                    _noted(recorder, "ffill", _tell, fills.gaps, self, method, k)
                return original(self, method, **k)

            return _pad_or_backfill

        self._replace(generic.NDFrame, "_pad_or_backfill", wrap)

    def _categories(self) -> None:
        recorder = self._recorder

        def wrap(original: Any) -> Any:
            @functools.wraps(original)
            def init(self: Any, data: Any) -> None:
                original(self, data)
                if hooks.ACTIVE:
                    _noted(recorder, "cat", accessors.remember, self, data)

            return init

        self._replace(pd.Series.cat, "__init__", wrap)

    def _walks(self) -> None:
        recorder = self._recorder

        def wrap(original: Any) -> Any:
            @functools.wraps(original)
            def walked(self: Any) -> Any:
                steps = original(self)
                return walks.parts(recorder, self, steps) if hooks.ACTIVE else steps

            return walked

        self._replace(groupby.GroupBy, "__iter__", wrap)


def _tell(recorder: Recorder, tell: Callable[..., Any], *what: Any) -> None:
    told = tell(*what)
    if told is not None and len(recorder.events) < _MOST:
        recorder.events.append(told)


def _noted(recorder: Recorder, op: str, tell: Callable[..., None], *what: Any) -> None:
    try:
        tell(recorder, *what)
    except Exception:
        recorder.failed(op)


# -- self-tests ------------------------------------------------------------------------------------


def _tested(recorder: Recorder, test: Callable[[list[tuple[Any, ...]]], bool]) -> bool:
    """Run a tiny program with the taps on; leaves no trace in the recorder."""
    was, hooks.ACTIVE = hooks.ACTIVE, True
    kept = list(recorder.events)
    try:
        recorder.events.clear()
        return test(recorder.events)
    finally:
        hooks.ACTIVE = was
        recorder.events[:] = kept


def _sees_moves(events: list[tuple[Any, ...]]) -> bool:
    frame = pd.DataFrame({"a": [3, 1, 2], "b": ["x", "y", "z"]}, index=[7, 7, 7])
    for out, want in (
        (lambda: frame[frame["a"] > 1], [0, 2]),
        (lambda: frame.sort_values("a"), [1, 2, 0]),
        (lambda: frame.query("a < 3"), [1, 2]),
        (lambda: frame.drop_duplicates("a").take([2, 0]), [2, 0]),
    ):
        events.clear()
        out()
        moves = [e for e in events if e[0] == "move"]
        if not moves or not np.array_equal(moves[-1][3], want):
            return False
    events.clear()
    frame.sort_values("b")
    return not events


def _sees_joins(events: list[tuple[Any, ...]]) -> bool:
    left = pd.DataFrame({"k": [1, 2, 2], "a": 0})
    right = pd.DataFrame({"k": [2, 1], "b": 0})
    out = left.merge(right, on="k", how="inner")
    joins = [e for e in events if e[0] == "join"]
    if len(joins) != 1:
        return False
    _, mine, other = joins[0]
    mine = np.arange(3) if mine is None else np.asarray(mine)
    other = np.arange(2) if other is None else np.asarray(other)
    keys = out["k"].to_numpy()
    return bool(
        np.array_equal(left["k"].to_numpy()[mine], keys)
        and np.array_equal(right["k"].to_numpy()[other], keys)
    )


def _sees_reads(_: list[tuple[Any, ...]]) -> bool:
    return callable(readers._read) and "kwds" in readers._read.__wrapped__.__code__.co_varnames


def _sees_keys(events: list[tuple[Any, ...]]) -> bool:
    frame = pd.DataFrame({"a": [3, 1, 3], "b": [0, 0, 1], "c": 1.0})
    found = []
    for call in (
        lambda: frame["a"].value_counts(),
        lambda: frame.pivot(index="a", columns="b", values="c"),
        lambda: frame.pivot_table(index="a", values="c"),
    ):
        events.clear()
        out = call()
        told = [e for e in events if e[0] == "keyed"]
        found.append(len(told) == 1 and np.array_equal(out.index[told[0][1]], frame["a"]))
    return all(found)


def _sees_gaps(events: list[tuple[Any, ...]]) -> bool:
    pd.Series([1.0, None]).ffill()
    told = [e for e in events if e[0] == "gaps"]
    return len(told) == 1 and told[0][1].tolist() == [[False], [True]] and told[0][2]


def _sees_categories(_: list[tuple[Any, ...]]) -> bool:
    return len(pd.Series(["a", "b"], dtype="category").cat.codes) == 2


def _sees_walks(_: list[tuple[Any, ...]]) -> bool:
    groups = pd.DataFrame({"a": [2, 1, 2], "b": [0, 1, 2]}).groupby("a")
    codes = groups_rules.codes_of(groups._grouper)
    return [part["b"].tolist() for _, part in groups] == [
        np.flatnonzero(codes == at).tolist() for at in range(2)
    ]
