"""Arrays whose rows lie along another axis than the first: transposes, vectors side by side.

The rows of ``X.T`` are mosaics: each takes one element of every row of X. What is made of a part
of them would be a superset for ever. So the array is also remembered by the axis that carries the
rows; a rule that follows that axis, or uses rows whole, is exact again: ``X.T.T``, ``X.T[0]``,
``X.T @ y``, ``np.stack([x, y]).mean(axis=0)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.lineage.maps import All, Groups, Identity, Mosaic, compose
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing.identity import Tracked
from traceprop_nb.tracing.rules import Edge

if TYPE_CHECKING:
    from traceprop_nb.tracing.writer import Writer


@dataclass(slots=True)
class Carrier:
    """What is known of such an array while it is the value that was recorded.

    Attributes:
        node: That value: its rows are mosaics.
        axis: The axis that carries rows.
        edges: For the positions along that axis, the rows behind each.
        lines: For each of them the one row of the value that it is behind, -1 for every row.
    """

    node: int
    axis: int
    edges: tuple[Edge, ...]
    lines: tuple[int, ...] = ()


def emit(
    recorder: Writer,
    step: tuple[int, str],
    out: Any,
    axis: int,
    edges: Sequence[Edge],
    lines: Sequence[int] = (),
) -> None:
    """Record an array along one axis of which each position comes from rows of the parents.

    Args:
        recorder: Takes the record.
        step: Site and operation.
        out: The array, of at least one axis.
        axis: The axis.
        edges: From the positions along it.
        lines: For each of them the one row of the array that it is behind, where it is one.
    """
    if axis == 0:
        recorder.emit(*step, out, edges)
        return
    each = lines or [-1] * len(edges)
    found = [folded(edge, len(out), line) for edge, line in zip(edges, each, strict=True)]
    node = recorder.emit(*step, out, found)
    ref = recorder.identity.find(out)
    if ref is not None:
        ref.carrier = Carrier(node, axis, tuple(edges), tuple(lines))


def folded(edge: Edge, rows: int, line: int = -1) -> Edge:
    """An edge from a position along another axis, as one from rows that are mosaics."""
    parent, along, kind, status = edge
    n = along.n_out
    every = compose(All(n, rows) if line < 0 else Groups(np.full(n, line, np.int32), rows), along)
    # only what is exact itself may be read as exact by who asks for the value itself
    tiles = Mosaic(every) if status == Status.EXACT else every
    return parent, tiles, kind, max(status, Status.INEXACT)


def of(ref: Tracked | None) -> Carrier | None:
    """What is known of an array by its entry, if it was not written into since."""
    if ref is None or ref.carrier is None:
        return None
    found: Carrier = ref.carrier
    return found if ref.node == found.node else None


def lying(ref: Tracked | None, node: int, rows: int) -> tuple[int, tuple[Edge, ...]]:
    """The axis along which an array's rows lie, and what is behind each position."""
    known = of(ref)
    if known is not None:
        return known.axis, known.edges
    return 0, ((node, Identity(rows), Kind.DIRECT, Status.EXACT),)


def lined(ref: Tracked | None) -> bool:
    """Whether each row of the array is of one parent, which a turn may change."""
    known = of(ref)
    return known is not None and any(line >= 0 for line in known.lines)


def whole(recorder: Writer, node: int) -> int:
    """The node to name as parent by what uses every row of a value as a whole."""
    if node not in recorder.mosaics:
        return node
    twin = recorder.mosaics[node]
    if twin is None:
        graph = recorder.graph
        edges: list[int] = []
        for parent, link, kind, status in graph.edges(node):
            tiled = type(link) is Mosaic
            plain = link.whole if isinstance(link, Mosaic) else link
            edges += (parent, graph.map(plain), int(kind) * 4 + (0 if tiled else int(status)))
        twin = recorder.mosaics[node] = recorder.beside(node, edges)
    return twin
