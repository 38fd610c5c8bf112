"""The parts that ``for key, part in frame.groupby(...)`` gives: recorded as they pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from traceprop_nb.adapters.pandas.groups import codes_of, node_of
from traceprop_nb.lineage.maps import Deferred, RowMap
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.record import Recorder


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
