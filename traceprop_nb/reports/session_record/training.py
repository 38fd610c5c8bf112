"""Training runs: what was fitted, on which source rows, and how surely these are known."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from traceprop_nb.reports.evidence import Evidence, Origins, RunFact
from traceprop_nb.reports.facts import by_source, numbered
from traceprop_nb.reports.finding import Field, Finding, Human
from traceprop_nb.reports.plain import listed, plain
from traceprop_nb.reports.section import Section

METHOD_PROVISIONS = ("ai-act.annex-iv.2.a", "ai-act.annex-iv.2.b", "ai-act.annex-iv.2.d")
ROWS_PROVISIONS = ("ai-act.10.2.b", "ai-act.annex-iv.2.d")
RUN = Field("train.method", "Training: model, loss and settings", METHOD_PROVISIONS)
ROWS = Field("train.rows", "Source rows behind the training rows", ROWS_PROVISIONS)
COMPUTE = Field("train.compute", "Computation used for training", ("ai-act.annex-iv.2.c",))
COMPLETE = "read from the training call itself: nothing that names the fit is missing; not re-run"
TRACED = "every training row leads to a source row that exists, by steps known exactly"


def _observe(evidence: Evidence) -> Iterator[Finding]:
    if not evidence.runs:
        yield from _without_runs(evidence)
        return
    for index, run in enumerate(evidence.runs):
        yield _method(index, run)
        yield _rows(evidence, index, run)
    yield _compute(evidence.runs)


def _without_runs(evidence: Evidence) -> Iterator[Finding]:
    for field in (RUN, ROWS, COMPUTE):
        yield field.unseen(
            evidence.runs, "no training run was recorded; begin the training cell with %%train"
        )


def _about(field: Field, index: int, run: RunFact) -> Field:
    kind = field.id.removeprefix("train.")
    label = f"{field.label} ({plain(run.name)})"
    return Field(
        f"train.run.{index + 1}.{kind}", label, field.provisions, note=str(plain(run.note))
    )


def _method(index: int, run: RunFact) -> Finding:
    field = _about(RUN, index, run)
    named = {
        "framework": plain(run.framework),
        "model": plain(run.model),
        "training_rows": run.n_rows,
        "parameters": run.n_parameters,
        "parameters_digest": plain(run.parameters_digest),
        "loss": plain(run.loss),
        "hyperparameters": plain(run.hyperparameters),
    }
    ids = (numbered("runs", index),)
    absent = [name.replace("_", " ") for name, found in named.items() if found is None]
    value = named | {"cell": run.cell} | ({"made_from": plain(run.parent)} if run.parent else {})
    if absent:
        return field.partial(value, ids, "not_observed", f"not recorded: {', '.join(absent)}")
    return field.established(value, ids, COMPLETE)


def _rows(evidence: Evidence, index: int, run: RunFact) -> Finding:
    field = _about(ROWS, index, run)
    if run.origins is None:
        return field.open(
            "not_observed", f"trace the cells that made the training rows of {plain(run.name)}"
        )
    ids = (numbered("runs", index), *_sources_of(evidence, run.origins))
    value = {
        "training_rows": run.n_rows,
        "with_known_origin": run.rows_traced,
        "status": run.origins.status,
        "by_source": by_source(evidence, run.origins),
    }
    if wrong := _impossible(evidence, run):
        return field.contradicted(value, ids, TRACED, wrong)
    if run.n_rows is None or run.rows_traced != run.n_rows:
        how = "trace the cells between the files and the fit, and count the rows they explain"
        return field.partial(value, ids, "not_observed", how)
    if run.origins.status != "exact":
        how = f"the rows are {run.origins.status}: see the operations that are not exact"
        return field.partial(value, ids, "not_observed", how)
    return field.established(value, ids, TRACED)


def _sources_of(evidence: Evidence, origins: Origins) -> tuple[str, ...]:
    return tuple(
        numbered("sources", index)
        for index, source in enumerate(evidence.sources or ())
        if len(origins.rows.get(source.key, ()))
    )


def _impossible(evidence: Evidence, run: RunFact) -> str:
    """What cannot be, in words; empty when nothing is wrong."""
    if run.n_rows is not None and run.rows_traced is not None and run.rows_traced > run.n_rows:
        return f"{run.rows_traced} rows with an origin, of {run.n_rows} training rows"
    held = {source.key: source for source in evidence.sources or ()}
    beyond = []
    for key, rows in (run.origins.rows if run.origins else {}).items():
        source = held.get(key)
        size = source.n_rows if source else None
        if source and size is not None and len(rows) and int(np.max(rows)) >= size:
            beyond.append(f"{source.name} has {size} rows")
    return f"rows beyond the end of their source: {listed(beyond)}" if beyond else ""


def _compute(runs: tuple[RunFact, ...]) -> Finding:
    timed = [(index, run) for index, run in enumerate(runs) if run.seconds is not None]
    if not timed:
        return COMPUTE.open("not_observed", "no run was timed; energy was not measured")
    value = [
        {
            "run": plain(run.name),
            "seconds": plain(run.seconds),
            "cpu_seconds": plain(run.cpu_seconds),
        }
        for _, run in timed
    ]
    ids = tuple(numbered("runs", index) for index, _ in timed)
    how = "time of the processors only; energy and time of accelerators were not measured"
    if all(run.cpu_seconds is None for _, run in timed):
        how = "wall time only; energy was not measured"
    return COMPUTE.partial(value, ids, "not_observed", how)


TRAINING = Section(
    "training",
    "Training runs",
    _observe,
    (
        Human(
            "rationale",
            Field(
                "train.rationale",
                "Why this model, this loss and these settings",
                ("ai-act.annex-iv.2.b",),
                "provider",
            ),
        ),
        Human(
            "pretrained",
            Field(
                "train.pretrained",
                "Third-party and pre-trained parts",
                ("ai-act.annex-iv.2.a",),
                "provider",
            ),
            hint="loading of pre-trained parts is not observed",
        ),
    ),
)
