"""Versions of the model in this session, and how each was made of an earlier one."""

from __future__ import annotations

from collections.abc import Iterator

from traceprop_nb.reports.artifact_facts import RUNS_CODE, ArtifactFact
from traceprop_nb.reports.evidence import Evidence, MetricFact, RunFact
from traceprop_nb.reports.facts import by_source, numbered
from traceprop_nb.reports.finding import Field, Finding
from traceprop_nb.reports.plain import listed, plain
from traceprop_nb.reports.section import Section

EARLIER = Field(
    "sys.prev_versions",
    "Versions of the model, and what each was made from",
    ("ai-act.annex-iv.1", "ai-act.annex-iv.6"),
)
ARTIFACT = Field("model.artifact", "The model itself", ("ai-act.annex-iv.2.c",))
COMPARED = Field(
    "model.regress",
    "Versions compared by the metrics that both have",
    ("ai-act.annex-iv.6", "ai-act.15.1", "ai-act.72"),
)
REHASHED = "each file hashed again for this record and compared with its digest when it was written"
ORDERED = "every version's parent is a version that came before it"


def _observe(evidence: Evidence) -> Iterator[Finding]:
    runs = evidence.runs
    if not runs:
        how = "no training run was recorded; begin the training cell with %%train"
        yield EARLIER.unseen(runs, how)
        yield ARTIFACT.unseen(runs, how)
        yield COMPARED.unseen(runs, how)
        return
    yield _versions(runs)
    yield _artifact(evidence, runs)
    yield _compared(evidence, runs)


def _versions(runs: tuple[RunFact, ...]) -> Finding:
    value = [
        {
            "run": plain(run.name),
            "made_from": plain(run.parent or None),
            "relation": plain(run.relation or ("first version here" if not run.parent else None)),
            "parameters_digest": plain(run.parameters_digest),
        }
        for run in runs
    ]
    ids = tuple(numbered("runs", at) for at in range(len(runs)))
    order = {run.name: run.order for run in runs}
    wrong = [
        run.name for run in runs if run.parent and order.get(run.parent, run.order) >= run.order
    ]
    if wrong:
        detail = f"no earlier version is the parent of {listed(wrong)}"
        return EARLIER.contradicted(value, ids, ORDERED, detail)
    if not any(run.parent for run in runs):
        how = "versions of earlier sessions are not linked here; state them with sys.name_version"
        return EARLIER.partial(value, ids, "not_observed", how)
    return EARLIER.established(value, ids, ORDERED)


def _artifact(evidence: Evidence, runs: tuple[RunFact, ...]) -> Finding:
    files = evidence.artifacts or ()
    value = [
        {
            "run": plain(run.name),
            "model": plain(run.model),
            "parameters_digest": plain(run.parameters_digest),
            "files": [_file(one) for one in files if one.run == run.name],
        }
        for run in runs
    ]
    ids = tuple(numbered("runs", at) for at in range(len(runs)))
    ids += tuple(numbered("artifacts", at) for at in range(len(files)))
    changed = [one.name for one in files if one.digest_now not in (None, one.digest)]
    if changed:
        detail = f"changed since it was written: {listed(changed)}"
        return ARTIFACT.contradicted(value, ids, REHASHED, detail)
    unsaved = [run.name for run in runs if not any(one.run == run.name for one in files)]
    if unsaved:
        how = f"known in memory alone: {listed(unsaved)}; save it with joblib or torch in a cell"
        return ARTIFACT.partial(value, ids, "not_observed", how)
    gone = [one.name for one in files if one.digest_now is None]
    if gone:
        return ARTIFACT.partial(value, ids, "data_unavailable", f"bring back {listed(gone)}")
    return ARTIFACT.established(value, ids, REHASHED)


def _compared(evidence: Evidence, runs: tuple[RunFact, ...]) -> Finding:
    """Each version next to the one that it was made from, by the same metric on the same rows."""
    found, ids = [], []
    for run in runs:
        for at, before in _metrics_of(evidence, run.parent):
            for then, after in _metrics_of(evidence, run.name):
                if _same_measure(evidence, before, after):
                    found.append({
                        "metric": plain(after.name), "from": plain(run.parent),
                        "to": plain(run.name), "before": plain(before.value),
                        "after": plain(after.value), "change": plain(after.value - before.value),
                    })  # fmt: skip
                    ids += [numbered("metrics", at), numbered("metrics", then)]
    if not found:
        how = "versions are not comparable: no metric was recorded of both on the same rows"
        return COMPARED.open("not_observed", how)
    how = "the change was not tested: compare the predictions of both, row by row"
    return COMPARED.partial(found, tuple(dict.fromkeys(ids)), "check_not_run", how)


def _metrics_of(evidence: Evidence, run: str) -> list[tuple[int, MetricFact]]:
    return [(at, one) for at, one in enumerate(evidence.metrics or ()) if run and one.run == run]


def _same_measure(evidence: Evidence, one: MetricFact, other: MetricFact) -> bool:
    """Whether two metrics are the same one, of the same source rows as far as these are known."""
    about = by_source(evidence, one.origins)
    alike = (one.name, one.n, plain(one.parameters)) == (
        other.name, other.n, plain(other.parameters),
    )  # fmt: skip
    return alike and bool(about) and about == by_source(evidence, other.origins)


def _file(one: ArtifactFact) -> dict[str, object]:
    return {
        "name": plain(one.name),
        "format": plain(one.format),
        "bytes": one.size,
        "digest": plain(one.digest),
        "runs_code_when_read": one.format in RUNS_CODE,
        "cell": one.cell,
    }


VERSIONS = Section("versions", "Versions", _observe)
