"""SciPy's sparse matrices and arrays as values with rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from traceprop_nb.lineage.maps import All, Groups, Identity, Part, Range, RowMap
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.broadcast import align, edges, product
from traceprop_nb.tracing.keys import key_map
from traceprop_nb.tracing.operand import Operand
from traceprop_nb.tracing.record import Recorder
from traceprop_nb.tracing.rules import Call, Edge, RuleTable

FORMATS = "csr csc coo lil dok dia bsr".split()
MATRICES = tuple(getattr(sparse, f"{name}_matrix") for name in FORMATS)
ARRAYS = tuple(getattr(sparse, f"{name}_array") for name in FORMATS)
_SAME = (
    "toarray todense tocsr tocsc tocoo tolil todok todia tobsr asformat copy astype conj conjugate "
    "power sqrt sin tan sinh tanh arcsin arctan arcsinh arctanh sign floor ceil rint trunc expm1 "
    "log1p deg2rad rad2deg __abs__ __neg__ getcol"
).split()
_REDUCTIONS = "sum mean max min nanmax nanmin argmax argmin count_nonzero getnnz".split()
_SETTLING = "eliminate_zeros sort_indices sum_duplicates prune check_format".split()
_MADE = "eye eye_array identity random random_array".split()


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.track(_snapshot, align, *ARRAYS)
    table.track(_snapshot, _align_matrices, *MATRICES, np.matrix)
    plain = table.align[np.ndarray]
    table.align[np.ndarray] = lambda *given: _into_array(plain, *given)
    for kind in (*MATRICES, *ARRAYS):
        table.method(_same_rows, kind, _SAME)
        table.method(_reduced, kind, _REDUCTIONS)
        table.method(_multiplied, kind, ("multiply", "maximum", "minimum"))
        table.method(_subset, kind, ("__getitem__",))
        table.method(_one_row, kind, ("getrow",))
        table.method(_product, kind, ("__matmul__",))
        table.method(_dot, kind, ("dot",))
        table.method(_nothing, kind, _SETTLING)
        table.function(_made_of, kind)
    table.method(_elements, np.matrix, ("A1", "A"))
    table.function(_stacked, sparse.vstack, sparse.hstack)
    table.function(_drawn, *(getattr(sparse, name) for name in _MADE if hasattr(sparse, name)))


def _snapshot(value: Any) -> tuple[int, int, None]:
    return len(value.shape), value.shape[0] if value.shape else 1, None


def _align_matrices(
    recorder: Recorder, site: int, op: int, out: Any, operands: Sequence[Operand]
) -> None:
    """``*`` between matrices is their product, not element by element."""
    if len(operands) > 1 and "*" in recorder.graph.ops[op]:
        _every_row(recorder, site, op, out, operands)
        return
    align(recorder, site, op, out, operands)


def _into_array(
    plain: Any, recorder: Recorder, site: int, op: int, out: Any, operands: Sequence[Operand]
) -> None:
    if any(operand.kind in MATRICES for operand in operands):
        _align_matrices(recorder, site, op, out, operands)
        return
    plain(recorder, site, op, out, operands)


def _every_row(
    recorder: Recorder, site: int, op: int, out: Any, operands: Sequence[Operand]
) -> None:
    rows, graph = recorder.table.rows(out), recorder.graph
    found: list[Edge] = [
        (o.node, All(graph.rows(o.node), rows), Kind.DIRECT, Status.INEXACT)
        for o in operands
        if o.node is not None
    ]
    recorder.emit(site, graph.ops[op], out, found)


def _kept(call: Call, row_map: RowMap) -> bool | None:
    if call.node is None or row_map.n_out != call.recorder.table.rows(call.out):
        return None
    if call.out is call.receiver:
        return True
    return call.emit((call.node, row_map, Kind.DIRECT, Status.EXACT))


def _same_rows(call: Call) -> bool | None:
    """The same matrix in another form, or element by element."""
    if "out" in call.kwargs:
        return None
    return _kept(call, Identity(call.rows))


def _reduced(call: Call) -> bool | None:
    """Along an axis; a matrix gives a matrix of two axes, an array one of one."""
    if call.node is None or type(call.out) not in call.recorder.table.recorded:
        return True if call.node is not None else None
    axis = call.argument(0, "axis")
    if "out" in call.kwargs or not isinstance(axis, int | np.integer | type(None)):
        return None
    across = axis is not None and int(axis) % max(call.ndim, 1) == 1
    rows = call.recorder.table.rows(call.out)
    return _kept(call, Identity(call.rows) if across else All(call.rows, rows))


def _multiplied(call: Call) -> bool | None:
    other = call.argument(0, "other")
    recorder = call.recorder
    others = [recorder.operand(other)] if type(other) in recorder.table.recorded else []
    if call.node is None or any(o.ndim != 2 or o.rows != call.rows for o in others):
        return None
    flat = edges(recorder, 2, call.rows, [call.receiver_operand(), *others])
    recorder.append(call.site, recorder.graph.op(call.name), call.out, call.rows, flat)
    return True


def _subset(call: Call) -> bool | None:
    key = call.args[0]
    if isinstance(key, tuple):
        key = tuple(map(_plain, key))
    rows = call.recorder.table.rows(call.out)
    row_map = key_map(_plain(key), call.rows, call.ndim, rows)
    return None if row_map is None else _kept(call, row_map)


def _plain(key: Any) -> Any:
    """A table's column in a key as an array."""
    return np.asarray(key) if hasattr(key, "iloc") else key


def _one_row(call: Call) -> bool | None:
    row = call.argument(0, "i")
    return _kept(call, Range(int(row) % max(call.rows, 1), 1, 1, call.rows))


def _product(call: Call) -> bool | None:
    left, right = call.args
    if left is None or right is None:
        return None
    return product(call.recorder, call.site, "@", call.out, left, right)


def _dot(call: Call) -> bool | None:
    own, other = call.receiver_operand(), call.recorder.operand(call.args[0])
    if call.node is None:
        return None
    return product(call.recorder, call.site, call.name, call.out, own, other)


def _nothing(call: Call) -> bool:
    return call.out is None


def _elements(call: Call) -> bool | None:
    return _kept(call, Identity(call.rows))


def _made_of(call: Call) -> bool | None:
    """``csr_matrix(x)``, ``csr_matrix((data, (row, column)))``, ``csr_matrix((n, m))``."""
    given, recorder = call.argument(0, "arg1"), call.recorder
    n = recorder.table.rows(call.out)
    if type(given) in recorder.table.recorded:
        if np.ndim(given) == 1 and len(call.out.shape) == 2:
            return call.emit(*recorder.edge(given, All(recorder.table.rows(given), n)))
        return call.emit(*recorder.edge(given, Identity(n)))
    if not isinstance(given, tuple) or not all(isinstance(p, int | np.integer) for p in given):
        return _of_cells(call, given, n)
    return call.emit()


def _of_cells(call: Call, given: Any, n: int) -> bool | None:
    """Numbers and the cells they stand in."""
    if not isinstance(given, tuple) or call.function.__name__[:3] not in ("csr", "coo"):
        return None
    data, rest = given[0], given[1:]
    if len(rest) == 1 and isinstance(rest[0], tuple | list) and len(rest[0]) == 2:
        at = np.asarray(rest[0][0])
    elif len(rest) == 2 and call.function.__name__.startswith("csr"):
        at = np.repeat(np.arange(n), np.diff(np.asarray(rest[1])))
    else:
        return None
    if type(data) not in call.recorder.table.recorded or len(at) != len(data):
        return None
    return call.emit(*call.recorder.edge(data, Groups(at, n)))


def _stacked(call: Call) -> bool | None:
    """Blocks on top of each other, or side by side."""
    blocks, recorder = call.argument(0, "blocks"), call.recorder
    if not isinstance(blocks, list | tuple):
        return None
    rows, offset, found = recorder.table.rows(call.out), 0, list[Edge]()
    for block in blocks:
        if type(block) not in recorder.table.recorded:
            return None
        n = recorder.table.rows(block)
        on_top = call.function is sparse.vstack
        found += recorder.edge(block, Part(offset, n, rows) if on_top else Identity(n))
        offset += n
    return call.emit(*found)


def _drawn(call: Call) -> bool | None:
    return call.emit()
