"""The session as the frozen picture that exporters write: sources, values, cells, runs, edges."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.errors import OptionError
from traceprop_nb.exports.model import (
    Agent,
    Cell,
    Column,
    Edge,
    Operations,
    Run,
    SessionGraph,
    Source,
    StatusWord,
    Value,
)
from traceprop_nb.lineage.graph import LineageGraph
from traceprop_nb.lineage.nodes import Kind
from traceprop_nb.reports.files import shown_path
from traceprop_nb.reports.plain import plain, text
from traceprop_nb.session.contracted import Link, contracted
from traceprop_nb.session.evidence import session_id
from traceprop_nb.session.imported import imported
from traceprop_nb.session.row_links import row_lineage
from traceprop_nb.session.same_columns import column_lineage

if TYPE_CHECKING:
    from traceprop_nb.gradients.run import TrainingRun
    from traceprop_nb.session.core import Session

CONTEXT = 4
"""Edge codes from here on are of kind CONTEXT."""
DETAILS = ("named", "all")
WORDS: tuple[StatusWord, ...] = ("exact", "assumed", "inexact", "unknown")
_WAYS = {Kind.DIRECT: "direct", Kind.CONTEXT: "context"}


def picture(session: Session, *, detail: str = "named", person: str = "") -> SessionGraph:
    """Everything that an exporter may write.

    Args:
        session: Read, not changed.
        detail: "named" for values that have a name or are a run's rows, with the steps between
            them drawn together; "all" for every recorded value.
        person: Who is responsible, if that is to be said.

    Raises:
        OptionError: A detail that there is not.
    """
    if detail not in DETAILS:
        raise OptionError(f"detail={detail!r} is neither 'named' nor 'all'; use one of them")
    made = _Picture(session, detail)
    nodes, sources, values = made.kept_values(), made.sources(), made.values()
    return SessionGraph(
        id=session_id(session),
        started=session.started.isoformat(timespec="seconds"),
        detail=detail,
        sources=sources,
        values=values,
        cells=made.cells(),
        operations=made.operations(),
        edges=made.edges(),
        row_lineage=tuple(row_lineage(session.graph, nodes, made.ids)),
        column_lineage=tuple(column_lineage(session.graph, nodes, sources, values)),
        runs=tuple(made.run(k, run) for k, run in enumerate(session.runs.values())),
        agents=_agents(person),
        packages=imported(),
    )


def _agents(person: str) -> tuple[Agent, ...]:
    kernel = Agent("agent/kernel", "software", "traceprop_nb", metadata.version("traceprop_nb"))
    return (kernel, Agent("agent/person", "person", text(person))) if person else (kernel,)


class _Picture:
    """The parts of a picture, over one choice of nodes.

    Attributes:
        ids: Id of each node that is shown.
    """

    def __init__(self, session: Session, detail: str) -> None:
        self.session, self.graph = session, session.graph
        self.names = {node: text(name) for node, name in session.names().items()}
        self._runs = {name: f"run/{k}" for k, name in enumerate(session.runs)}
        known = {n for n, s in self.graph.sources.items() if s.kind != "unknown"}
        rows = {r.rows_node for r in session.runs.values() if r.rows_node is not None}
        shown = set(range(len(self.graph))) if detail == "all" else known | set(self.names) | rows
        unseen = set(self.graph.sources) - known
        self._links = contracted(self.graph, shown, unseen)
        shown |= {link.parent for link in self._links}  # what nobody saw made stays in sight
        self.ids = {n: f"source/{n}" if n in known else f"value/{n}" for n in sorted(shown)}
        self._known = known
        self._cell_ids = _cell_ids(session)
        self._worst = _worst(session.graph)

    def kept_values(self) -> list[int]:
        """Nodes of values that are named or a run's rows: those whose rows are followed."""
        rows = {r.rows_node for r in self.session.runs.values()}
        return [n for n in self.ids if n not in self._known and (n in self.names or n in rows)]

    def sources(self) -> tuple[Source, ...]:
        files = self.session.files
        named = files.names()
        live = {node: value for value, node in self.session.recorder.identity}
        found = []
        for node, source in self.graph.sources.items():
            if node not in self._known:
                continue
            held = columns_of(live.get(node)) or tuple(Column(c) for c in files.columns(node))
            shown = "" if source.path is None else shown_path(source.path, os.getcwd())
            found.append(
                Source(
                    id=self.ids[node],
                    name=_short(text(named[node])),
                    kind=source.kind,
                    records=source.n_rows,
                    digest=source.digest or "",
                    size=source.detail.get("size"),
                    path=text(shown),
                    cell=self._cell(source.cell),
                    columns=held,
                )
            )
        return tuple(found)

    def values(self) -> tuple[Value, ...]:
        live = {node: value for value, node in self.session.recorder.identity}
        graph = self.graph
        return tuple(
            Value(
                id=name,
                name=self.names.get(node, ""),
                operation="untraced" if node in graph.sources else text(graph.op_name(node)),
                cell=self._cell(graph.cell(node)),
                rows=graph.rows(node),
                status=WORDS[self._worst[node]],
                columns=columns_of(live.get(node)),
            )
            for node, name in self.ids.items()
            if node not in self._known
        )

    def cells(self) -> tuple[Cell, ...]:
        cells = zip(self._every_cell_id(), self.session.cells, strict=True)
        return tuple(
            Cell(
                id=name,
                number=c.number,
                name=text(c.name or ""),
                digest=c.digest,
                ok=c.ok,
                error=c.error or "",
                traced=c.traced and c.rewritten,
                began=c.began,
                ended=c.ended,
            )
            for name, c in cells
        )

    def operations(self) -> tuple[Operations, ...]:
        graph, describe = self.graph, self.session.describe
        nodes = graph.columns().nodes
        known = zip(nodes[:, 0].tolist(), nodes[:, 2].tolist(), self._worst, strict=True)
        counts: Counter[tuple[int, str, int]] = Counter()
        for node, (op, cell, worst) in enumerate(known):
            name = describe(node) if node in graph.sources else graph.ops[op]
            counts[cell, name, worst] += 1
        return tuple(
            Operations(self._cell(cell), text(name), WORDS[status], n)
            for (cell, name, status), n in sorted(counts.items())
        )

    def edges(self) -> tuple[Edge, ...]:
        """What was made of what; a run stands between its rows and its model."""
        found = [
            Edge(self.ids[e.parent], self.ids[e.child], _way(e), WORDS[e.status])
            for e in self._links
        ]
        for name, run in self.session.runs.items():
            if run.rows_node is not None:
                found.append(Edge(self.ids[run.rows_node], self._runs[name], "context"))
            model = self.session.recorder.identity.node(run.model)
            if model in self.ids and not run.parent:
                found.append(Edge(self._runs[name], self.ids[model]))
        return tuple(found)

    def run(self, order: int, run: TrainingRun) -> Run:
        facts = run.recorded
        options = facts.get("hyperparameters") or {}
        cell = self.session.training.cells.get(run.name)
        return Run(
            id=f"run/{order}",
            name=text(run.name),
            model=type(run.model).__name__,
            framework=run.framework or "",
            loss=text(str(facts.get("loss") or "")),
            rows=run.objective.n,
            parameters=run.objective.p,
            digest="sha256:" + hashlib.sha256(run.w.astype("<f8").tobytes()).hexdigest(),
            cell="" if cell is None else self._cell(cell),
            parent=self._runs.get(run.parent or "", ""),
            relation=run.relation,
            options=tuple(sorted((text(str(k)), json.dumps(plain(v))) for k, v in options.items())),
        )

    def _cell(self, number: int) -> str:
        return self._cell_ids.get(number, "")

    def _every_cell_id(self) -> list[str]:
        seen: Counter[int] = Counter()
        names = []
        for cell in self.session.cells:
            seen[cell.number] += 1
            again = f".{seen[cell.number]}" if seen[cell.number] > 1 else ""
            names.append(f"cell/{cell.number}{again}")
        return names


def _cell_ids(session: Session) -> dict[int, str]:
    return {cell.number: f"cell/{cell.number}" for cell in session.cells}


def _way(link: Link) -> Any:
    return _WAYS[link.kind]


def _worst(graph: LineageGraph) -> list[int]:
    """Each node's own status, or that of its worst direct edge."""
    log = graph.columns()
    worst = log.nodes[:, 4].copy()
    owner = np.searchsorted(log.nodes[:, 5], np.arange(len(log.edges)), side="right") - 1
    direct = log.edges[:, 2] < CONTEXT
    np.maximum.at(worst, owner[direct], log.edges[direct, 2])
    return [int(status) for status in worst]


def _short(name: str) -> str:
    """A name that is a path (two files share the short one) is shown as paths are."""
    return shown_path(name, os.getcwd()) if os.path.isabs(name) else name


def columns_of(value: Any) -> tuple[Column, ...]:
    """Columns of a live frame or series, by whatever library holds it; none of anything else."""
    names, types = getattr(value, "columns", None), getattr(value, "dtypes", None)
    if names is None or types is None or callable(names):
        return ()
    try:
        return tuple(
            Column(text(str(name)), str(kind)) for name, kind in zip(names, types, strict=True)
        )
    except TypeError:  # a model with an attribute of that name
        return ()
