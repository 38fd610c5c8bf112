"""What a session can show of the duties: which model, which input, which events are still held."""

from __future__ import annotations

from collections.abc import Iterator

from traceprop_nb.reports.evidence import Evidence
from traceprop_nb.reports.facts import by_source, numbered
from traceprop_nb.reports.finding import Field, Finding
from traceprop_nb.reports.plain import plain
from traceprop_nb.reports.section import Section

LOADED = Field(
    "deploy.model", "Models of this session, to compare with the one in use", ("ai-act.26.1",),
    "deployer",
)  # fmt: skip
INPUT = Field("deploy.input", "Input rows that the models were given here", ("ai-act.26.4",))
WINDOW = Field(
    "log.window", "Events that are held, and since when", ("ai-act.26.6", "ai-act.19.1"), "deployer"
)


def _observe(evidence: Evidence) -> Iterator[Finding]:
    yield _models(evidence)
    yield _input(evidence)
    yield _window(evidence)


def _models(evidence: Evidence) -> Finding:
    if not evidence.runs:
        return LOADED.unseen(evidence.runs, "no model was trained or recorded in this session")
    value = [
        {"run": plain(run.name), "model": plain(run.model),
         "parameters_digest": plain(run.parameters_digest)}
        for run in evidence.runs
    ]  # fmt: skip
    ids = tuple(numbered("runs", at) for at in range(len(evidence.runs)))
    how = "compare the digest with that of the model in use, and link its instructions"
    return LOADED.partial(value, ids, "check_not_run", how)


def _input(evidence: Evidence) -> Finding:
    if not evidence.evaluations:
        return INPUT.unseen(evidence.evaluations, "input data not captured in this session")
    value = [
        {
            "name": plain(one.name),
            "run": plain(one.run),
            "rows": one.n_rows,
            "by_source": by_source(evidence, one.origins),
        }
        for one in evidence.evaluations
    ]
    ids = tuple(numbered("evaluations", at) for at in range(len(evidence.evaluations)))
    how = "captured; the comparison with the training data was not run"
    return INPUT.partial(value, ids, "check_not_run", how)


def _window(evidence: Evidence) -> Finding:
    span = evidence.events and evidence.events.span
    if not span:
        return WINDOW.open("capture_off", "no event log was kept for this session")
    value = {"events": span.events, "oldest": plain(span.first), "newest": plain(span.last),
             "kinds": plain(span.kinds)}  # fmt: skip
    how = "the tool cannot show how long records were or will be kept; state the retention"
    return WINDOW.partial(value, ("ev:events",), "outside_notebook", how)


SHOWN = Section(
    "shown",
    "What this session shows of the duties",
    _observe,
    note="Events of a notebook are events of development, unless the system was used in it.",
)
