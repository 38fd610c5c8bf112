"""Sessions on a store, and what a lineage says of every value, as plain data."""

from __future__ import annotations

import numpy as np

from tests.traced import Notebook
from traceprop_nb.session.answers import RowAnswer

ALIVE: list[Notebook] = []
"""Kernels that have not ended: a server waits for them."""


def opened(where, **how) -> Notebook:
    """A notebook whose session is stored; ``how`` as ``tp.open`` takes it."""
    made = Notebook()
    ALIVE.append(made)
    made.session.open(where, **how)
    return made


def closed(notebook: Notebook) -> str:
    """The kernel ends; returns the id of its session."""
    ALIVE.remove(notebook)
    storage = notebook.session.storage
    if storage is not None:
        storage.close()
    notebook.session.close()
    return "" if storage is None else storage.id


def reopened(where):
    """The store, as a new kernel opens it."""
    return opened(where).session.storage


def plain(answer: RowAnswer) -> dict:
    return {
        "status": answer.status.name,
        "sources": {name: rows.tolist() for name, rows in answer.sources.items()},
        "lines": {name: rows.tolist() for name, rows in answer.lines.items()},
        "context": dict(answer.context),
        "path": list(answer.path),
        "notes": list(answer.notes),
    }


def told(ask_rows, ask_why, name: str, rows) -> dict:
    """Everything that is said of some rows of a value."""
    why = ask_why(name)
    doubts = [(d.operation, d.cell, d.line, d.status.name) for d in why.doubts]
    return {
        "rows": [plain(ask_rows(name, row)) for row in rows],
        "why": (why.name, why.status.name, doubts),
    }


def reached(answer) -> dict:
    return {
        "values": [(v.name, v.rows.tolist(), v.status.name) for v in answer.values],
        "models": [(m.name, m.operation) for m in answer.models],
        "runs": {name: rows.tolist() for name, rows in answer.runs.items()},
        "status": answer.status.name,
        "nodes": list(answer.nodes),
    }


def sample(n: int, most: int = 5) -> list[int]:
    return list(range(n)) if n <= most else np.linspace(0, n - 1, most).astype(int).tolist()


def everything(notebook: Notebook) -> dict:
    """What the live session says of every named value and of the records of its sources."""
    session, graph = notebook.session, notebook.session.graph
    names = {}
    for name, value in notebook.names.items():
        node = session.recorder.identity.node(value)
        if node is not None and name != "__name__":
            names[name] = told(
                lambda n, i: session.rows(notebook.names[n], i),
                lambda n: session.why(notebook.names[n]), name, sample(graph.rows(node)),
            )  # fmt: skip
    return {"names": names, "sources": _sources(session, session.impact)}


def remembered(past) -> dict:
    """The same of a stored session."""
    names = {
        name: told(past.rows, past.why, name, sample(past.graph.rows(node)))
        for name, node in past.values.items()
    }
    return {"names": names, "sources": _sources(past, past.impact)}


def _sources(traced, impact) -> dict:
    found = {}
    for node, name in traced.files.names().items():
        n = traced.graph.sources[node].n_rows
        found[name] = [reached(impact(name, row)) for row in sample(n, 3)]
    return found
