"""Row maps of ``base[key]`` for arrays and tensors: what an index does to the first axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from traceprop_nb.lineage.maps import Deferred, Identity, Mask, Range, RowMap


def key_map(key: Any, n: int, ndim: int, n_out: int) -> RowMap | None:
    """The map from the rows of ``base[key]`` to the rows of ``base``.

    Arrays in the key are copied: the user may change them later.

    Args:
        key: The index, with tensors already turned into arrays.
        n: Rows of the base.
        ndim: Axes of the base, -1 where unknown.
        n_out: Rows of the result.

    Returns:
        The map, or None when axis 0 of the result is not described by the key.
    """
    whole = isinstance(key, tuple)
    found = _of_tuple(key, n, ndim, n_out) if whole else _of_first(key, n, n_out)
    return found if found is not None and found.n_out == n_out else None


def _of_tuple(key: tuple[Any, ...], n: int, ndim: int, n_out: int) -> RowMap | None:
    if not key or key[0] is None or ndim < 0:
        return None
    first, rest = key[0], key[1:]
    if first is Ellipsis:
        return Identity(n) if len(rest) < ndim and not any(_wide(k) for k in rest) else None
    arrays = [k for k in rest if _wide(k)]
    if isinstance(first, slice):
        return _of_first(first, n, n_out) if len(arrays) <= 1 else None
    if not _wide(first):
        return _of_first(first, n, n_out)
    index = np.asarray(first)
    if index.ndim == 2 and index.shape[1] == 1 and all(np.shape(k)[0] == 1 for k in arrays):
        index = index[:, 0]  # np.ix_: an open mesh
    elif any(np.ndim(k) != 1 for k in arrays):
        return None
    return _of_first(index, n, n_out)


def _wide(key: Any) -> bool:
    return isinstance(key, np.ndarray | list) and np.ndim(key) > 0


def _of_first(key: Any, n: int, n_out: int) -> RowMap | None:
    if isinstance(key, slice):
        return _of_slice(key, n)
    if isinstance(key, np.ndarray) and not key.ndim:
        key = key[()]  # counts as the number that it holds
    if isinstance(key, bool | np.bool_):
        return None
    if isinstance(key, int | np.integer):
        row = int(key) % n if n else 0
        if n_out == 1:
            return Range(row, 1, 1, n)
        return Range(row, 0, n_out, n)
    if isinstance(key, list):
        key = np.asarray(key) if key else np.empty(0, np.int64)
    if not isinstance(key, np.ndarray):
        return None
    return _of_array(key, n)


def _of_slice(key: slice, n: int) -> RowMap | None:
    if not all(isinstance(bound, _BOUNDS) for bound in (key.start, key.stop, key.step)):
        return None  # of the user's own class, whose methods are not ours to call
    start, stop, step = key.indices(n)
    count = len(range(start, stop, step))
    return Identity(n) if count == n and step == 1 else Range(start, step, count, n)


_BOUNDS = (int, np.integer, type(None))


def _of_array(key: np.ndarray, n: int) -> RowMap | None:
    if key.dtype == bool:
        if len(key) != n:
            return None
        return Mask.of(key) if key.ndim == 1 else Deferred(np.nonzero(key)[0], n)
    if key.ndim != 1 or key.dtype.kind not in "iu":
        return None
    return Deferred(key.copy(), n, wraps=True)


def covers(keys: Sequence[Any], lengths: Sequence[int]) -> bool:
    """Whether keys, one for each of the first of these axes, name all of their positions."""
    return all(
        (type(k) is int and n == 1) or (isinstance(k, slice) and len(range(*k.indices(n))) == n)
        for k, n in zip(keys, lengths, strict=False)
    )
