"""What NumPy's functions, methods and operators do to rows (axis 0).

A rule records only what it has checked: other argument combinations fall through to the opaque
record. Names are looked up on the installed NumPy, so a renamed function loses its rule, not the
session. One file for each way to treat rows, and in it a table of the names.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from traceprop_nb.adapters.numpy import (
    axes,
    diagonals,
    draws,
    files,
    indexing,
    inserts,
    joins,
    made,
    mixing,
    moves,
    orders,
    placing,
    products,
    reductions,
    rowwise,
    scans,
    writes,
)
from traceprop_nb.tracing.broadcast import align
from traceprop_nb.tracing.layout import Layout
from traceprop_nb.tracing.memory import view_of
from traceprop_nb.tracing.rules import Call, RuleTable

SCALARS = (
    np.float64, np.float32, np.float16, np.int64, np.int32, np.int16, np.int8, np.uint64,
    np.uint32, np.uint16, np.uint8, np.complex128, np.complex64, np.longdouble,
)  # fmt: skip
_SEEDING = "seed default_rng RandomState SeedSequence PCG64 PCG64DXSM MT19937 Philox SFC64"


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.track(_snapshot, align, np.ndarray)
    table.track(_scalar, align, *SCALARS, scalar=True)
    table.kin[np.ndarray] = view_of
    table.memory[np.ndarray] = np.lib.array_utils.byte_bounds
    table.layouts[np.ndarray] = _layout
    table.trusted_roots.add("numpy")
    for part in (
        rowwise, axes, indexing, moves, inserts, diagonals, joins, products, scans, orders, mixing,
        placing, writes, draws, files, made,
    ):  # fmt: skip
        part.install(table)
    reductions.install(table, SCALARS)
    table.function(_number, *SCALARS)
    for scalar in SCALARS:
        products.of_scalar(table, scalar)
        rowwise.of_scalar(table, scalar)
    random = np.random
    table.seeding({getattr(random, name): f"numpy.random.{name}" for name in _SEEDING.split()})


def _snapshot(value: np.ndarray) -> tuple[int, int, None]:
    return value.ndim, value.shape[0] if value.ndim else 1, None


def _layout(value: np.ndarray) -> Layout:
    address = value.__array_interface__["data"][0]
    return Layout(address, value.shape, value.strides, value.itemsize)


def _scalar(_: np.generic) -> tuple[int, int, None]:
    return 0, 1, None


def _number(call: Call) -> bool | None:
    """``np.float64(3)``: a plain number in another type."""
    value: Any = call.args[0] if call.args else 0
    if isinstance(value, int | float | str) and type(value) not in call.recorder.table.recorded:
        return call.emit()
    return None
