"""The session as the frozen picture that exporters write: sources, values, cells, runs, edges."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from traceprop_nb.errors import OptionError
from traceprop_nb.exports.model import (
    Agent,
    Column,
    Edge,
    Operations,
    SessionGraph,
    Source,
    StatusWord,
    Value,
)
from traceprop_nb.lineage.nodes import Kind
from traceprop_nb.reports.files import shown_path
from traceprop_nb.reports.plain import text
from traceprop_nb.session.contracted import Link, contracted
from traceprop_nb.session.past import Past
from traceprop_nb.session.pictured import Pictured, of_past, of_session
from traceprop_nb.session.row_links import row_lineage
from traceprop_nb.session.same_columns import column_lineage
from traceprop_nb.session.summary import describe

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session

DETAILS = ("named", "all")
WORDS: tuple[StatusWord, ...] = ("exact", "assumed", "inexact", "unknown")
_WAYS = {Kind.DIRECT: "direct", Kind.CONTEXT: "context"}


def picture(what: Session | Past, *, detail: str = "named", person: str = "") -> SessionGraph:
    """Everything that an exporter may write.

    Args:
        what: This process's session or a stored one; read, not changed. What a stored one does not
            know is in ``pictured.LOSES``; what it lost is UNKNOWN in it.
        detail: "named" for values that have a name or are a run's rows, with the steps between
            them drawn together; "all" for every recorded value.
        person: Who is responsible, if that is to be said.

    Raises:
        OptionError: A detail that there is not.
    """
    if detail not in DETAILS:
        raise OptionError(f"detail={detail!r} is neither 'named' nor 'all'; use one of them")
    view = of_past(what) if isinstance(what, Past) else of_session(what)
    made = _Picture(view, detail)
    nodes, sources, values = made.kept_values(), made.sources(), made.values()
    whole = SessionGraph(
        id=view.id,
        started=view.started,
        detail=detail,
        sources=sources,
        values=values,
        cells=view.cells,
        operations=made.operations(),
        edges=made.edges(),
        row_lineage=tuple(row_lineage(view.graph, nodes, made.ids)),
        column_lineage=tuple(column_lineage(view.graph, nodes, sources, values)),
        runs=tuple(replace(run.told, cell=view.cell(run.cell)) for run in view.runs),
        agents=_agents(view.version, person),
        packages=view.packages,
    )
    shown = view.shown(whole)
    cells = zip(shown.cells, whole.cells, strict=True)  # a name such as 2026 is no name in a time
    timed = tuple(replace(one, began=was.began, ended=was.ended) for one, was in cells)
    return replace(shown, started=whole.started, cells=timed)


def _agents(version: str, person: str) -> tuple[Agent, ...]:
    kernel = Agent("agent/kernel", "software", "traceprop_nb", version)
    return (kernel, Agent("agent/person", "person", text(person))) if person else (kernel,)


class _Picture:
    """The parts of a picture, over one choice of nodes.

    Attributes:
        ids: Id of each node that is shown.
    """

    def __init__(self, view: Pictured, detail: str) -> None:
        self.view, self.graph = view, view.graph
        self.names = {node: text(name) for node, name in view.names.items()}
        known = {n for n, s in self.graph.sources.items() if s.kind != "unknown"}
        self._rows = {run.rows_node for run in view.runs if run.rows_node is not None}
        named = known | set(self.names) | self._rows
        shown = set(range(len(self.graph))) if detail == "all" else named
        unseen = (set(self.graph.sources) - known) | view.lost
        self._links = contracted(self.graph, shown, unseen)
        shown |= {link.parent for link in self._links}  # what nobody saw made stays in sight
        self.ids = {n: f"source/{n}" if n in known else f"value/{n}" for n in sorted(shown)}
        self._known = known
        self._worst = self.graph.columns().worst().tolist()

    def kept_values(self) -> list[int]:
        """Nodes of values that are named or a run's rows: those whose rows are followed."""
        wanted = self._rows.union(self.names)
        return [n for n in self.ids if n not in self._known and n in wanted]

    def sources(self) -> tuple[Source, ...]:
        view, files = self.view, self.view.files
        named = files.names()
        found = []
        for node, source in self.graph.sources.items():
            if node not in self._known:
                continue
            held = columns_of(view.live.get(node)) or tuple(map(Column, files.columns(node)))
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
                    cell=view.cell(source.cell),
                    columns=held,
                )
            )
        return tuple(found)

    def values(self) -> tuple[Value, ...]:
        view, graph = self.view, self.graph
        return tuple(
            Value(
                id=name,
                name=self.names.get(node, ""),
                operation="untraced" if node in graph.sources else text(graph.op_name(node)),
                cell=view.cell(graph.cell(node)),
                rows=self._row_count(node),
                status=WORDS[self._worst[node]],
                columns=columns_of(view.live.get(node)),
            )
            for node, name in self.ids.items()
            if node not in self._known
        )

    def _row_count(self, node: int) -> int | None:
        """How many rows a value has; of a lost one that is known only if something used it."""
        n = self.graph.rows(node)
        return None if node in self.view.lost and not n else n

    def operations(self) -> tuple[Operations, ...]:
        graph = self.graph
        nodes = graph.columns().nodes
        known = zip(nodes[:, 0].tolist(), nodes[:, 2].tolist(), self._worst, strict=True)
        counts: Counter[tuple[int, str, int]] = Counter()
        for node, (op, cell, worst) in enumerate(known):
            name = describe(graph, node) if node in graph.sources else graph.ops[op]
            counts[cell, name, worst] += 1
        return tuple(
            Operations(self.view.cell(cell), text(name), WORDS[status], n)
            for (cell, name, status), n in sorted(counts.items())
        )

    def edges(self) -> tuple[Edge, ...]:
        """What was made of what; a run stands between its rows and its model."""
        found = [
            Edge(self.ids[e.parent], self.ids[e.child], _way(e), WORDS[e.status])
            for e in self._links
        ]
        for run in self.view.runs:
            if run.rows_node is not None:
                found.append(Edge(self.ids[run.rows_node], run.told.id, "context"))
            if run.model_node in self.ids and not run.told.parent:
                found.append(Edge(run.told.id, self.ids[run.model_node]))
        return tuple(found)


def _way(link: Link) -> Any:
    return _WAYS[link.kind]


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
