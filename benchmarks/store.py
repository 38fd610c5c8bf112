"""What keeping the log costs: a cell's commit, and an event among many, on SQLite and PostgreSQL.

The server is whatever ``TRACEPROP_POSTGRES`` names, an empty database of its own; without it, only
SQLite is measured.
"""

from __future__ import annotations

import itertools
import os
import pathlib
import tempfile
import time

from benchmarks.measurement import Measurement, measured
from traceprop_nb.session.events import Event, EventLog
from traceprop_nb.session.storage import entry
from traceprop_nb.stores import Store, open_store

CELLS, EVENTS, REPEATS = 200, 2000, 7


def measure() -> list[Measurement]:
    """Both databases; a server that is not named is left out and said."""
    with tempfile.TemporaryDirectory() as folder:
        rows = _costs("SQLite", open_store(pathlib.Path(folder) / "store.db", "benchmark"))
    server = os.environ.get("TRACEPROP_POSTGRES")
    if server is None:
        print("no TRACEPROP_POSTGRES: the server is not measured")
        return rows
    return rows + _costs("PostgreSQL", open_store(server, "benchmark"))


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
