"""The session's facts as the frozen extract that a record is built from."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.lineage import query
from traceprop_nb.lineage.maps import Ints
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.reports.environment_facts import SeedFact
from traceprop_nb.reports.evidence import (
    CellFact,
    Evidence,
    InfluenceFact,
    LogFact,
    OperationCount,
    Origins,
    RunFact,
    SessionFact,
    SourceFact,
    StatusWord,
    TopRow,
    UnlearningFact,
)
from traceprop_nb.reports.files import looked_again, shown_path
from traceprop_nb.session import origins
from traceprop_nb.session.access import switched_on
from traceprop_nb.session.artifacts import artifact_facts
from traceprop_nb.session.coverage import coverage
from traceprop_nb.session.decided import decision_facts
from traceprop_nb.session.environment import environment, repository
from traceprop_nb.session.evaluations import WORDS, evaluations
from traceprop_nb.session.forgotten import UnlearnAnswer
from traceprop_nb.session.groups import group_facts
from traceprop_nb.session.learnt import InfluenceAnswer
from traceprop_nb.session.log_fact import log_fact
from traceprop_nb.session.log_facts import log_facts
from traceprop_nb.session.metrics import metric_facts
from traceprop_nb.session.profile import label_facts, profile_facts
from traceprop_nb.session.removal_facts import removal_facts
from traceprop_nb.session.statements import statements
from traceprop_nb.session.traced import Traced

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session

_WORD = re.compile(r"<?[\w.+-]{1,40}( of \d+)?>?")
"""A setting such as ``lbfgs``, or a thing by its type, such as ``<dict of 2>``."""


def evidence(session: Session, seen: Evidence | None = None) -> Evidence:
    """Everything that a record may draw on. A session without a cell knows nothing.

    Args:
        session: The current one.
        seen: What was captured just now; captured here by default.
    """
    said = statements(session.events) or None
    if not session.cells:
        return Evidence(statements=said)
    stored = session.storage
    logged = stored is not None and stored.access_log and switched_on()
    removed = None if stored is None else removal_facts(stored.store)
    told = log_facts(session.events, access_log=logged, removals=removed)
    return replace(seen or captured(session), log=_log(session), events=told, statements=said)


def captured(session: Session) -> Evidence:
    """What was seen of cells, rows, models and the machine, without what the log alone says."""
    started = session.started.isoformat(timespec="seconds")
    whole = looked_again(
        Evidence(
            session=SessionFact(session_id(session), started),
            cells=_cells(session),
            sources=source_facts(session),
            operations=operation_facts(session),
            coverage=coverage(session),
            runs=_runs(session),
            influences=influence_facts(session),
            unlearnings=unlearning_facts(session),
            evaluations=evaluations(session, session.training.models),
            metrics=metric_facts(session),
            groups=group_facts(session),
            artifacts=artifact_facts(session.events, session.training.models),
            seeds=seed_facts(session),
            environment=environment(),
            repository=repository(),
            privacy=session.guard.facts(),
            decisions=decision_facts(session),
            profiles=profile_facts(session),
            labels=label_facts(session),
        )
    )
    return session.guard.shown(whole)


def _log(session: Session) -> LogFact | None:
    """The log's facts: digests and signatures, which in base64 may look like paths, stay."""
    log = log_fact(session)
    return None if log is None else replace(log, anchors=session.guard.shown(log.anchors))


def session_id(session: Session) -> str:
    """What the session is called in records and exports."""
    return f"ses_{session.events.id}"  # in a store too


def _cells(session: Session) -> tuple[CellFact, ...]:
    return tuple(
        CellFact(
            c.number, session.guard.digest(c), bool(c.ok), c.traced and c.rewritten, c.name or ""
        )
        for c in session.cells
        if c.ok is not None
    )


def source_facts(session: Traced) -> tuple[SourceFact, ...]:
    """The sources of a lineage that are known."""
    named = session.files.names()
    return tuple(
        SourceFact(
            key=node,
            name=named[node],
            kind=source.kind,
            n_rows=source.n_rows,
            path=None if source.path is None else shown_path(source.path, os.getcwd()),
            digest=source.digest,
            cell=source.cell,
            line=source.line or None,
            location=source.path,
        )
        for node, source in session.graph.sources.items()
        if source.kind != "unknown"
    )


def operation_facts(session: Traced) -> tuple[OperationCount, ...]:
    """How many operations there were, by name and by how far each may be trusted."""
    graph = session.graph
    log = graph.columns()
    counts: Counter[tuple[str, StatusWord]] = Counter()
    for node, (op, worst) in enumerate(zip(log.nodes[:, 0].tolist(), log.worst(), strict=True)):
        name = session.describe(node) if node in graph.sources else graph.ops[op]
        counts[name, WORDS[worst]] += 1
    return tuple(OperationCount(name, word, n) for (name, word), n in sorted(counts.items()))


def _runs(session: Session) -> tuple[RunFact, ...]:
    return tuple(_run(session, run, k) for k, run in enumerate(session.runs.values()))


def _run(session: Session, run: TrainingRun, order: int) -> RunFact:
    index = np.arange(run.objective.n) if run.row_index is None else run.row_index
    back = origins.of_run(session, run)
    traced = len(np.unique(back.row[back.node >= 0])) if run.rows_node is not None else None
    facts = run.recorded
    return RunFact(
        name=run.name,
        order=order,
        framework=run.framework,
        model=type(run.model).__name__,
        n_rows=run.objective.n,
        n_parameters=run.objective.p,
        loss=facts.get("loss"),
        hyperparameters=settings(facts.get("hyperparameters")),
        seconds=_seconds(session, run),
        cpu_seconds=None if run.parent else facts.get("cpu_seconds"),
        rows_traced=traced,
        origins=origins_behind(session, run.rows_node, index),
        parameters_digest="sha256:" + hashlib.sha256(run.w.astype("<f8").tobytes()).hexdigest(),
        parent=run.parent or "",
        relation=run.relation,
        cell=session.training.cells.get(run.name),
    )


def _seconds(session: Session, run: TrainingRun) -> float | None:
    """What a training took; of a run that forgetting made, what that took."""
    if not run.parent:
        return run.recorded.get("seconds")
    made = (answer.result.seconds for answer in session.forgotten if answer.run.name == run.name)
    return next(made, None)


def settings(given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Hyperparameters without values of anybody's: text that is no single word is not shown."""
    if given is None:
        return None
    return {
        name: "<text>" if isinstance(value, str) and not _WORD.fullmatch(value) else value
        for name, value in given.items()
    }


def origins_behind(session: Session, node: int | None, rows: Ints) -> Origins | None:
    """The source rows behind rows of a node, and how surely they are known."""
    if node is None:
        return None
    if not len(rows):
        return Origins({}, "exact")
    found = query.backward(session.graph, node, np.unique(rows))
    known = session.graph.sources
    kept = {k: records for k, records in found.sources.items() if known[k].kind != "unknown"}
    return Origins(kept, WORDS[Status(found.status)])


def seed_facts(session: Session) -> tuple[SeedFact, ...] | None:
    """The calls that set a seed; None where no cell was traced."""
    return session.noticed.seeds_set() if any(c.traced for c in session.cells) else None


def influence_facts(session: Session) -> tuple[InfluenceFact, ...]:
    """One fact for each question that was asked, in order."""
    return tuple(_influence(session, answer) for answer in session.asked)


def _influence(session: Session, answer: InfluenceAnswer) -> InfluenceFact:
    top = tuple(
        TopRow(entry.source, entry.record, entry.influence)
        for entry in answer.top(0, 10)
        if entry.record is not None
    )
    return InfluenceFact(
        run=answer.run.name,
        method=answer.result.method,
        estimand=answer.result.estimand,
        query=session.guard.expression(answer.title),
        n_queries=len(answer.scores),
        top=top,
        note=answer.result.note,
        cell=answer.cell,
    )


def unlearning_facts(session: Session) -> tuple[UnlearningFact, ...]:
    """One fact for each request to forget, in order."""
    order = {name: k for k, name in enumerate(session.runs)}
    return tuple(_unlearning(session, answer, order) for answer in session.forgotten)


def _unlearning(session: Session, answer: UnlearnAnswer, order: dict[str, int]) -> UnlearningFact:
    done, asked = answer.result, answer.asked
    before = after = None
    if done.gold_w is not None:
        before = float(np.linalg.norm(asked.w - done.gold_w))
        after = float(np.linalg.norm(done.w - done.gold_w))
    return UnlearningFact(
        order=order.get(answer.run.name, len(order)),
        what=answer.what,
        run=asked.name,
        result=answer.run.name,
        method=done.method,
        n_forgotten=len(done.forgotten),
        forgotten=_forgotten(session, answer),
        verified=done.verified,
        why=done.why,
        relation=answer.run.relation,
        test=done.test,
        gold_seeds=0 if done.golds is None else len(done.golds),
        baselines=tuple(done.baselines),
        note=done.note,
        verdict=done.verdict,
        distance_before=before,
        distance_after=after,
        seconds=done.seconds,
        cell=answer.cell,
    )


def _forgotten(session: Session, answer: UnlearnAnswer) -> Origins | None:
    """The records that the request was about, with the certainty of the way to them."""
    done, asked = answer.result, answer.asked
    rows = done.forgotten if asked.row_index is None else asked.row_index[done.forgotten]
    whole = origins_behind(session, asked.rows_node, rows)
    return None if whole is None else Origins(dict(answer.records), whole.status)
