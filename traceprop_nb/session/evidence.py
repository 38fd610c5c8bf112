"""The session's facts as the frozen extract that a record is built from."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
from collections import Counter
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.lineage import query
from traceprop_nb.lineage.maps import Ints
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.reports.evidence import (
    CellFact,
    Environment,
    EvaluationFact,
    Evidence,
    InfluenceFact,
    OperationCount,
    Origins,
    Repository,
    RunFact,
    SessionFact,
    SourceFact,
    StatusWord,
    TopRow,
    UnlearningFact,
)
from traceprop_nb.reports.files import looked_again, shown_path
from traceprop_nb.session import origins
from traceprop_nb.session.coverage import coverage
from traceprop_nb.session.forgotten import UnlearnAnswer
from traceprop_nb.session.learnt import InfluenceAnswer
from traceprop_nb.session.log_fact import log_fact
from traceprop_nb.session.traced import Traced

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session

WORDS: tuple[StatusWord, ...] = ("exact", "assumed", "inexact", "unknown")
_PACKAGES = (
    "traceprop-nb", "numpy", "scipy", "pandas", "scikit-learn", "torch", "jax", "polars", "ipython",
    "ipykernel", "jupyterlab", "notebook",
)  # fmt: skip


def evidence(session: Session) -> Evidence:
    """Everything that a record may draw on. A session without a cell knows nothing."""
    if not session.cells:
        return Evidence()
    started = session.started.isoformat(timespec="seconds")
    return looked_again(
        Evidence(
            session=SessionFact(session_id(session), started),
            cells=_cells(session),
            sources=source_facts(session),
            operations=operation_facts(session),
            coverage=coverage(session),
            runs=_runs(session),
            influences=tuple(_influence(answer) for answer in session.asked),
            unlearnings=_unlearnings(session),
            evaluations=_evaluations(session),
            environment=_environment(),
            repository=_repository(),
            log=log_fact(session),
        )
    )


def session_id(session: Session) -> str:
    """What the session is called in records and exports."""
    started = session.started.isoformat(timespec="seconds")
    digest = hashlib.sha256(f"{started}{os.getpid()}".encode()).hexdigest()
    return f"ses_{digest[:16]}"


def _cells(session: Session) -> tuple[CellFact, ...]:
    return tuple(
        CellFact(c.number, c.digest, bool(c.ok), c.traced and c.rewritten, c.name or "")
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
    counts: Counter[tuple[str, StatusWord]] = Counter()
    for node in range(len(graph)):
        edges = graph.edges(node)
        worst = max([graph.status(node), *(s for _, _, kind, s in edges if not kind)])
        counts[session.describe(node), WORDS[worst]] += 1
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
        hyperparameters=facts.get("hyperparameters"),
        seconds=facts.get("seconds"),
        rows_traced=traced,
        origins=_origins(session, run.rows_node, index),
        parameters_digest="sha256:" + hashlib.sha256(run.w.astype("<f8").tobytes()).hexdigest(),
        parent=run.parent or "",
        relation=run.relation,
        cell=session.training.cells.get(run.name),
    )


def _origins(session: Session, node: int | None, rows: Ints) -> Origins | None:
    if node is None:
        return None
    if not len(rows):
        return Origins({}, "exact")
    found = query.backward(session.graph, node, np.unique(rows))
    known = session.graph.sources
    kept = {k: records for k, records in found.sources.items() if known[k].kind != "unknown"}
    return Origins(kept, WORDS[Status(found.status)])


def _influence(answer: InfluenceAnswer) -> InfluenceFact:
    top = tuple(
        TopRow(entry.source, entry.record, entry.influence)
        for entry in answer.top(0, 10)
        if entry.record is not None
    )
    return InfluenceFact(
        run=answer.run.name,
        method=answer.result.method,
        estimand=answer.result.estimand,
        query=answer.title,
        n_queries=len(answer.scores),
        top=top,
        note=answer.result.note,
        cell=answer.cell,
    )


def _unlearnings(session: Session) -> tuple[UnlearningFact, ...]:
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
    whole = _origins(session, asked.rows_node, rows)
    return None if whole is None else Origins(dict(answer.records), whole.status)


def _environment() -> Environment:
    packages = {}
    for name in _PACKAGES:
        try:
            packages[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    hardware = {"machine": platform.machine(), "cpus": os.cpu_count()}
    return Environment(sys.version.split()[0], platform.platform(), packages, hardware)


def _repository() -> Repository | None:
    """The git work tree around the working folder; None where git cannot be asked."""

    def git(*words: str) -> Any:
        return subprocess.run(
            ["git", *words], capture_output=True, text=True, timeout=5, check=False
        )

    try:
        commit = git("rev-parse", "HEAD")
        if commit.returncode:
            return Repository(found=False)
        changes = git("status", "--porcelain")
    except (OSError, subprocess.TimeoutExpired):
        return None
    dirty = None if changes.returncode else any(map(_counts, changes.stdout.splitlines()))
    return Repository(found=True, commit=commit.stdout.strip(), dirty=dirty)


def _counts(change: str) -> bool:
    """Whether a line of git's status means that the commit is not the code: untracked data is."""
    return not change.startswith("??") or change.endswith((".ipynb", ".py"))


def _evaluations(session: Session) -> tuple[EvaluationFact, ...]:
    """Rows that a recorded run's model predicted, other than those it was trained on."""
    graph, names = session.graph, session.names()
    models = {session.recorder.identity.node(run.model): run for run in session.runs.values()}
    found: dict[tuple[str, int], EvaluationFact] = {}
    for node in range(len(graph)):
        edges = graph.edges(node)
        runs = [models[p] for p, _, kind, _ in edges if kind and p in models]
        parents = [p for p, _, kind, _ in edges if not kind]
        if not runs or not parents or parents[0] == runs[0].rows_node:
            continue
        parent, run = parents[0], runs[0]
        found[run.name, parent] = EvaluationFact(
            name=names.get(parent, f"rows of {graph.op_name(parent)}"),
            run=run.name,
            n_rows=graph.rows(parent),
            origins=_telling(session, parent),
            cell=graph.cell(node),
        )
    return tuple(found.values())


def _telling(session: Session, node: int) -> Origins:
    """The records that tell a value's rows apart: a shared lookup table is no overlap."""
    index = np.arange(session.graph.rows(node))
    whole = query.backward(session.graph, node, index)
    rows = origins.origins(session, node, index).telling()
    return Origins(rows, WORDS[whole.status])
