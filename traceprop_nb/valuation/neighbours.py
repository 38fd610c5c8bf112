"""Training rows in the order of their distance from each query, without an (m, n) matrix.

Squared Euclidean distances come from one matrix product of float64 a block of queries, rounded to
float32; rows at the same distance go by their number. Distance and number are packed into one
64-bit key, since sorting keys is several times faster than sorting indices.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from traceprop_nb.gradients.objective import Floats, Ints

CELLS, FEWEST, MOST = 1 << 23, 8, 128
"""Distances that are held at once, 64 MiB, and the fewest and most queries that this may be. The
number depends on the training rows alone, so that no result depends on the machine's memory."""

ROUNDING = 1e-13
"""Share of the largest squared length that is taken off every squared distance: what float64 makes
of a distance of 0 is below it, so that equal rows stay at one distance."""

_NUMBER = np.uint64(0xFFFFFFFF)
_NORMAL = np.uint32(1 << 23)  # keeps a key at distance 0 from reading as a subnormal float64


def nearest_first(train: Floats, queries: Floats) -> Iterator[tuple[int, Ints, Floats]]:
    """For each query its number, the training rows by distance, and every row's squared distance.

    Args:
        train: float64 (n, d), n below 2^32.
        queries: float64 (m, d).

    Yields:
        The query's number; int64 (n,), nearest first; float64 (n,) in the rows' own order, of
        which rounding may make 0 a little less. Both arrays are used again for the next query.
    """
    n, d = train.shape
    centre = train.mean(axis=0)  # distances between shifted rows lose fewer digits
    left, right = np.empty((n, d + 2)), np.empty((len(queries), d + 2))
    for rows, out in ((train, left), (queries, right)):
        np.subtract(rows, centre, out=out[:, :d])
    left[:, d], left[:, d + 1] = np.einsum("ij,ij->i", left[:, :d], left[:, :d]), 1.0
    right[:, d + 1], right[:, d] = np.einsum("ij,ij->i", right[:, :d], right[:, :d]), 1.0
    right[:, d + 1] -= ROUNDING * (right[:, d + 1] + left[:, d].max(initial=0.0))
    right[:, :d] *= -2.0
    numbers = np.arange(n, dtype=np.uint64)
    block = min(max(CELLS // max(n, 1), FEWEST), MOST)
    distance = np.empty((block, n))
    short, key = np.empty(n, dtype=np.float32), np.empty(n, dtype=np.uint64)
    for first in range(0, len(queries), block):
        part = right[first : first + block]
        np.matmul(part, left.T, out=distance[: len(part)])
        for j in range(len(part)):
            short[:] = distance[j]
            np.maximum(short, 0.0, out=short)
            key[:] = short.view(np.uint32)
            key += _NORMAL
            key <<= np.uint64(32)
            key |= numbers
            key.view(np.float64).sort()  # positive floats sort like their bits, and faster
            key &= _NUMBER
            yield first + j, key.view(np.int64), distance[j]
