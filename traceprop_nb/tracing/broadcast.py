"""Row maps of element-wise operations on arrays: NumPy's broadcasting rule, read for axis 0.

Broadcasting aligns trailing axes, so an operand's rows are the result's rows only when it has as
many axes and as long a first one. Any other operand is spread over all rows: context where some
operand is aligned (a mean, a weight), the rows themselves where none is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from traceprop_nb.lineage.maps import All, Identity
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing import carriers
from traceprop_nb.tracing.operand import Operand
from traceprop_nb.tracing.rules import Edge

if TYPE_CHECKING:
    from traceprop_nb.tracing.record import Recorder

_CONTEXT = int(Kind.CONTEXT) * 4


def align(recorder: Recorder, site: int, op: int, out: Any, operands: Sequence[Operand]) -> None:
    """Record a tree of element-wise operators."""
    ndim, rows, _ = recorder.table.snapshot(out)
    turned = [carriers.of(operand.ref) for operand in operands]
    if any(turned) and turned_by(recorder, (site, recorder.graph.ops[op]), out, operands):
        return
    flat = edges(recorder, ndim, rows, operands)
    recorder.append(site, op, out, rows, flat)


def edges(recorder: Recorder, ndim: int, rows: int, operands: Iterable[Operand]) -> list[int]:
    """Flat edges (parent, map, kind and status) from operands to a result of this shape."""
    graph = recorder.graph
    flat: list[int] = []
    spread: list[Operand] = []
    same = -1
    for operand in operands:
        if operand.node is None:
            continue
        if operand.ndim == ndim and operand.rows == rows and ndim > 0:
            if operand.node not in flat[::3]:
                same = graph.identity(rows) if same < 0 else same
                flat += (operand.node, same, 0)
        else:
            spread.append(operand)
    kind = _CONTEXT if flat else 0
    for operand in spread:
        if operand.node not in flat[::3]:
            flat += (operand.node, graph.map(All(operand.rows, rows)), kind)  # type: ignore[arg-type]  # has a node
    return flat


def turned_by(
    recorder: Recorder, step: tuple[int, str], out: Any, operands: Sequence[Operand]
) -> bool:
    """Record operators on arrays whose rows lie along another axis, which is the result's too.

    Returns:
        Whether it was recorded.
    """
    known = [found for operand in operands if (found := carriers.of(operand.ref)) is not None]
    axis, ndim = known[0].axis, out.ndim
    n = out.shape[axis] if axis < ndim else -1
    edges = [(edge, line) for found in known
             for edge, line in zip(found.edges, found.lines or [-1] * len(found.edges), strict=True)
             ]  # fmt: skip
    if any(found.axis != axis or found.edges[0][1].n_out != n for found in known):
        return False
    for operand in operands:
        if carriers.of(operand.ref) is not None:
            if operand.ndim != ndim:
                return False
            continue
        if operand.ndim > 1:
            return False
        if operand.node is not None:
            beside = operand.ndim == 1 and axis == ndim - 1 and operand.rows == n
            link = Identity(n) if beside else All(operand.rows, n)
            kind = Kind.DIRECT if beside else Kind.CONTEXT
            edges.append(((operand.node, link, kind, Status.EXACT), -1))
    carriers.emit(recorder, step, out, axis, [e for e, _ in edges], [line for _, line in edges])
    return True


def product(
    recorder: Recorder, site: int, op: str, out: Any, left: Operand, right: Operand
) -> bool:
    """Record a matrix product: the left operand's rows are the result's, the right one's are not.

    Returns:
        Whether it was recorded; stacks of matrices are not.
    """
    if left.ndim > 2 or right.ndim > 2 or (left.node is None and right.node is None):
        return False
    rows = recorder.table.rows(out)
    found: list[Edge] = []
    if left.node is not None:
        kept = Identity(rows) if left.ndim == 2 and left.rows == rows else All(left.rows, rows)
        node = carriers.whole(recorder, left.node)
        found.append((node, kept, Kind.DIRECT, Status.EXACT))
    if right.node is not None:
        kind = Kind.CONTEXT if left.node is not None and left.ndim == 2 else Kind.DIRECT
        mixed = left.node is None or left.ndim == 2  # a vector meets each column by itself
        node = carriers.whole(recorder, right.node) if mixed else right.node
        found.append((node, All(right.rows, rows), kind, Status.EXACT))
    recorder.emit(site, op, out, found)
    return True
