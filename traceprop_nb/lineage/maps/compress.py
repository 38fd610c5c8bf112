"""The smallest exact form of an index: a progression, a mask, runs, or the narrowest integers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.lineage.maps.gather import Gather, checked_index
from traceprop_nb.lineage.maps.identity import Identity
from traceprop_nb.lineage.maps.mask import Mask
from traceprop_nb.lineage.maps.ragged import Ragged
from traceprop_nb.lineage.maps.range import Range
from traceprop_nb.lineage.maps.rowmap import RowMap
from traceprop_nb.lineage.maps.rowsets import Ints, Rows, smallest_dtype
from traceprop_nb.lineage.maps.runs import Runs

_SAMPLE = 64
"""Rows by which the size of a map is judged."""


def compress(index: NDArray[Any], n_in: int) -> RowMap:
    """The smallest map such that output row i comes from input row ``index[i]``, -1 for none.

    Raises:
        ShapeError: The index is not a list of whole numbers.
        RowRangeError: An entry is not -1 or one of the n_in rows.
    """
    index = checked_index(index, n_in)
    n = index.size
    if n == 0:
        return Identity(0) if n_in == 0 else Range(0, 1, 0, n_in)
    progression = _progression(index, n_in)
    if progression is not None:
        return progression
    # steps in the type of the index: signed, and its range is checked
    steps = np.diff(index if index.dtype.kind == "i" else index.astype(np.int64))
    none = index == -1
    broken = (steps != 1) | none[:-1]
    broken &= ~(none[1:] & none[:-1])
    runs = int(np.count_nonzero(broken)) + 1
    word = 4 if max(n_in, n) < 2**31 else 8
    cost_runs = word * (2 * runs + 1)
    cost_mask = n_in // 8 + n_in * word // 512 if _ascending(index, steps) else None
    cost_gather = n * np.dtype(smallest_dtype(n_in)).itemsize
    if cost_mask is not None and cost_mask < min(cost_runs, cost_gather):
        return Mask.keeping(index.astype(np.int64), n_in)
    if cost_runs < cost_gather:
        first = np.concatenate([[0], np.flatnonzero(broken) + 1, [n]])
        return Runs(first, index[first[:-1]], n_in)
    return Gather(index, n_in)


def _progression(index: NDArray[Any], n_in: int) -> RowMap | None:
    n, start, end = index.size, int(index[0]), int(index[-1])
    step = int(index[1]) - start if n > 1 else 1
    if start < 0 or end < 0 or end != start + step * (n - 1):  # the ends decide most cases
        return None
    expected = np.arange(n, dtype=np.int64) * step + start
    if not np.array_equal(index, expected):
        return None
    return Identity(n) if start == 0 and step == 1 and n == n_in else Range(start, step, n, n_in)


def _ascending(index: NDArray[Any], steps: NDArray[Any]) -> bool:
    return bool(index[0] >= 0 and (steps > 0).all())


def flatten(m: RowMap, *, pairs: int = 2**22) -> RowMap:
    """An equal map that no longer leans on others, where that is small enough.

    Args:
        m: Any map.
        pairs: Number of (output, input) rows, as estimated from a sample, up to which a map
            that is not functional is spelled out; a larger one is returned as it is.
    """
    everything: Ints = np.arange(m.n_out)
    if m.functional:
        return compress(m.at(everything), m.n_in)
    sample = everything[:: max(m.n_out // _SAMPLE, 1)]
    widths = [_width(m.back_one(row)) for row in sample.tolist()]
    if sum(widths) * m.n_out > pairs * max(len(widths), 1):
        return m
    owner, found = m.pairs(everything)
    if (owner[1:] > owner[:-1]).all():
        index = np.full(m.n_out, -1)
        index[owner] = found
        return compress(index, m.n_in)
    return Ragged.of_pairs(owner, found, m.n_out, m.n_in)


def _width(rows: Rows) -> int:
    return 1 if isinstance(rows, int) else len(rows)
