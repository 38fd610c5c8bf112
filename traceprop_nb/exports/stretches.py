"""Pairs of rows and records as stretches: short where rows kept their order, exact always."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from traceprop_nb.exports.model import Stretch

Ints = NDArray[np.int64]


def stretches(rows: Ints, records: Ints) -> tuple[tuple[Stretch, ...], tuple[Stretch, ...]]:
    """Diagonals and fans that hold each pair once, both sorted.

    Args:
        rows: int64 (e,), ascending.
        records: int64 (e,), ascending within a row, no pair twice.

    Returns:
        (row, record, length) of each diagonal and of each fan, as ``RowLineage`` has them.
    """
    if not len(rows):
        return (), ()
    along = (np.diff(rows) == 0) & (np.diff(records) == 1)
    first = np.flatnonzero(np.concatenate([[True], ~along]))
    length = np.diff(np.append(first, len(rows)))
    wide = length > 1
    fans = (rows[first[wide]], records[first[wide]], length[wide])
    row, record = rows[first[~wide]], records[first[~wide]]
    # pairs of one diagonal have one difference: sorted by it, they are neighbours
    order = np.lexsort((row, row - record))
    row, record = row[order], record[order]
    steps = (np.diff(row) == 1) & (np.diff(record) == 1)
    begin = np.flatnonzero(np.concatenate([np.ones(min(len(row), 1), bool), ~steps]))
    lengths = np.diff(np.append(begin, len(row)))
    return _sorted(row[begin], record[begin], lengths), _sorted(*fans)


def pairs(diagonal: tuple[Stretch, ...], fan: tuple[Stretch, ...]) -> tuple[Ints, Ints]:
    """The rows and records of stretches, sorted by row and then record."""
    row, record = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for at, start, length in diagonal:
        row.append(np.arange(at, at + length))
        record.append(np.arange(start, start + length))
    for at, start, length in fan:
        row.append(np.full(length, at, np.int64))
        record.append(np.arange(start, start + length))
    rows, records = np.concatenate(row), np.concatenate(record)
    order = np.lexsort((records, rows))
    return rows[order], records[order]


def _sorted(row: Ints, record: Ints, length: Ints) -> tuple[Stretch, ...]:
    return tuple(sorted(zip(row.tolist(), record.tolist(), length.tolist(), strict=True)))
