"""Loops over a frame: ``iterrows``, ``items``, and the parts of ``groupby``.

Each is a generator of pandas' own, taken up step by step; what it gives is recorded as it passes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from traceprop_nb.adapters.pandas.groups import codes_of, node_of
from traceprop_nb.lineage.maps import Deferred, Identity, Range, RowMap
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.record import Recorder


def rows(recorder: Recorder, frame: Any, steps: Iterator[Any]) -> Iterator[Any]:
    """``for label, row in frame.iterrows()``: each row by itself."""
    node, n = recorder.node_of(frame), len(frame)
    for at, step in enumerate(steps):
        _recorded(recorder, "iterrows", node, step[1], _one_row(at, n, step[1]))
        yield step


def _one_row(at: int, n: int, row: Any) -> RowMap:
    return Range(at, 0, len(row), n)


def columns(recorder: Recorder, frame: Any, steps: Iterator[Any]) -> Iterator[Any]:
    """``for name, column in frame.items()``: all rows, each time."""
    node, n = recorder.node_of(frame), len(frame)
    for step in steps:
        _recorded(recorder, "items", node, step[1], Identity(n))
        yield step


def parts(recorder: Recorder, groups: Any, steps: Iterator[Any]) -> Iterator[Any]:
    """``for key, part in frame.groupby(...)``: the rows of one group after the other."""
    node = node_of(recorder, groups)
    codes = codes_of(groups._grouper)
    order = np.argsort(codes, kind="stable")
    ends = np.searchsorted(codes[order], np.arange(int(codes.max(initial=-1)) + 2))
    for at, step in enumerate(steps):
        if at + 1 < len(ends):
            taken = order[ends[at] : ends[at + 1]]
            _recorded(recorder, "groupby", node, step[1], Deferred(taken, len(codes)))
        yield step


def _recorded(recorder: Recorder, op: str, node: int | None, out: Any, row_map: RowMap) -> None:
    fits = isinstance(out, pd.DataFrame | pd.Series) and len(out.index) == row_map.n_out
    if node is None or not fits or recorder.identity.node(out) is not None:
        return
    recorder.emit(-1, op, out, [(node, row_map, Kind.DIRECT, Status.EXACT)])
