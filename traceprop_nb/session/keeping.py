"""The lineage of a session on its way to the store: a part at the end of each cell that added one.

A part is a segment (``lineage.segment``) that an event of the log names by digest. Nothing of it is
text of the user's code or of a row: operations, positions, names of values, names and digests of
files, row maps. While the store cannot be written no further part is made; the next one then holds
everything since.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.lineage.graph import EDGE, NODE
from traceprop_nb.lineage.nodes import Source
from traceprop_nb.lineage.parts import Extent, tail_of
from traceprop_nb.lineage.segment import Pool, pack
from traceprop_nb.reports.files import shown_path
from traceprop_nb.reports.plain import plain
from traceprop_nb.session.cells import CellRun

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session
    from traceprop_nb.session.guard import Guard

LINEAGE = "lineage"
"""Kind of the events that name a part, and of their segments."""
FORMAT = 1
"""Version of what a part says; a reader refuses a newer one."""
_SHELLS_OWN = re.compile(r"_{1,3}|_\d+|_i{1,3}|_i\d+|_[ido]h|__\w+__")
"""Names under which IPython keeps what cells were and gave."""
_TOLD = ("reader", "options", "unusual", "size", "mtime_ns", "assumed", "buffer", "database")
"""What of a source's detail is kept: how it was read, nothing that was read."""


def cell_ended(session: Session) -> None:
    """A cell is over: log what it wrote, and store what it added."""
    session.written.record(session)
    if session.storage is not None:
        session.storage.cell_ended()


@dataclass(eq=False, repr=False)
class Keeper:
    """What of a session's lineage is in the store.

    Attributes:
        session: Whose.
        at: How far its graph has been written.
        parts: Number of parts so far.
        names: Name of a value -> its node, as of the last part.
    """

    session: Session
    at: Extent = field(default_factory=Extent)
    parts: int = 0
    names: dict[str, int] = field(default_factory=dict)
    _runs: dict[str, TrainingRun] = field(default_factory=dict)
    _cells: list[CellRun] = field(default_factory=list)
    _seen: int = 0
    _undigested: set[int] = field(default_factory=set)

    def part(self, *, last: bool = False) -> tuple[dict[str, Any], bytes] | None:
        """Body of the event and bytes of the segment for what is new; None where nothing is.

        Args:
            last: The session ends: also wait for digests, and tell of cells that added nothing.

        Raises:
            StoreError: A row map of a kind that cannot be stored.
        """
        session, pool, guard = self.session, Pool(), self.session.guard
        graph = session.graph
        sources = session.files.settled() if last else graph.sources
        logs = session.recorder.tail(self.at.nodes * NODE, self.at.edges * EDGE)
        size, told = tail_of(graph, self.at, *logs, pool)
        names = self._names(self.at.nodes + size.nodes)
        runs = {n: run for n, run in session.runs.items() if self._runs.get(n) is not run}
        digests = [[n, sources[n].digest] for n in sorted(self._undigested) if sources[n].digest]
        self._cells += session.cells[self._seen :]
        self._seen = len(session.cells)
        ended = [cell for cell in self._cells if cell.ok is not None]
        named = list(names.items()) != list(self.names.items())
        news = any(size.listed()) or named or runs or digests
        if not news and not (last and ended):
            return None
        fresh = [sources[node] for node in told["sources"]]
        header = {
            **told,
            "format": FORMAT,
            "part": self.parts,
            "sources": [_source(one) for one in fresh],
            "digests": digests,
            **self._renamed(names),
            "cells": [_cell(cell, guard.digest(cell)) for cell in ended],
            "ended": [[cell.began, cell.ended, cell.error or ""] for cell in ended],
            "runs": [self._run(run, pool) for run in runs.values()],
            "order": list(session.runs),
        }
        data = pack(header if guard.names is None else _hidden(header, guard), pool.arrays)
        self._written(size, names, runs, fresh, digests)
        return {"part": header["part"], "cell": session.recorder.cell, "size": header["size"]}, data

    def _written(
        self, size: Extent, names: dict[str, int], runs: Mapping[str, TrainingRun],
        fresh: list[Source], digests: list[list[Any]],
    ) -> None:  # fmt: skip
        self.at, self.parts, self.names = self.at.plus(size), self.parts + 1, names
        self._runs |= runs
        self._cells = [cell for cell in self._cells if cell.ok is None]
        self._undigested |= {s.node for s in fresh if s.path is not None and s.digest is None}
        self._undigested -= {node for node, _ in digests}

    def _names(self, nodes: int) -> dict[str, int]:
        """Every name of the user's that holds a value with a node that is written by now."""
        node_of = self.session.recorder.identity.node
        found = {
            name: node_of(value)
            for name, value in self.session.namespace.items()
            if not _SHELLS_OWN.fullmatch(name)
        }
        return {name: node for name, node in found.items() if node is not None and node < nodes}

    def _renamed(self, names: dict[str, int]) -> dict[str, Any]:
        """What is called otherwise now; of a value's names the first counts, so order does too."""
        stay = [name for name in self.names if name in names]
        if stay + [name for name in names if name not in self.names] != list(names):
            return {"bound": names, "unbound": list(self.names)}
        return {
            "bound": {n: node for n, node in names.items() if self.names.get(n) != node},
            "unbound": [n for n in self.names if n not in names],
        }

    def _run(self, run: TrainingRun, pool: Pool) -> dict[str, Any]:
        """A run's manifest: what it was, and no parameter of it."""
        w = hashlib.sha256(np.ascontiguousarray(run.w, "<f8").tobytes()).hexdigest()
        return {
            "name": run.name, "framework": run.framework, "model": type(run.model).__name__,
            "n": run.objective.n, "p": run.objective.p, "node": run.rows_node,
            "index": None if run.row_index is None else pool.add(np.asarray(run.row_index)),
            "parameters": f"sha256:{w}", "parent": run.parent or "", "relation": run.relation,
            "shards": len(run.shards), "cell": self.session.training.cells.get(run.name),
            "recorded": plain(run.recorded),
            "model_node": self.session.recorder.identity.node(run.model),
        }  # fmt: skip


def _source(source: Source) -> dict[str, Any]:
    detail = {name: source.detail[name] for name in _TOLD if name in source.detail}
    return {
        "node": source.node, "name": source.name, "kind": source.kind, "rows": source.n_rows,
        "path": None if source.path is None else shown_path(source.path, os.getcwd()),
        "digest": source.digest, "cell": source.cell, "line": source.line, "detail": detail,
    }  # fmt: skip


def _cell(cell: CellRun, digest: str) -> list[Any]:
    return [cell.number, digest, bool(cell.ok), cell.traced and cell.rewritten, cell.name or ""]


def _hidden(header: dict[str, Any], guard: Guard) -> dict[str, Any]:
    """The header where names are not to be read: those of values too, which are keys."""
    assert guard.names is not None
    hidden = guard.names.hidden
    return guard.names.veiled(header) | {
        "bound": {hidden(name): node for name, node in header["bound"].items()},
        "unbound": [hidden(name) for name in header["unbound"]],
        "ended": header["ended"],  # a name such as 2026 is no name in a time
    }
