"""What keeping the log and the lineage costs: a cell's commit, an event, an operation among many.

The server is whatever ``TRACEPROP_POSTGRES`` names, an empty database of its own; without it, only
SQLite is measured.
"""

from __future__ import annotations

import itertools
import os
import pathlib
import tempfile
import time

import numpy as np

from benchmarks.measurement import Measurement, measured
from traceprop_nb.lineage.maps import Deferred
from traceprop_nb.lineage.nodes import Site
from traceprop_nb.session.core import Session
from traceprop_nb.session.events import Event, EventLog
from traceprop_nb.session.past import past
from traceprop_nb.session.storage import entry
from traceprop_nb.stores import Store, open_store

CELLS, EVENTS, REPEATS = 200, 2000, 7
FEW, MANY, STATEMENTS = 5, 1000, 40
"""Operations of a usual cell and of a large one; cells of each that are measured together."""


def measure() -> list[Measurement]:
    """Both databases; a server that is not named is left out and said."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "store.db"
        rows = _costs("SQLite", open_store(path, "benchmark")) + _lineage("SQLite", str(path))
    server = os.environ.get("TRACEPROP_POSTGRES")
    if server is None:
        print("no TRACEPROP_POSTGRES: the server is not measured")
        return rows
    rows += _costs("PostgreSQL", open_store(server, "benchmark"))
    return rows + _lineage("PostgreSQL", server)


def _lineage(name: str, where: str) -> list[Measurement]:
    """What the end of a cell takes longer with a store, with few operations and with many."""
    with_, without = _session(where), _session(None)
    usual = [_ends(with_, FEW) - _ends(without, FEW) for _ in range(REPEATS)]
    large = [_ends(with_, MANY) - _ends(without, MANY) for _ in range(REPEATS)]
    each = [1e3 * (a - b) / (MANY - FEW) for a, b in zip(large, usual, strict=True)]
    assert with_.storage is not None
    identity, reads = with_.storage.id, []
    for _ in range(3):
        began = time.perf_counter()
        past(with_.storage, identity)
        reads.append(1e6 * (time.perf_counter() - began) / len(with_.graph))
    with_.storage.close()
    return [
        measured(
            f"{name}: the end of a cell of {FEW} operations, lineage kept", usual, "ms", "<= 1"
        ),
        measured(f"{name}: an operation more in it", each, "us", "<= 10"),
        measured(f"{name}: an operation read back", reads, "us", ""),
    ]


def _session(where: str | None) -> Session:
    session = Session()
    if where is not None:
        session.open(where)
    return session


def _ends(session: Session, operations: int) -> float:
    """Milliseconds that the end of a cell takes; each fifth operation moves rows its own way."""
    graph, rng, took = session.graph, np.random.default_rng(0), 0.0
    first = graph.append_source(name="a.csv", kind="file", n_rows=1000)
    for number in range(STATEMENTS):
        session.begin_cell(number, "", traced=True)
        node, op = first, graph.op("take")
        for k in range(operations):
            rows = graph.rows(node)
            row_map = Deferred(rng.permutation(rows)[: max(rows - 1, 500)], rows)
            link = graph.map(row_map) if k % 5 == 0 else graph.identity(rows)
            site = graph.add_site(Site("take", number, k + 1, 0, ""))
            node = graph.append(op, site, number, graph.maps[link].n_out, 0, (node, link, 0))
        began = time.perf_counter()
        session.end_cell(True)
        took += 1e3 * (time.perf_counter() - began)
    return took / STATEMENTS


def _costs(name: str, store: Store) -> list[Measurement]:
    cells, events, reads = [], [], []
    for _ in range(REPEATS):
        made = _events(CELLS)
        session = store.begin("benchmark")
        began = time.perf_counter()
        for event in made:
            store.append(session, [entry(event)])
        cells.append(1e3 * (time.perf_counter() - began) / CELLS)
        made = _events(EVENTS)
        session = store.begin("benchmark")
        began = time.perf_counter()
        store.append(session, [entry(event) for event in made])
        events.append(1e6 * (time.perf_counter() - began) / EVENTS)
        began = time.perf_counter()
        store.events(session)
        reads.append(1e6 * (time.perf_counter() - began) / EVENTS)
    store.close()
    return [
        measured(f"{name}: a cell with one event, committed", cells, "ms", "<= 1"),
        measured(f"{name}: an event among {EVENTS:,}", events, "us", ""),
        measured(f"{name}: an event read", reads, "us", ""),
    ]


def _events(number: int) -> list[Event]:
    log = EventLog()
    body = {"run": "credit", "rows": 4884, "verdict": "4,884 rows forgotten in 3 steps", "seeds": 1}
    return [log.append("forgot", body) for _ in itertools.repeat(None, number)]
