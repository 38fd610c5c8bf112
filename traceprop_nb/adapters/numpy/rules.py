"""What NumPy's functions, methods and operators do to rows (axis 0).

A rule records only what it has checked: other argument combinations fall through to the opaque
record. Names are looked up on the installed NumPy, so a renamed function loses its rule, not the
session.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from traceprop_nb.adapters.numpy import files, joins, moves, writes
from traceprop_nb.lineage.maps import All, Identity
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.broadcast import align, edges, product
from traceprop_nb.tracing.memory import view_of
from traceprop_nb.tracing.rules import Call, RuleTable

_ELEMENTWISE = (
    "where clip nan_to_num round around real imag isclose asarray array ascontiguousarray copy "
    "asanyarray asfortranarray fix angle sinc i0 real_if_close"
)
_REDUCTIONS = (
    "sum mean std var min max amin amax median prod any all nansum nanmean nanstd nanvar nanmin "
    "nanmax nanmedian nanprod argmin argmax nanargmin nanargmax ptp count_nonzero average"
)
_METHOD_REDUCTIONS = "sum mean std var min max prod any all argmin argmax ptp"
_MADE = (
    "zeros ones empty arange linspace logspace geomspace eye identity zeros_like ones_like "
    "empty_like full full_like tri indices"
)
_POSITIONS = "argsort flatnonzero searchsorted digitize"
_SAME_ROWS_METHODS = "astype copy clip round conj conjugate view byteswap"
_SCALARS = (
    np.float64, np.float32, np.float16, np.int64, np.int32, np.int16, np.int8, np.uint64,
    np.uint32, np.uint16, np.uint8,
)  # fmt: skip

_SEEDING = "seed default_rng RandomState SeedSequence PCG64 PCG64DXSM MT19937 Philox SFC64"


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.track(_snapshot, align, np.ndarray)
    table.track(_scalar, align, *_SCALARS, scalar=True)
    table.kin[np.ndarray] = view_of
    table.memory[np.ndarray] = np.lib.array_utils.byte_bounds
    table.trusted_roots.add("numpy")
    table.method(_ufunc, np.ufunc, ("__call__",))
    table.method(_ufunc_reduce, np.ufunc, ("reduce",))
    table.function(_elementwise, *_named(_ELEMENTWISE))
    table.function(_reduction, *_named(_REDUCTIONS))
    table.function(_positions, *_named(_POSITIONS))
    table.function(_made, *_named(_MADE))
    table.function(_dot, np.dot, np.matmul)
    for part in (moves, joins, writes, files):
        part.install(table)
    for array in (np.ndarray, *_SCALARS):
        table.method(_reduction, array, _METHOD_REDUCTIONS.split())
        table.method(_same_rows, array, _SAME_ROWS_METHODS.split())
    table.method(_positions, np.ndarray, ("argsort",))
    table.method(_matmul, np.ndarray, ("__matmul__",))
    table.function(_number, *_SCALARS)
    for scalar in _SCALARS:
        table.method(_matmul, scalar, ("__matmul__",))
    table.method(_dot, np.ndarray, ("dot",))
    random = np.random
    table.any_method(_drawn, random.Generator)
    table.any_method(_drawn, random.RandomState)
    legacy = "rand randn randint random uniform normal choice permutation standard_normal binomial"
    table.function(_drawn, *(getattr(random, name) for name in legacy.split()))
    table.seeding({getattr(random, name): f"numpy.random.{name}" for name in _SEEDING.split()})


def _named(names: str) -> list[Any]:
    return [getattr(np, name) for name in names.split() if hasattr(np, name)]


def _snapshot(value: np.ndarray) -> tuple[int, int, None]:
    return value.ndim, value.shape[0] if value.ndim else 1, None


def _scalar(_: np.generic) -> tuple[int, int, None]:
    return 0, 1, None


# -- element by element ------------------------------------------------------------------------


def _record(call: Call, values: list[Any]) -> bool:
    """Record ``call.out`` as an element-wise result of these values."""
    recorder = call.recorder
    operands = [recorder.operand(v) for v in values if type(v) in recorder.table.recorded]
    ndim, rows, _ = recorder.table.snapshot(call.out)
    flat = edges(recorder, ndim, rows, operands)
    if not operands:  # numbers alone make a number that comes from nowhere
        return all(isinstance(v, int | float | complex) for v in values) and call.emit()
    op = recorder.graph.op(call.name)
    for value in values:  # an array may come back as itself, or as a view of itself
        if value is call.out:
            return True
    recorder.append(call.site, op, call.out, rows, flat)
    for value in values:
        if isinstance(value, np.ndarray) and isinstance(call.out, np.ndarray):
            moves.share(call, value)
    return True


def _ufunc(call: Call) -> bool | None:
    ufunc = call.function if isinstance(call.function, np.ufunc) else call.receiver
    if not isinstance(ufunc, np.ufunc) or ufunc.nout != 1 or ufunc.signature is not None:
        return _dot(call) if ufunc is np.matmul else None
    call.name = ufunc.__name__
    target = call.kwargs.get("out", call.args[ufunc.nin] if len(call.args) > ufunc.nin else None)
    if target is not None:
        return writes.into_out(call, list(call.args[: ufunc.nin]))
    if "where" in call.kwargs:
        return None
    return _by_type(call, list(call.args[: ufunc.nin]))


def _by_type(call: Call, values: list[Any]) -> bool | None:
    """An array result here; a frame's goes through the frame's own alignment."""
    kind = type(call.out)
    if kind is np.ndarray or kind in call.recorder.table.scalars:
        return _record(call, values)
    found = call.recorder.table.align.get(kind)
    if found is None:
        return None
    recorder = call.recorder
    seen = [recorder.operand(v) for v in values if type(v) in recorder.table.recorded]
    found(recorder, call.site, recorder.graph.op(call.name), call.out, seen)
    return True


def _ufunc_reduce(call: Call) -> bool | None:
    axis = call.argument(1, "axis", 0)
    array = call.argument(0, "array")
    if not isinstance(array, np.ndarray) or not isinstance(axis, int | type(None)):
        return None
    return _over(call, array, axis)


def _elementwise(call: Call) -> bool | None:
    if type(call.out) is not np.ndarray or call.kwargs.get("out") is not None:
        return None
    recorded = call.recorder.table.recorded
    first = call.args[0] if call.args else None
    if call.name in ("array", "asarray", "asanyarray", "ascontiguousarray"):
        return _converted(call, first, type(first) in recorded)
    return _by_type(call, list(call.args))


def _converted(call: Call, value: Any, recorded: bool) -> bool | None:
    rows = call.recorder.table.rows(call.out)
    if not recorded:
        if isinstance(value, list | tuple) and any(
            type(v) in call.recorder.table.recorded for v in value
        ):
            return None
        if isinstance(value, list | tuple | range | int | float):
            call.recorder.entered(call, "array")
            return True
        return None
    if value is call.out:
        return True
    if call.recorder.table.rows(value) != rows or np.ndim(value) != call.out.ndim:
        return None
    call.emit(*call.recorder.edge(value, Identity(rows)))
    if call.name != "array":
        call.recorder.identity.share(value, call.out)
    return True


def _same_rows(call: Call) -> bool | None:
    rows = call.recorder.table.rows(call.out)
    if call.node is None or rows != call.rows or call.kwargs.get("out") is not None:
        return None
    if call.name == "view" and np.ndim(call.out) != call.ndim:
        return None
    if call.out is call.receiver:
        return True
    others = [
        v for v in (*call.args, *call.kwargs.values()) if type(v) in call.recorder.table.recorded
    ]
    recorder = call.recorder
    flat = edges(recorder, np.ndim(call.out), rows, [recorder.operand(v) for v in others])
    own = [call.node, recorder.graph.identity(rows), 0]
    context = [
        x | int(Kind.CONTEXT) * 4 if k % 3 == 2 and flat[k - 1] != own[1] else x
        for k, x in enumerate(flat)
    ]
    recorder.append(call.site, recorder.graph.op(call.name), call.out, rows, own + context)
    if call.name == "view" and call.receiver is not None:
        recorder.identity.share(call.receiver, call.out)
    return True


# -- along an axis -----------------------------------------------------------------------------


def _reduction(call: Call) -> bool | None:
    if "out" in call.kwargs or "where" in call.kwargs:
        return None
    if call.node is not None and call.kind in call.recorder.table.recorded:
        axis = call.argument(0, "axis")
        return _reduced(call, call.node, call.ndim, call.rows, axis)
    array = call.args[0] if call.args else None
    if not isinstance(array, np.ndarray):
        return None
    return _over(call, array, call.argument(1, "axis"))


def _over(call: Call, array: np.ndarray, axis: Any) -> bool | None:
    node = call.recorder.node_of(array)
    if node is None:
        return None
    rows = array.shape[0] if array.ndim else 1
    return _reduced(call, node, array.ndim, rows, axis)


def _reduced(call: Call, node: int, ndim: int, n: int, axis: Any) -> bool | None:
    if axis is not None and not isinstance(axis, int | np.integer | tuple):
        return None
    axes = (
        range(ndim)
        if axis is None
        else [int(a) for a in (axis if isinstance(axis, tuple) else (axis,))]
    )
    rows = call.recorder.table.rows(call.out)
    if any(a % max(ndim, 1) == 0 for a in axes):
        row_map: Any = All(n, rows)
    elif rows == n:
        row_map = Identity(n)
    else:
        return None
    extra = []
    weights = call.kwargs.get("weights")
    if weights is not None:
        extra = call.recorder.edge(
            weights, All(call.recorder.table.rows(weights), rows), Kind.CONTEXT
        )
    return call.emit((node, row_map, Kind.DIRECT, Status.EXACT), *extra)


def _positions(call: Call) -> bool | None:
    """The result's values are positions: which rows they name shows when they index."""
    source = call.receiver if call.node is not None else (call.args[0] if call.args else None)
    node = call.node if call.node is not None else call.recorder.node_of(source)
    if node is None or type(call.out) is not np.ndarray:
        return None
    n = call.recorder.graph.rows(node)
    rows = call.recorder.table.rows(call.out)
    return call.emit((node, All(n, rows), Kind.CONTEXT, Status.EXACT))


# -- products and new values -------------------------------------------------------------------


def _matmul(call: Call) -> bool | None:
    left, right = call.args
    if left is None or right is None:
        return None
    return product(call.recorder, call.site, "@", call.out, left, right)


def _dot(call: Call) -> bool | None:
    if call.kwargs:
        return None
    values = [call.recorder.operand(v) for v in call.args]
    if call.node is not None and call.kind is np.ndarray:
        own = call.recorder.identity.find(call.receiver)
        values = [
            type(values[0])(call.node, call.kind, call.ndim, call.rows, None, None, own),
            *values,
        ]
    if len(values) != 2:
        return None
    return product(call.recorder, call.site, call.name, call.out, values[0], values[1])


def _number(call: Call) -> bool | None:
    """``np.float64(3)``: a plain number in another type."""
    value = call.args[0] if call.args else 0
    if isinstance(value, int | float | str) and type(value) not in call.recorder.table.recorded:
        return call.emit()
    return None


def _made(call: Call) -> bool | None:
    """New values: no row of anything, except what a fill value brings."""
    rows = call.recorder.table.rows(call.out)
    fill = call.argument(1, "fill_value") if call.name in ("full", "full_like") else None
    return call.emit(*call.recorder.edge(fill, All(1, rows), Kind.CONTEXT))


def _drawn(call: Call) -> bool | None:
    """Random numbers; drawn from given rows they are opaque."""
    recorded = call.recorder.table.recorded
    if call.name == "shuffle":
        return writes.shuffled(call)
    if type(call.out) not in recorded or any(type(v) in recorded for v in call.args):
        return None
    return call.emit()
