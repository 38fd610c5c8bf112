"""What a record may draw on of a session that has ended: what its log and its lineage still say.

What only the live session knew (its environment, its answers, its models) is not measured here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.lineage import query
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.reports.evidence import (
    CellFact,
    Coverage,
    Evidence,
    LogFact,
    Origins,
    RunFact,
    SessionFact,
)
from traceprop_nb.reports.files import looked_again
from traceprop_nb.session.evidence import WORDS, operation_facts, source_facts

if TYPE_CHECKING:
    from traceprop_nb.session.past import Past, PastRun
    from traceprop_nb.session.storage import Storage


def stored_evidence(storage: Storage, session: str | None = None) -> Evidence:
    """The evidence of a stored session.

    Args:
        storage: The open store.
        session: The session's id; by default the newest earlier one that has a lineage.

    Raises:
        UnknownNameError: There is no such session, or none has a lineage.
        StoreError: The store cannot be read.
    """
    past = storage.lineage(session)
    cells = tuple(CellFact(c.number, c.digest, c.ok, c.recorded, c.name) for c in past.cells)
    return looked_again(
        Evidence(
            session=SessionFact(f"ses_{past.id}", past.started),
            cells=cells,
            sources=source_facts(past),
            operations=operation_facts(past),
            coverage=Coverage(
                recorded=len(past.graph),
                unrecorded_cells=tuple(c.number for c in past.cells if not c.recorded),
                known_gaps=past.damage or None,
            ),
            runs=tuple(_run(past, run, k) for k, run in enumerate(past.runs.values())),
            log=_log(storage, past.id),
        )
    )


def _log(storage: Storage, session: str) -> LogFact:
    entries = storage.store.events(session)
    broken = {damage.session for damage in storage.check()}
    head = entries[-1].digest if entries else ""
    return LogFact(len(entries), head, verified=session not in broken)


def _run(past: Past, run: PastRun, order: int) -> RunFact:
    facts = _mapping(run.recorded)
    given = facts.get("hyperparameters")
    origins = _origins(past, run)
    return RunFact(
        name=run.name,
        order=order,
        framework=run.framework,
        model=run.model,
        n_rows=run.n,
        n_parameters=run.p,
        loss=facts.get("loss"),
        hyperparameters=_mapping(given) if isinstance(given, list) else None,
        seconds=facts.get("seconds"),
        origins=origins,
        parameters_digest=run.parameters,
        parent=run.parent,
        relation=run.relation,
        cell=run.cell,
    )


def _origins(past: Past, run: PastRun) -> Origins | None:
    if run.rows_node is None or run.rows_node in past.lost:
        return None
    index = np.arange(run.n) if run.row_index is None else np.unique(run.row_index)
    found = query.backward(past.graph, run.rows_node, index)
    known = past.graph.sources
    kept = {k: records for k, records in found.sources.items() if known[k].kind != "unknown"}
    return Origins(kept, WORDS[Status(found.status)])


def _mapping(listed: Any) -> Mapping[str, Any]:
    """Names and values, as ``reports.plain`` writes a mapping."""
    return {
        one["name"]: one["value"]
        for one in listed
        if isinstance(one, dict) and set(one) == {"name", "value"}
    }
