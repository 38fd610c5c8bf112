"""The usual operations on NumPy arrays, recorded without asking the rules.

Operators over known arrays of one length, and ``a[i:j]``, ``a[mask]``, ``a[positions]``: most of
what a notebook does in its loops. Whatever is not plain here is left to the rules, which record the
very same; the laws compare both with the truth.
"""

from __future__ import annotations

from typing import Any

from numpy import int64, ndarray

from traceprop_nb.lineage.columns import Shift
from traceprop_nb.lineage.graph import NODE
from traceprop_nb.lineage.maps import Deferred, Identity, Mask, Range, RowMap
from traceprop_nb.tracing.identity import Tracked
from traceprop_nb.tracing.plan import Plan
from traceprop_nb.tracing.writer import Writer

_NUMBERS = frozenset((int, type(None), int64))
ROWS = 3
"""Where a node's number of rows stands among its integers."""


class Arrays(Writer):
    """Two short ways to the graph; each says whether it was taken."""

    def _aligned(  # noqa: C901, PLR0911  # in one piece: a call more costs a tenth of a record
        self, plan: Plan, out: ndarray, leaves: tuple[Any, ...]
    ) -> bool:
        """Operators over arrays that are all known and as long as the result."""
        shape = out.shape
        graph = self.graph
        log = graph.node_log
        if not shape or len(log) >= self.limit:
            return False
        rows, live, recorded = shape[0], self.identity.live, self._recorded
        same, of, labels = graph.identity(rows), graph.column_table.of, -1
        edges: list[int] = []
        for leaf in leaves:
            if type(leaf) is ndarray:
                its: tuple[int, ...] = leaf.shape
                ref = live.get(id(leaf))
                if ref is None or ref() is not leaf:
                    return False
                node = ref.node
                if its == shape:
                    labels = of[node]
                elif len(its) != len(shape) or its[0] != rows:
                    return False
                if log[node * NODE + ROWS] != rows:
                    return False
                edges += (node, same, 0)
            elif type(leaf) in recorded:
                return False
        if labels < 0:  # no operand has its shape
            self.append(plan.site, plan.op_id, out, rows, edges)
            return True
        self._lock.acquire()
        try:
            node = graph.append(plan.op_id, plan.site, self.cell, rows, 0, edges, labels)
        finally:
            self._lock.release()
        self.identity.set(out, node)
        return True

    def _taken(self, plan: Plan, base: ndarray, key: Any, out: ndarray) -> bool:
        """``base[key]`` where the key is of the first axis alone and the rows are whole."""
        its, shape = base.shape, out.shape
        if not its or not shape or len(self.graph.node_log) >= self.limit:
            return False
        ref = self.identity.live.get(id(base))
        if ref is None or ref() is not base or ref.carrier is not None:
            return False
        node, n, rows = ref.node, its[0], shape[0]
        graph = self.graph
        if graph.node_log[node * NODE + ROWS] != n or node in self.mosaics:
            return False
        row_map = _plain_map(key, n)
        if row_map is None or row_map.n_out != rows or its[1:] != shape[1:]:
            return False
        table = graph.column_table
        self._lock.acquire()
        try:
            made = graph.append(
                plan.op_id, plan.site, self.cell, rows, 0, (node, graph.map(row_map), 0),
                table.of[node],
            )  # fmt: skip
        finally:
            self._lock.release()
        self.identity.set(out, made)
        self._beside(ref, made, base, key, out)
        return True

    def _beside(self, ref: Tracked, made: int, base: ndarray, key: Any, out: ndarray) -> None:
        """What else is known of ``base[key]``: its columns, who decided, whose memory it is."""
        table, node = self.graph.column_table, ref.node
        if len(base.shape) == 2:
            table.relate(made, node, Shift(0, base.shape[1]))
        if type(key) is slice:
            self.identity.share(base, out)
            return
        chosen = self.identity.node(key)
        if chosen is not None:
            table.decided(made, chosen, "filter" if key.dtype.kind == "b" else "sort")


def _plain_map(key: Any, n: int) -> RowMap | None:
    """The rows of a slice, a mask or a list of positions; None for any other key."""
    if type(key) is slice:
        if not _NUMBERS.issuperset((type(key.start), type(key.stop), type(key.step))):
            return None  # the user's own numbers are asked once, by the array
        start, stop, step = key.indices(n)
        count = len(range(start, stop, step))
        return Identity(n) if count == n and step == 1 else Range(start, step, count, n)
    if type(key) is not ndarray or key.ndim != 1:
        return None
    if key.dtype.kind == "b":
        return Mask.of(key)
    return Deferred(key.copy(), n, wraps=True) if key.dtype.kind in "iu" else None
