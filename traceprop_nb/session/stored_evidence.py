"""What a record may draw on of an ended session: its log, its lineage and the facts it kept.

What only values that are gone could tell is not measured here; what was not kept, as by the first
versions, is None.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.lineage import query
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.reports.evidence import (
    CellFact,
    Coverage,
    Evidence,
    LogFact,
    MetricFact,
    Origins,
    RunFact,
    SessionFact,
    SourceFact,
    UnlearningFact,
)
from traceprop_nb.reports.files import looked_again
from traceprop_nb.session import origins
from traceprop_nb.session.access import ACCESSED
from traceprop_nb.session.artifacts import artifact_facts
from traceprop_nb.session.chains import removals
from traceprop_nb.session.coverage import opaque_calls
from traceprop_nb.session.evaluations import WORDS, evaluations, telling
from traceprop_nb.session.events import Event
from traceprop_nb.session.evidence import operation_facts, settings, source_facts
from traceprop_nb.session.fact_reading import KeptFacts, kept_facts
from traceprop_nb.session.log_fact import fact_of
from traceprop_nb.session.log_facts import log_facts
from traceprop_nb.session.past import mapping
from traceprop_nb.session.privacy.texts import each_text, shortened
from traceprop_nb.session.removal_facts import removal_facts
from traceprop_nb.session.statements import statements

if TYPE_CHECKING:
    from traceprop_nb.session.past import Past, PastRun
    from traceprop_nb.session.storage import Storage
    from traceprop_nb.stores import Entry


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
    rows = storage.store.events(past.id)
    events = _events(rows)
    removed = removal_facts(storage.store)
    logged = any(e.kind == ACCESSED for e in events)
    found = Evidence(
        session=SessionFact(f"ses_{past.id}", _seconds(past.started)),
        log=_log(storage, past.id, rows) if rows else None,
        events=log_facts(events, access_log=logged, removals=removed),
        statements=statements(events) or None,
    )
    if not storage.others.parts(past.id):
        return found  # nothing says what its cells did: they were removed, or never kept
    kept = kept_facts(storage, past.id)
    files = None if kept.models is None else artifact_facts(events, kept.models)
    return replace(_seen(past, kept, found), artifacts=files)


def _seconds(time: str) -> str:
    """A time without its milliseconds, as records of a live session have it."""
    return datetime.fromisoformat(time).isoformat(timespec="seconds")


def _seen(past: Past, kept: KeptFacts, found: Evidence) -> Evidence:
    """The evidence with what the lineage and the kept facts tell."""
    facts = kept.evidence
    cells = tuple(CellFact(c.number, c.digest, c.ok, c.recorded, c.name) for c in past.cells)
    seen = replace(
        facts,
        session=found.session, log=found.log, events=found.events, statements=found.statements,
        cells=cells,
        sources=source_facts(past),
        operations=operation_facts(past),
        coverage=_coverage(past, kept),
        runs=_runs(past, facts.unlearnings),
        metrics=_metrics(past, kept),
        evaluations=None if kept.models is None else evaluations(past, kept.models),
    )  # fmt: skip
    again = looked_again(seen)
    return replace(again, sources=tuple(map(_where_it_was, again.sources or ())))


def _where_it_was(source: SourceFact) -> SourceFact:
    """The source; a file that is not below this folder may be where it was all the same."""
    return source if source.found else replace(source, digest_now=None, found=None, location=None)


def _events(rows: Iterable[Entry]) -> list[Event]:
    """The stored session's events, without those that retention took away."""
    return [
        Event(e.number, e.time, e.kind, json.loads(e.body), e.before, e.digest)
        for e in rows
        if e.body
    ]


def _log(storage: Storage, session: str, rows: Sequence[Entry]) -> LogFact:
    stubs = {one.session: (one.length, one.head) for one in removals(storage.store)}
    fact = fact_of(session, rows, storage, stubs.get(session, (0, "")))
    broken = {damage.session for damage in storage.check()}
    anchors = each_text(fact.anchors, lambda text: shortened(text, {}))
    return replace(fact, verified=fact.verified and session not in broken, anchors=anchors)


def _coverage(past: Past, kept: KeptFacts) -> Coverage:
    """What was not captured: by the lineage, and as it was told the last time."""
    kept_then = kept.evidence.coverage
    told = kept_then or Coverage()
    unrecorded = tuple(c.number for c in past.cells if not c.recorded)
    gaps = (*(told.known_gaps or ()), *past.damage, *kept.damage)
    same = told.unrecorded_cells == unrecorded
    return Coverage(
        recorded=len(past.graph),
        internal_errors=told.internal_errors,
        unrecorded_cells=unrecorded,
        known_gaps=gaps if gaps or kept_then else None,
        events_unwritten=told.events_unwritten,
        opaque_calls=opaque_calls(past) if kept_then else None,
        seconds_not_recorded=told.seconds_not_recorded if same else None,
    )


def _metrics(past: Past, kept: KeptFacts) -> tuple[MetricFact, ...] | None:
    """The metrics, the rows behind each found again in the lineage."""
    found: dict[int, Origins] = {}

    def behind(node: int | None) -> Origins | None:
        if node is None or node >= len(past.graph) or node in past.lost:
            return None
        if node not in found:
            found[node] = telling(past, node)
        return found[node]

    facts = kept.evidence.metrics
    if facts is None or len(kept.about) != len(facts):
        return facts
    pairs = zip(facts, kept.about, strict=True)
    return tuple(replace(fact, origins=behind(node)) for fact, node in pairs)


def _runs(past: Past, forgotten: Iterable[UnlearningFact] | None) -> tuple[RunFact, ...]:
    took = {one.result: one.seconds for one in forgotten or ()}
    return tuple(_run(past, run, k, took) for k, run in enumerate(past.runs.values()))


def _run(past: Past, run: PastRun, order: int, took: dict[str, float | None]) -> RunFact:
    facts = mapping(run.recorded)
    given = facts.get("hyperparameters")
    known = run.rows_node is not None and run.rows_node not in past.lost
    return RunFact(
        name=run.name,
        order=order,
        framework=run.framework,
        model=run.model,
        n_rows=run.n,
        n_parameters=run.p,
        loss=facts.get("loss"),
        hyperparameters=settings(_given(given)) if isinstance(given, list) else None,
        seconds=took.get(run.name) if run.parent else facts.get("seconds"),
        cpu_seconds=None if run.parent else facts.get("cpu_seconds"),
        rows_traced=_traced(past, run) if known else None,
        origins=_origins(past, run),
        parameters_digest=run.parameters,
        parent=run.parent,
        relation=run.relation,
        cell=run.cell,
    )


def _given(listed: Any) -> Any:
    """A value as it was before ``reports.plain`` made lists of its mappings."""
    if not isinstance(listed, list):
        return listed
    named = mapping(listed)
    if named and len(named) == len(listed):
        return {name: _given(value) for name, value in named.items()}
    return [_given(value) for value in listed]


def _traced(past: Past, run: PastRun) -> int:
    """Of a run's rows, how many lead to a source."""
    index = np.arange(run.n) if run.row_index is None else run.row_index
    back = origins.origins(past, run.rows_node, np.asarray(index, np.int64))
    return len(np.unique(back.row[back.node >= 0]))


def _origins(past: Past, run: PastRun) -> Origins | None:
    if run.rows_node is None or run.rows_node in past.lost:
        return None
    index = np.arange(run.n) if run.row_index is None else np.unique(run.row_index)
    found = query.backward(past.graph, run.rows_node, index)
    known = past.graph.sources
    kept = {k: records for k, records in found.sources.items() if known[k].kind != "unknown"}
    return Origins(kept, WORDS[Status(found.status)])
