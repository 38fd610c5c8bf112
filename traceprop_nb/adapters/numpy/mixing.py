"""Every row of the result from every row that went in: solves, decompositions, transforms, fits.

Where matrices are stacked, each has its own result.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from traceprop_nb.adapters.numpy.rowwise import named
from traceprop_nb.adapters.numpy.subject import (
    CONTEXT,
    DIRECT,
    EXACT,
    Subject,
    axes_of,
    axis_of,
    each,
    every,
    finish,
    flat,
    others,
    recorded,
    wrote,
)
from traceprop_nb.lineage.maps import Groups, Identity, OnDemand, Prefix, Ragged, RowMap
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.tracing import carriers
from traceprop_nb.tracing.callables import brought_in
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

MATRICES = (
    "cond det eig eigh eigvals eigvalsh inv matrix_norm matrix_rank pinv qr slogdet solve svd "
    "svdvals"
)
WHOLE = "lstsq tensorinv tensorsolve"
FITS = "histogram2d histogram_bin_edges histogramdd polyfit roots"
ONE_AXIS = "fft hfft ifft ihfft irfft rfft"
SEVERAL_AXES = {"fft2": 2, "ifft2": 2, "irfft2": 2, "rfft2": 2, "fftn": 0, "ifftn": 0,
                "irfftn": 0, "rfftn": 0}  # fmt: skip


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.function(_matrices, *named(np.linalg, MATRICES))
    table.function(all_to_all, *named(np.linalg, WHOLE), *named(np, FITS))
    table.function(_factored, np.linalg.cholesky)
    table.function(_power, np.linalg.matrix_power)
    table.function(_transformed, *named(np.fft, ONE_AXIS))
    for name, last in SEVERAL_AXES.items():
        table.function(partial(_transformed_all, last=last), getattr(np.fft, name))
    table.function(_correlated, np.cov, np.corrcoef)
    table.function(_counted, np.bincount)
    table.function(_histogram, np.histogram)
    table.function(_by_slices, np.apply_along_axis)
    table.function(_over_axes, np.apply_over_axes)
    table.function(_by_piece, np.piecewise)


def _outputs(call: Call) -> list[Any]:
    return [o for o in flat([call.out]) if type(o) in call.recorder.table.recorded]


def all_to_all(call: Call) -> bool | None:
    """Every output from all rows of every input."""
    given = list(others(call, 0))
    for out in _outputs(call):
        rows = call.recorder.table.rows(out)
        finish(call, *(every(call, one, rows) for one in given), out=out)
    return bool(given)


def _matrices(call: Call) -> bool | None:
    """A matrix as a whole; of a stack of matrices each by itself."""
    given = list(others(call, 0))
    deepest = max((one.ndim for one in given), default=0)
    if deepest < 3:
        return all_to_all(call)
    for out in _outputs(call):
        rows, found = call.recorder.table.rows(out), list[Edge]()
        for one in given:
            same = one.ndim == deepest and one.rows == rows
            found.append((one.node, Identity(rows), DIRECT, EXACT) if same
                         else every(call, one, rows, CONTEXT))  # fmt: skip
        if all(kind == CONTEXT for _, _, kind, _ in found):
            return None
        finish(call, *found, out=out)
    return True


def _factored(call: Call) -> bool | None:
    """The lower factor is built row by row."""
    one = recorded(call, call.argument(0, "a"), 1)
    if one is None or one.ndim != 2 or call.kwargs.get("upper", False):
        return _matrices(call)
    return finish(call, (one.node, Prefix(one.rows), DIRECT, EXACT))


def _power(call: Call) -> bool | None:
    one, n = recorded(call, call.argument(0, "a"), 1), call.argument(1, "n")
    if one is None or not isinstance(n, int | np.integer):
        return None
    if call.out is one.array:
        return True
    rows = len(call.out)
    if n < 0:
        return _matrices(call)
    if n == 0:
        return finish(call)
    if one.ndim > 2 or n == 1:
        return finish(call, (one.node, Identity(rows), DIRECT, EXACT))
    around = every(call, one, rows, CONTEXT)
    return finish(call, (one.node, Identity(rows), DIRECT, EXACT), around)


# -- transforms ------------------------------------------------------------------------------------


def _along(call: Call, one: Subject, mixed: bool, entire: bool) -> bool | None:
    rows = call.recorder.table.rows(call.out)
    if mixed:
        return finish(call, every(call, one, rows) if entire else each(one, rows))
    return finish(call, (one.node, Identity(rows), DIRECT, EXACT)) if rows == one.rows else None


def _transformed(call: Call) -> bool | None:
    one, axis = recorded(call, call.argument(0, "a"), 1), call.argument(2, "axis", -1)
    place = None if one is None else axis_of(axis, one.ndim)
    cut = call.argument(1, "n") is not None
    if one is None or place is None or (place == 0 and cut):
        return None
    return _along(call, one, place == 0, one.ndim == 1)


def _transformed_all(call: Call, last: int) -> bool | None:
    one, axes = recorded(call, call.argument(0, "a"), 1), call.argument(2, "axes")
    if one is None:
        return None
    if axes is None:
        axes = tuple(range(-last, 0)) if last else None
    places = axes_of(axes, one.ndim)
    if places is None or (0 in places and call.argument(1, "s") is not None):
        return None
    return _along(call, one, 0 in places, len(places) == one.ndim)


# -- statistics ------------------------------------------------------------------------------------


def _correlated(call: Call) -> bool | None:
    """Variables by row: row i against all rows; by column: all rows everywhere."""
    second = "y"
    one, y = recorded(call, call.argument(0, "m" if call.function is np.cov else "x"), 1), None
    y = call.argument(1, second)
    by_row = call.argument(2, "rowvar", True)
    if one is None:
        return None
    rows = call.recorder.table.rows(call.out)
    if not by_row or one.ndim < 2 or y is not None:
        if by_row and one.ndim > 1:
            return None
        return all_to_all(call)
    if rows != one.rows or len(call.args) > 3:
        return None
    around = [every(call, o, rows, CONTEXT) for o in others(call, 0)]
    node = carriers.whole(call.recorder, one.node)
    return finish(call, (node, Identity(rows), DIRECT, EXACT), *around)


def _counted(call: Call) -> bool | None:
    """Count k comes from the rows that say k."""
    x, weights = call.argument(0, "x"), call.argument(1, "weights")
    one, two = recorded(call, x, 1), recorded(call, weights)
    if (one is None and two is None) or type(call.out) is not np.ndarray:
        return None
    rows, codes = len(call.out), np.array(x)
    n, found = codes.size, list[Edge]()
    for own in (one, two):
        if own is not None:
            link = OnDemand(lambda: Groups(codes, rows), n, rows)
            found.append((own.node, link, DIRECT, EXACT))
    if one is not None:
        found.append(every(call, one, rows, CONTEXT))
    return finish(call, *found)


def _histogram(call: Call) -> bool | None:
    """Each bin comes from the rows in it; where it begins and ends, all may have decided."""
    one = recorded(call, call.argument(0, "a"), 1)
    if one is None or one.array is None or not isinstance(call.out, tuple):
        return None
    counts, edges = call.out
    around = list(others(call, 0))
    finish(call, *(every(call, o, len(edges)) for o in around), out=edges)
    values, ends, n = np.array(one.array), np.array(edges), one.rows

    def binned() -> RowMap:
        at = np.searchsorted(ends, values, side="right") - 1
        at[values == ends[-1]] = len(ends) - 2
        at = np.where((at < 0) | (at > len(ends) - 2), -1, at).reshape(-1)
        inside, width = np.flatnonzero(at >= 0), max(at.size // max(n, 1), 1)
        key = np.unique(at[inside] * n + inside // width)
        return Ragged.of_pairs(key // max(n, 1), key % max(n, 1), len(ends) - 1, n)

    link = OnDemand(binned, n, len(counts))
    found: list[Edge] = [(one.node, link, DIRECT, EXACT)]
    weights = recorded(call, call.argument(4, "weights"))
    if weights is not None:
        found.append((weights.node, link, DIRECT, EXACT))
    return finish(call, *found, *(every(call, o, len(counts), CONTEXT) for o in around), out=counts)


# -- functions of the user's -------------------------------------------------------------------


def _by_slices(call: Call) -> bool | None:
    """Each slice by itself, and whatever the function reaches by name."""
    one, axis = recorded(call, call.argument(2, "arr"), 3), call.argument(1, "axis")
    place = None if one is None else axis_of(axis, one.ndim)
    if one is None or place is None:
        return None
    return _by_function(call, one, call.argument(0, "func1d"), place == 0)


def _over_axes(call: Call) -> bool | None:
    one = recorded(call, call.argument(1, "a"), 2)
    places = None if one is None else axes_of(call.argument(2, "axes"), one.ndim)
    if one is None or places is None:
        return None
    return _by_function(call, one, call.argument(0, "func"), 0 in places)


def _by_function(call: Call, one: Subject, function: Any, mixed: bool) -> bool | None:
    rows = call.recorder.table.rows(call.out)
    if type(call.out) not in call.recorder.table.recorded or (not mixed and rows != one.rows):
        return None
    node, link, _, _ = every(call, one, rows) if one.ndim == 1 else each(one, rows)
    own = (node, link if mixed else Identity(rows), DIRECT, Status.ASSUMED)
    more = [every(call, o, rows, CONTEXT) for o in others(call, one.at)]
    return finish(call, own, *more, *brought_in(call.recorder, function, rows))


def _by_piece(call: Call) -> bool | None:
    """Functions of the elements for which a condition holds."""
    one = recorded(call, call.argument(0, "x"), 1)
    functions = call.argument(2, "funclist")
    if one is None or not isinstance(functions, list | tuple) or len(call.args) > 3:
        return None
    rows = call.recorder.table.rows(call.out)
    if wrote(call, call.out) or rows != one.rows:
        return None
    found: list[Edge] = [(one.node, Identity(rows), DIRECT, Status.ASSUMED)]
    for condition in flat([call.argument(1, "condlist")]):
        other = recorded(call, condition)
        if other is not None and other.rows == rows:
            found.append((other.node, Identity(rows), DIRECT, EXACT))
    reached = [e for f in functions for e in brought_in(call.recorder, f, rows)]
    return finish(call, *found, *reached)
