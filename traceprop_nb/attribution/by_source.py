"""Scores of training rows, summed over the sources they came from."""

from __future__ import annotations

import numpy as np

from traceprop_nb.errors import ShapeError
from traceprop_nb.gradients.objective import Floats, Ints


def by_source(
    scores: Floats, rows: Ints, sources: Ints, *, n_sources: int, share: Floats | None = None
) -> Floats:
    """Scores of each source, (m, n_sources).

    A row that stems from several records gives each an equal share, so the total over sources is
    the total over rows that have a source.

    Args:
        scores: float64 (m, n).
        rows: (e,), training row of each (row, record) pair.
        sources: (e,), source of that record, 0 to n_sources - 1.
        n_sources: Number of sources; one without rows scores 0.
        share: (e,), what the record owns of its row; by default equal shares.

    Raises:
        ShapeError: rows and sources differ in length, or name a row or source there is not.
    """
    return scores @ owned(rows, sources, (scores.shape[1], n_sources), share)


def owned(rows: Ints, sources: Ints, shape: tuple[int, int], share: Floats | None = None) -> Floats:
    """Share of each row that each source owns, (n, n_sources); see ``by_source``.

    Raises:
        ShapeError: See ``by_source``.
    """
    n, n_sources = shape
    if len(rows) != len(sources):
        raise ShapeError(f"{len(rows)} rows and {len(sources)} sources; pass one source a row")
    if len(rows) and (rows.min() < 0 or rows.max() >= n):
        raise ShapeError(f"rows reach {rows.max()}, and there are {n} training rows")
    if len(sources) and (sources.min() < 0 or sources.max() >= n_sources):
        raise ShapeError(f"sources reach {sources.max()}, and there are {n_sources}")
    if share is None:
        share = 1.0 / np.bincount(rows, minlength=n)[rows]
    out = np.zeros(shape)
    np.add.at(out, (rows, sources), share)
    return out
