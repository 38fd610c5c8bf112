"""The only writer of a graph: names live objects, and appends what the rules found."""

from __future__ import annotations

import threading
import traceback
import weakref
from collections.abc import Callable, Mapping, Sequence
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy.random

from traceprop_nb.lineage import query
from traceprop_nb.lineage.graph import NODE, LineageGraph
from traceprop_nb.lineage.maps import All, Mosaic, Range, RowMap
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing import declared, static
from traceprop_nb.tracing.filewrite import FileWrite, doubt
from traceprop_nb.tracing.identity import Identity
from traceprop_nb.tracing.observed import MetricCall, SeedCall
from traceprop_nb.tracing.operand import Operand
from traceprop_nb.tracing.plan import Plan
from traceprop_nb.tracing.rules import Call, Edge, RuleTable
from traceprop_nb.tracing.syntax import DRAWING

LIMIT = 2_000_000
"""Operations a session records at most, some 200 MB: a loop can't fill the memory."""
_CYTHON = type(numpy.random.default_rng)
HELD = (ModuleType, type, FunctionType, BuiltinFunctionType, MethodType, _CYTHON)


class Writer:
    """Appends to a graph.

    Attributes:
        graph: What has been recorded.
        table: The rules of the loaded adapters.
        identity: Which node a live object is.
        swallowed: Internal errors so far, by operation; each made its result inexact.
        last_fault: Traceback of the last of them, for a bug report.
        watched: Doors of libraries at which a tap stands and has passed its test.
        cell: Number of the running cell.
        mosaics: Nodes whose rows are mosaics, each with its twin for what uses them whole, if
            there is one already.
        granularity: "op", "batch" or "epoch": how much of loops the running cell keeps.
        usual_granularity: What a cell keeps that does not ask for less.
        limit: Integers in the node log from which on nothing more is recorded.
        full_since: Number of the cell in which that happened; 0 before.
        on_source: Told the node of everything that enters.
        written: The last value that each part of a file was written from, by path and part.
        read_back: What was written to the file that a node was read from.
        on_write: Told of every file that a value was written to.
        on_metric: Told of every number that measures predictions.
        on_seed: Told of every seed that was set.
    """

    def __init__(self, graph: LineageGraph, table: RuleTable) -> None:
        self.graph, self.table = graph, table
        self.identity = Identity()
        self.swallowed: dict[str, int] = {}
        self.last_fault = ""
        self.watched: set[str] = set()
        self.cell = 0
        self.granularity = self.usual_granularity = "op"
        self.limit = LIMIT * NODE
        self.full_since = 0
        self._unrecorded: dict[int, int] = {}
        self.on_source: Callable[[int], None] = lambda _: None
        self.written: dict[tuple[str, str], FileWrite] = {}
        self.read_back: dict[int, FileWrite] = {}
        self.on_write: Callable[[FileWrite], None] = lambda _: None
        self.on_metric: Callable[[MetricCall], None] = lambda _: None
        self.on_seed: Callable[[SeedCall], None] = lambda _: None
        self._recorded = table.recorded
        self._labels = table.columns.labels
        graph.column_table.placed = table.columns.placed
        graph.column_table.spelled = table.columns.spelled
        self._lock = threading.Lock()
        self._held: dict[type, bool] = {}
        self.mosaics: dict[int, int | None] = {}
        self._lost: int | None = None

    # -- operands ----------------------------------------------------------------------------

    def operand(self, value: Any) -> Operand:
        """What is known of a value as it passes; a value of ours without a node gets one."""
        kind = type(value)
        if kind not in self._recorded:
            if issubclass(kind, HELD):
                drawing = kind is MethodType and getattr(value, "__name__", "") in DRAWING
                mark = self.state(value) if drawing else None
                thing, holds = static.kept(value), self._ours(value)
                return Operand(None, kind, thing=thing, mark=mark, holds=holds)
            ref = self.identity.find(value)
            thing = value if self.holds(kind) else None
            node = ref.node if ref else None
            owner = weakref.ref(value) if self.table.member(kind) is not None else None
            return Operand(node, kind, thing=thing, ref=ref, mark=owner, holds=thing is not None)
        ndim, rows, index = self.table.snapshot(value)
        mark = self.table.marks.get(kind)
        ref = self.identity.find(value)
        node = ref.node if ref is not None else self.node_of(value)
        if node is None:
            node = self.lost()
        if self.graph.rows(node) != rows:  # changed where nobody saw it
            node = self.source(value, f"changed {kind.__name__}", "unknown")
        if ref is None:
            ref = self.identity.find(value)
        return Operand(node, kind, ndim, rows, index, None, ref, mark and mark(value))

    def state(self, value: Any) -> Any:
        """How a value stands, or the generator that a module or function draws from; else None."""
        states = self.table.states
        if issubclass(type(value), ModuleType):
            read = states.get(value)
        elif issubclass(type(value), HELD):
            value = getattr(value, "__self__", None)
            read = states.get(type(value))
        else:
            read = states.get(type(value))
        return None if read is None else read(value)

    def _ours(self, callee: Any) -> bool:
        """Whether a module, class or function belongs to a framework that has rules.

        So does what a framework wrapped around the user's function, though it has its name.
        """
        if type(callee) is FunctionType and callee.__code__ in self.table.trusted_code:
            return True
        if declared.HELD and declared.holds(callee):
            return True
        if type(callee) is ModuleType:  # asked for what it has not, a module runs its __getattr__
            root = str(callee.__dict__.get("__name__", "")).partition(".")[0]
            return root != "builtins" and root in self.table.trusted_roots
        root = static.home(callee).partition(".")[0]
        return root != "builtins" and root in self.table.trusted_roots

    def holds(self, kind: type) -> bool:
        """Whether objects of a kind may be kept until an operation is over: the frameworks'."""
        held = self._held.get(kind)
        if held is None:
            root = static.home(kind).partition(".")[0]
            held = root != "builtins" and root in self.table.trusted_roots
            self._held[kind] = held
        return held

    def lost(self) -> int:
        """The one node of all NumPy scalars that nobody saw made: UNKNOWN, one row."""
        if self._lost is None:
            self._lost = self.graph.append_source(
                name="a scalar that was not traced", kind="unknown", n_rows=1, cell=self.cell
            )
        return self._lost

    def node_of(self, value: Any) -> int | None:
        """The node of an object; a value with rows that nobody saw made becomes UNKNOWN."""
        node = self.identity.node(value)
        if node is None and type(value) in self.table.tracked:
            kin = self.table.kin.get(type(value))
            node = kin(self, value) if kin is not None else None
            if node is None:
                node = self.source(value, f"untraced {type(value).__name__}", "unknown")
        return node

    # -- the one door to the graph -----------------------------------------------------------

    def emit(  # the one door, and every field of a record
        self,
        site: int,
        op: str,
        out: Any,
        edges: Sequence[Edge],
        status: Status = Status.EXACT,
        rows: int | None = None,
    ) -> int:
        """Record that ``out`` now is the result of an operation.

        Args:
            site: Entry of the graph's site table, -1 for none.
            op: The operation's name.
            out: A live object.
            edges: (parent, map, kind, status) for each operand.
            status: The value's own status, beside those of its edges.
            rows: Rows of ``out``, where its first axis does not say.

        Returns:
            The new node.
        """
        graph = self.graph
        n = self.table.rows(out) if rows is None else rows
        flat: list[int] = []
        tiled = False
        for parent, row_map, kind, edge_status in edges:
            tiled = tiled or type(row_map) is Mosaic
            if row_map.n_out != n or row_map.n_in != graph.rows(parent):
                row_map, edge_status = All(graph.rows(parent), n), Status.INEXACT
                self.swallowed[f"{op}: rows"] = self.swallowed.get(f"{op}: rows", 0) + 1
            flat += (parent, graph.map(row_map), kind * 4 + edge_status)
        node = self.append(site, graph.op(op), out, n, flat, status)
        if tiled:
            self.mosaics[node] = None
        return node

    def append(
        self, site: int, op: int, out: Any, rows: int, edges: Sequence[int], status: int = 0
    ) -> int:
        """As ``emit``, with the edges already flat: parent, map index, kind * 4 + status."""
        if len(self.graph.node_log) >= self.limit:
            return self._full(out, rows)
        read = self._labels.get(type(out))
        labels = -1 if read is None else self.graph.column_table.number(read(out))
        self._lock.acquire()  # twice as fast as ``with``, and this is the hottest line there is
        try:
            node = self.graph.append(op, site, self.cell, rows, status, edges, labels)
        finally:
            self._lock.release()
        self.identity.set(out, node)
        return node

    def beside(self, node: int, edges: Sequence[int]) -> int:
        """A second node of what ``node`` is, with other edges, that no object is known by."""
        graph = self.graph
        op, site, cell, rows, status = graph.node_log[node * NODE : node * NODE + NODE - 1]
        with self._lock:
            return graph.append(op, site, cell, rows, status, edges)

    def _full(self, out: Any, rows: int) -> int:
        """The log is at its limit: every new value of as many rows is one UNKNOWN node."""
        self.full_since = self.full_since or self.cell
        if rows not in self._unrecorded:
            with self._lock:
                self._unrecorded[rows] = self.graph.append_source(
                    name="beyond the limit of the log", kind="unknown", n_rows=rows, cell=self.cell
                )
        self.identity.set(out, self._unrecorded[rows])
        return self._unrecorded[rows]

    def tail(self, nodes: int, edges: int) -> tuple[bytes, bytes]:
        """The graph's two logs from so many integers on, copied while nobody writes."""
        with self._lock:
            return self.graph.node_log[nodes:].tobytes(), self.graph.edge_log[edges:].tobytes()

    def source(
        self,
        out: Any,
        name: str,
        kind: str,
        *,
        path: str | None = None,
        site: int = -1,
        rows: int | None = None,
        **detail: Any,
    ) -> int:
        """Record that ``out`` enters the session from outside, as one of ``rows`` records.

        A file that was written here, and has not changed since, leads back to what was written.
        """
        if kind == "unknown" and len(self.graph.node_log) >= self.limit:
            return self._full(out, self.table.rows(out))
        rows = self.table.rows(out) if rows is None else rows
        if path is not None and (wrote := self._written(path, detail)) is not None:
            return self._back(out, wrote, rows, site, detail)
        line = self.graph.sites[site].line if site >= 0 else 0
        columns = getattr(out, "columns", None)
        if columns is not None and kind != "unknown":
            detail["columns"] = tuple(map(str, columns))
            index = getattr(getattr(out, "index", None), "names", ())
            detail["index"] = tuple(str(name) for name in index if name is not None)
        read = self._labels.get(type(out))
        labels = -1 if read is None else self.graph.column_table.number(read(out))
        with self._lock:
            node = self.graph.append_source(
                name=name, kind=kind, path=path, cell=self.cell, line=line,
                n_rows=rows, site=site, detail=detail, labels=labels,
            )  # fmt: skip
        self.identity.set(out, node)
        self.on_source(node)
        return node

    def _written(self, path: str, detail: Mapping[str, Any]) -> FileWrite | None:
        """What was written here to the file that was just read, if it is still that file."""
        wrote = self.written.get((path, detail.get("part", "")))
        now = detail.get("size"), detail.get("mtime_ns")
        if wrote is None or (wrote.size, wrote.mtime_ns) != now:
            return None
        behind, sources = {wrote.node, *query.ancestors(self.graph, wrote.node)}, self.graph.sources
        origins = [source for at, source in sources.items() if at in behind]
        known = any(one.kind != "unknown" and not one.detail.get("assumed") for one in origins)
        return wrote if known else None  # else the file says more than what is known of its rows

    def _back(
        self, out: Any, wrote: FileWrite, rows: int, site: int, detail: Mapping[str, Any]
    ) -> int:
        """Record that ``out`` is what was written to a file, read again."""
        why = doubt(wrote, rows, detail)
        row_map = All(wrote.records, rows) if why else Range(0, 1, rows, wrote.records)
        status = Status.INEXACT if why else Status.EXACT
        if why and site >= 0:
            self.graph.reasons[site] = why
        edges = [(wrote.node, row_map, Kind.DIRECT, status)]
        node = self.emit(site, f"read_{detail.get('reader', 'file')}", out, edges, rows=rows)
        self.read_back[node] = wrote
        return node

    def entered(self, call: Call, kind: str) -> None:
        """Python values became an array or a table: where they came from nobody saw."""
        self.source(
            call.out, f"{call.name} in cell {self.cell}", kind, site=call.site, assumed=True
        )

    def edge(
        self, thing: Any, row_map: RowMap, kind: Kind = Kind.DIRECT, status: Status = Status.EXACT
    ) -> list[Edge]:
        """An edge to an object, or none when it has no rows to speak of."""
        node = self.node_of(thing)
        return [] if node is None else [(node, row_map, kind, status)]

    def failed(self, op: str, plan: Plan | None = None, out: Any = None) -> None:
        """One of our own errors: count it, and make the result inexact instead of guessing."""
        self.swallowed[op] = self.swallowed.get(op, 0) + 1
        self.last_fault = traceback.format_exc()
        try:
            known = type(out) in self.table.tracked
        except TypeError:  # a class of the user's that has no hash
            return
        if plan is not None and known:
            self.emit(plan.site, plan.op, out, (), Status.UNKNOWN)
