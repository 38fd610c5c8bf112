"""The session: cells begin and end here, adapters are opened here, questions are answered here."""

from __future__ import annotations

import ast
import pickle
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from traceprop_nb import adapters
from traceprop_nb.errors import MissingFrameworkError, unknown_name
from traceprop_nb.gradients.capture import TrainOptions
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.lineage.graph import LineageGraph
from traceprop_nb.session import cell_answers, certainty, keeping, questions, untraced
from traceprop_nb.session.answers import ImpactAnswer, LineageAnswer, RowAnswer, WhyAnswer
from traceprop_nb.session.cells import CellRun, CellSummary, TraceStatus
from traceprop_nb.session.events import EventLog
from traceprop_nb.session.forgotten import UnlearnAnswer
from traceprop_nb.session.guard import Guard
from traceprop_nb.session.idle import Idle
from traceprop_nb.session.learnt import InfluenceAnswer
from traceprop_nb.session.noticed import Noticed
from traceprop_nb.session.sources import Sources
from traceprop_nb.session.stale import stale
from traceprop_nb.session.summary import by_status, describe, summary
from traceprop_nb.session.training import Training
from traceprop_nb.session.written import WrittenFiles
from traceprop_nb.tracing import hooks
from traceprop_nb.tracing.modules import TracedModules
from traceprop_nb.tracing.record import Recorder
from traceprop_nb.tracing.rewrite import GRANULARITIES, rewrite_module
from traceprop_nb.tracing.rules import RuleTable

if TYPE_CHECKING:
    from pathlib import Path

    from traceprop_nb.reports import Record
    from traceprop_nb.session.storage import Storage
    from traceprop_nb.session.subject import SubjectAnswer
    from traceprop_nb.session.valued import ValuationAnswer


class _NoTaps:
    """A framework without rules, or whose rules need no tap."""

    off: tuple[str, ...] = ()

    def remove(self) -> None:
        """Nothing to take off."""


class Session:
    """What has been traced, trained, asked and forgotten in one process.

    Attributes:
        graph: The lineage so far.
        recorder: Its writer.
        files: The sources by name, their digests and lines.
        written: The files that traced cells wrote.
        training: The recorded runs.
        cells: Every cell that ran, in order.
        namespace: The user's names as of the last cell.
        tracing: Whether every cell is traced.
        modules: Which of the user's modules are traced, once some are.
    """

    lost: frozenset[int] = frozenset()
    damage: tuple[str, ...] = ()
    title = "this session"
    modules: TracedModules | None = None
    recorder: Recorder

    def __init__(self, beside: Session | None = None) -> None:
        self.tracing = False
        if beside is not None:  # functions rewritten for the other one work here too
            self.recorder = beside.recorder
        self._taps: dict[str, Any] = {}
        self._running: list[CellRun] = []
        self._fresh()

    def _fresh(self) -> None:
        self.started = datetime.now(UTC)
        self.graph = LineageGraph()
        self.recorder = Recorder(self.graph, RuleTable(), getattr(self, "recorder", None))
        self.recorder.on_import = self.open_adapters
        self.files = Sources(self.graph)
        self.recorder.on_source = self.files.watch
        self.written = WrittenFiles()
        self.recorder.on_write = lambda write: self.written.note(write, self.recorder.cell)
        self.noticed = Noticed(self.recorder)
        self.training = Training(self)
        self.cells: list[CellRun] = []
        self.namespace: dict[str, Any] = {}
        self.origin_cells: dict[int, tuple[str, int]] = {}
        self.asked: list[InfluenceAnswer] = []
        self.forgotten: list[UnlearnAnswer] = []
        self.events = EventLog()
        self.storage: Storage | None = None
        self.guard = Guard(self, getattr(self, "guard", None))
        self._ruled: set[str] = set()
        self.idle = Idle()

    # -- tracing -----------------------------------------------------------------------------

    def trace_on(self) -> None:
        """Trace every cell from now on."""
        self.tracing = True

    def trace_off(self) -> None:
        """Trace only cells that ask for it."""
        self.tracing = False

    def reset(self) -> None:
        """Forget everything recorded; whether cells are traced stays as it is."""
        self.idle.cell_begins()
        hooks.unbind()
        for tap in self._taps.values():
            tap.remove()
        self._taps.clear()
        stored = None if self.storage is None else (self.storage.close(), self.guard.chosen)
        running = self._running
        self._fresh()
        for cell in running:  # the rest of a cell that resets runs unrecorded
            cell.traced, cell.first_node, cell.first_map = False, 0, 0
        self._running = running
        if stored is not None:
            self.open(stored[0], **stored[1])  # a new log is a new session of the same store

    def status(self) -> TraceStatus:
        """The session so far."""
        return TraceStatus(
            tracing=self.tracing,
            cells=sum(cell.traced for cell in self.cells),
            operations=len(self.graph),
            bytes_log=self.graph.nbytes(),
            sources=tuple(self.sources),
            runs=tuple(self.runs),
            by_status=by_status(self.graph),
            swallowed=dict(self.recorder.swallowed),
            store="" if self.storage is None else self.storage.line,
            taps_off=self.taps_off,
            stale=stale(self),
            full_since=self.recorder.full_since,
        )

    @property
    def taps_off(self) -> tuple[str, ...]:
        """What of the libraries could not be watched."""
        return tuple(name for tap in self._taps.values() for name in tap.off)

    @property
    def id(self) -> str:
        """Its id in the store; empty where it is not stored."""
        return "" if self.storage is None else self.storage.id

    # -- cells -------------------------------------------------------------------------------

    def begin_cell(
        self,
        number: int,
        source: str,
        *,
        traced: bool,
        name: str | None = None,
        granularity: str = "op",
    ) -> None:
        """A cell is about to run.

        Raises:
            UnknownNameError: No such granularity.
        """
        if granularity not in GRANULARITIES:
            raise unknown_name("granularity", granularity, GRANULARITIES)
        self.idle.cell_begins()
        usual = self.recorder.usual_granularity
        self.recorder.granularity = usual if granularity == "op" else granularity
        cell = CellRun(number, source, traced, name, len(self.graph), len(self.graph.maps))
        self.cells.append(cell)
        self._running.append(cell)
        self.recorder.cell = number
        if traced:
            hooks.publish()
            self.open_adapters()
            hooks.bind(self.recorder)
        elif not any(outer.traced for outer in self._running):
            hooks.unbind()

    def rewrite(self, tree: ast.Module) -> ast.Module:
        """Make the running cell's tree record itself; as it was where that fails."""
        if not self._running:
            return tree
        cell = self._running[-1]
        spare = pickle.dumps(tree)
        try:
            loops = self.recorder.granularity == "op"
            return rewrite_module(tree, self.recorder, cell.source, loops=loops)
        except Exception:  # noqa: BLE001  # a cell we cannot rewrite must still run
            cell.rewritten = False
            self.recorder.failed("rewrite")
            return pickle.loads(spare)

    def end_cell(self, ok: bool, error: str | None = None) -> CellSummary:
        """The running cell ended, well or not."""
        cell = self._running.pop()
        cell.end(ok, error)
        if not any(outer.traced for outer in self._running):
            hooks.unbind()
        self.recorder.end_cell()
        if not self._running:
            fresh = self.graph.maps[cell.first_map :]
            self.idle.cell_ended(fresh, at_once=self.storage is not None)
        self.guard.cell_ended(cell)
        keeping.cell_ended(self)
        if self._running:
            self.recorder.cell = self._running[-1].number
        return summary(self, cell)

    def describe(self, node: int) -> str:
        """An operation's name; for a source, that it was read."""
        return describe(self.graph, node)

    def bind(self, namespace: Mapping[str, Any]) -> None:
        """After a cell: these are the user's names now."""
        self.namespace = dict(namespace)
        cell = self._running[-1] if self._running else None
        if cell is not None and (not cell.traced or not cell.rewritten):
            untraced.mark(
                self.recorder, cell.source, self.namespace, self.origin_cells, cell.number
            )

    def names(self) -> dict[int, str]:
        """Node of every live named value -> its name."""
        found: dict[int, str] = {}
        for name, value in self.namespace.items():
            node = self.recorder.identity.node(value)
            if node is not None and node not in found:
                found[node] = name
        return found

    # -- adapters ----------------------------------------------------------------------------

    def open_adapters(self) -> None:
        """Open the adapter of every framework that the user has imported by now."""
        for framework in adapters.imported():
            if framework in self._taps:
                continue
            if not adapters.has(framework, "rules"):
                self._taps[framework] = _NoTaps()  # its operations are unknown callables
                continue
            try:
                rules = adapters.load(framework, "rules")
            except MissingFrameworkError:
                continue  # half imported: the next statement tries again
            if framework not in self._ruled:
                rules.install(self.recorder.table)
                if adapters.has(framework, "columns"):
                    adapters.load(framework, "columns").install(self.recorder.table)
                self._ruled.add(framework)
            if not hasattr(rules, "taps"):
                self._taps[framework] = _NoTaps()
                continue
            tap = rules.taps(self.recorder)
            self._taps[framework] = tap
            tap.install()
        self.training.watch(adapters.imported())

    def close(self) -> None:
        """Take every tap off the libraries again; what was recorded stays."""
        self.idle.cell_begins()
        hooks.unbind()
        if self.modules is not None:
            self.modules.remove()
        self.guard.close()
        for tap in self._taps.values():
            tap.remove()
        self._taps.clear()

    # -- what is there -----------------------------------------------------------------------

    @property
    def sources(self) -> list[str]:
        """Names of the sources, in the order in which they entered."""
        return list(dict.fromkeys(self.files.names().values()))

    @property
    def runs(self) -> dict[str, TrainingRun]:
        """Recorded training runs by name, oldest first."""
        return self.training.runs

    # -- training and questions: see the modules of those names --------------------------------

    def begin_train(
        self,
        name: str,
        options: TrainOptions | None = None,
        given: Mapping[str, Any] | None = None,
    ) -> None:
        """A training cell is about to run.

        Args:
            name: Name of the run.
            options: What is to be recorded.
            given: Objects behind names in the options that are no names of the user's; it is
                read when the cell has ended, and may be filled until then.
        """
        self.training.begin(
            name, options or TrainOptions(), time.perf_counter(), {} if given is None else given
        )

    def end_train(self, ok: bool) -> TrainingRun | None:
        """The training cell ended; its run, or None if it failed.

        Raises:
            NoModelError: Nothing was trained in it that can be recorded; says what to do.
        """
        return self.training.end(ok)

    def source(self, value: Any, name: str) -> Any:
        """Declare a value to be a source of its own, row i its record i; returns the value."""
        self.open_adapters()
        self.recorder.source(value, name, "table", declared=True)
        return value

    def rows(self, x: Any, i: Any, column: Any = None) -> RowAnswer:
        """Where row i of a value came from. See ``traceprop_nb.rows``."""
        return (
            questions.rows(self, x, i) if column is None else cell_answers.rows(self, x, i, column)
        )

    def impact(self, source: str, row: int) -> ImpactAnswer:
        """What a record reached. See ``traceprop_nb.impact``."""
        return questions.impact_anywhere(self, source, row)

    def why(self, x: Any) -> WhyAnswer:
        """How far a value's lineage may be trusted. See ``traceprop_nb.why``."""
        return certainty.why(self, x)

    def lineage(self, x: Any = None) -> LineageAnswer:
        """The graph around a value, or all of it. See ``traceprop_nb.lineage``."""
        return questions.lineage(self, x)

    def influence(self, X: Any, y: Any = None, **options: Any) -> InfluenceAnswer:
        """What drove a prediction. See ``traceprop_nb.influence``."""
        from traceprop_nb.session import influence

        answer = influence.influence(self, X, y, **options)
        self.asked.append(answer)
        asked = {"run": answer.run.name, "method": answer.method, "queries": len(answer.scores)}
        self.record_event("influence", **asked)
        return answer

    def unlearn(self, **options: Any) -> UnlearnAnswer:
        """A model without some rows. See ``traceprop_nb.unlearn``."""
        from traceprop_nb.session import unlearn

        answer = unlearn.unlearn(self, **options)
        self.forgotten.append(answer)
        return answer

    def data_valuation(self, **options: Any) -> ValuationAnswer:
        """What training rows are worth. See ``traceprop_nb.data_valuation``."""
        from traceprop_nb.session import valuation

        return valuation.data_valuation(self, **options)

    def subject(self, column: str, key: Any) -> SubjectAnswer:
        """Where a person's rows went. See ``traceprop_nb.subject``."""
        from traceprop_nb.session.subject import asked

        return asked(self, column, key)

    def record_event(self, kind: str, **body: Any) -> None:
        """Add an event to the session's log."""
        self.events.append(kind, body)
        self.stored()

    def stored(self) -> None:
        """Write what waits; a running cell's events are written when it ends."""
        if self.storage is not None and not self._running:
            self.storage.flush()

    def open(self, where: str | Path | None = None, **how: Any) -> Storage:
        """Store the log. See ``traceprop_nb.open``."""
        from traceprop_nb.session.storage import open_storage

        return open_storage(self, where, **how)

    def report(self, kind: str = "session", **stated: Any) -> Record:
        """What is on record. See ``traceprop_nb.report``."""
        from traceprop_nb.session.reported import report

        return report(self, kind, stated)
