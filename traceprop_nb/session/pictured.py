"""What a picture is drawn of: this process's session, or one that was stored, as one small view.

A stored session has no live values and no process: columns of values, types of columns and packages
are not known of it (``LOSES``).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from importlib import metadata
from typing import TYPE_CHECKING, Any

from traceprop_nb.exports.loss import Loss
from traceprop_nb.exports.model import Cell, Package, Run, SessionGraph
from traceprop_nb.lineage.graph import LineageGraph
from traceprop_nb.reports.plain import plain, text
from traceprop_nb.session.evidence import session_id
from traceprop_nb.session.imported import imported
from traceprop_nb.session.past import mapping
from traceprop_nb.session.sources import Sources

if TYPE_CHECKING:
    from traceprop_nb.gradients.run import TrainingRun
    from traceprop_nb.session.core import Session
    from traceprop_nb.session.past import Past, PastRun

LOSES = (
    Loss("values.columns", "a store keeps no values, and so no frames with columns"),
    Loss("column_lineage", "columns are told by the frames that are alive"),
    Loss("sources.columns", "names as the file has them, where it still lies; else none", "typed"),
    Loss("packages", "modules are told by the process that loaded them"),
)
"""What the picture of a stored session lacks, next to that of the session while it lived."""


@dataclass(frozen=True)
class PicturedRun:
    """A training run, and where it stands in the graph.

    Attributes:
        told: As exporters write it, but for its cell.
        cell: Number of the cell that trained it, or None.
        rows_node: Node of its rows, or None.
        model_node: Node of its model, or None.
    """

    told: Run
    cell: int | None
    rows_node: int | None
    model_node: int | None


@dataclass(frozen=True, eq=False)
class Pictured:
    """A session, live or stored, as far as a picture needs it.

    Attributes:
        id: The session's id.
        started: ISO 8601 with a zone, to the second.
        version: Of the package that recorded it.
        graph: Its lineage.
        files: Its sources.
        names: Node of every named value -> its name.
        cells: Its cells, in order.
        runs: Its runs, in order.
        live: Node -> the value that is it, where it is alive.
        lost: Nodes of parts that cannot be read.
        packages: What it had loaded; empty where nobody knows.
        shown: The picture without what must not leave the session.
    """

    id: str
    started: str
    version: str
    graph: LineageGraph
    files: Sources
    names: Mapping[int, str]
    cells: tuple[Cell, ...]
    runs: tuple[PicturedRun, ...]
    live: Mapping[int, Any] = field(default_factory=dict)
    lost: frozenset[int] = frozenset()
    packages: tuple[Package, ...] = ()
    shown: Callable[[SessionGraph], SessionGraph] = lambda whole: whole

    def cell(self, number: int | None) -> str:
        """Id of the cell of that number; empty where there is none."""
        return f"cell/{number}" if number in self._numbers else ""

    @cached_property
    def _numbers(self) -> frozenset[int]:
        return frozenset(cell.number for cell in self.cells)


def of_session(session: Session) -> Pictured:
    """This process's session."""
    cells = tuple(
        Cell(
            id=name,
            number=c.number,
            name=text(c.name or ""),
            digest=session.guard.digest(c),
            ok=c.ok,
            error=c.error or "",
            traced=c.traced and c.rewritten,
            began=c.began,
            ended=c.ended,
        )
        for name, c in zip(_ids(c.number for c in session.cells), session.cells, strict=True)
    )
    ids, where = _run_ids(session.runs), session.training.cells
    node_of = session.recorder.identity.node
    runs = tuple(
        PicturedRun(_live_run(run, ids), where.get(name), run.rows_node, node_of(run.model))
        for name, run in session.runs.items()
    )
    return Pictured(
        session_id(session), session.started.isoformat(timespec="seconds"),
        metadata.version("traceprop_nb"), session.graph, session.files, session.names(), cells,
        runs, live={node: value for value, node in session.recorder.identity},
        packages=imported(), shown=session.guard.shown,
    )  # fmt: skip


def of_past(past: Past) -> Pictured:
    """A stored session."""
    cells = tuple(
        Cell(
            name, c.number, text(c.name), c.digest, c.ok, c.error, c.recorded, c.began, c.ended
        )
        for name, c in zip(_ids(c.number for c in past.cells), past.cells, strict=True)
    )  # fmt: skip
    ids = _run_ids(past.runs)
    runs = tuple(
        PicturedRun(_stored_run(run, ids), run.cell, run.rows_node, run.model_node)
        for run in past.runs.values()
    )
    version = next((s.tool for s in past.storage.sessions() if s.id == past.id), "")
    started = datetime.fromisoformat(past.started).isoformat(timespec="seconds")
    return Pictured(
        f"ses_{past.id}", started, version, past.graph, past.files, past.names(), cells, runs,
        lost=past.lost,
    )  # fmt: skip


def _ids(numbers: Iterable[int]) -> list[str]:
    seen: Counter[int] = Counter()
    names = []
    for number in numbers:
        seen[number] += 1
        again = f".{seen[number]}" if seen[number] > 1 else ""
        names.append(f"cell/{number}{again}")
    return names


def _run_ids(names: Iterable[str]) -> dict[str, str]:
    return {name: f"run/{k}" for k, name in enumerate(names)}


def _live_run(run: TrainingRun, ids: Mapping[str, str]) -> Run:
    facts = run.recorded
    return Run(
        id=ids[run.name],
        name=text(run.name),
        model=type(run.model).__name__,
        framework=run.framework or "",
        loss=text(str(facts.get("loss") or "")),
        rows=run.objective.n,
        parameters=run.objective.p,
        digest="sha256:" + hashlib.sha256(run.w.astype("<f8").tobytes()).hexdigest(),
        parent=ids.get(run.parent or "", ""),
        relation=run.relation,
        options=_options(facts.get("hyperparameters") or {}),
    )


def _stored_run(run: PastRun, ids: Mapping[str, str]) -> Run:
    facts = mapping(run.recorded)
    return Run(
        id=ids[run.name],
        name=text(run.name),
        model=run.model,
        framework=run.framework or "",
        loss=text(str(facts.get("loss") or "")),
        rows=run.n,
        parameters=run.p,
        digest=run.parameters,
        parent=ids.get(run.parent, ""),
        relation=run.relation,
        options=_options(mapping(facts.get("hyperparameters"))),
    )


def _options(given: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((text(str(k)), json.dumps(plain(v))) for k, v in given.items()))
