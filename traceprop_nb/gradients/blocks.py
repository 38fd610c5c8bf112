"""Row blocks that keep a computation under a memory budget."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from traceprop_nb.gradients.objective import Floats, Ints, Objective

BUDGET = 1 << 28
"""Bytes that one block of per-example gradients may take: 256 MiB."""


def row_blocks(rows: Ints, bytes_per_row: int, budget: int | None = None) -> Iterator[Ints]:
    """The rows in order, in blocks of at least one row that fit the budget, or ``BUDGET``."""
    step = max(1, (BUDGET if budget is None else budget) // max(1, bytes_per_row))
    for start in range(0, len(rows), step):
        yield rows[start : start + step]


def gradient_products(objective: Objective, w: Floats, V: Floats) -> Floats:
    """Inner products of each row's gradient with each row of V (m, p): (m, n).

    The gradients (n, p) are never held at once.
    """
    rows = np.arange(objective.n, dtype=np.int64)
    blocks = row_blocks(rows, 8 * objective.p)
    return np.concatenate(
        [V @ objective.per_example_grad(w, b).T for b in blocks] or [np.empty((len(V), 0))], axis=1
    )
