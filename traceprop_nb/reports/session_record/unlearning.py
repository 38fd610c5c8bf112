"""Unlearning: what was forgotten, against what it was compared, and whether it came back."""

from __future__ import annotations

import math
from collections.abc import Iterator

from traceprop_nb.reports.evidence import Evidence, Origins, RunFact, UnlearningFact
from traceprop_nb.reports.facts import by_source, numbered
from traceprop_nb.reports.finding import Field, Finding, Human
from traceprop_nb.reports.plain import listed, plain
from traceprop_nb.reports.row_identity import Overlap, overlap
from traceprop_nb.reports.section import Section

REQUEST = Field("erase.model", "Rows that a model was made to forget", ("gdpr.17",))
LATER = Field("erase.later_runs", "Forgotten rows stay out of later runs", ("gdpr.17",))
AGAINST_GOLD = "compared with models retrained without the rows"
INTERSECTED = "source rows forgotten and source rows behind each later run, intersected"


def _observe(evidence: Evidence) -> Iterator[Finding]:
    if not evidence.unlearnings:
        for field in (REQUEST, LATER):
            yield field.unseen(evidence.unlearnings, "no rows were forgotten; ask with %unlearn")
    for index, unlearning in enumerate(evidence.unlearnings or ()):
        yield _request(evidence, index, unlearning)
        yield _later(evidence, index, unlearning)


def _about(field: Field, index: int, unlearning: UnlearningFact) -> Field:
    label = f"{field.label} ({plain(unlearning.what)})"
    return Field(f"{field.id}.{index + 1}", label, field.provisions)


def _request(evidence: Evidence, index: int, unlearning: UnlearningFact) -> Finding:
    field = _about(REQUEST, index, unlearning)
    if unlearning.n_forgotten < 1:
        return field.open("not_observed", "no training row matched, so nothing was forgotten")
    value = {
        "run": plain(unlearning.run),
        "result": plain(unlearning.result),
        "relation": plain(unlearning.relation),
        "method": plain(unlearning.method),
        "why": plain(unlearning.why),
        "training_rows_forgotten": unlearning.n_forgotten,
        "by_source": by_source(evidence, unlearning.forgotten),
        "verified": unlearning.verified,
        "test": plain(unlearning.test),
        "gold_seeds": unlearning.gold_seeds,
        "baselines": [plain(name) for name in unlearning.baselines],
        "distance_before": plain(unlearning.distance_before),
        "distance_after": plain(unlearning.distance_after),
        "verdict": plain(unlearning.verdict),
        "note": plain(unlearning.note),
    }
    ids = (numbered("unlearnings", index),)
    if unlearning.verified is None or not _measured(unlearning.distance_after):
        value["verified"] = None
        how = "compare with a model retrained without the rows: %unlearn ... --gold"
        return field.partial(value, ids, "check_not_run", how)
    how = f"{AGAINST_GOLD}: {plain(unlearning.test)}" if unlearning.test else AGAINST_GOLD
    if not unlearning.verified:
        return field.contradicted(
            value, ids, how, str(plain(unlearning.verdict)) or "the comparison failed"
        )
    return field.established(value, ids, how)


def _measured(distance: float | None) -> bool:
    return distance is not None and math.isfinite(distance) and distance >= 0


def _later(evidence: Evidence, index: int, unlearning: UnlearningFact) -> Finding:
    field = _about(LATER, index, unlearning)
    runs = [(at, run) for at, run in enumerate(evidence.runs or ()) if _follows(run, unlearning)]
    if not runs:
        return field.open("not_observed", "no run was recorded after it")
    if unlearning.forgotten is None:
        return field.open("not_observed", "the source rows behind the forgotten rows are not known")
    ids = (numbered("unlearnings", index), *(numbered("runs", at) for at, _ in runs))
    compared = [(run, _shared(evidence, unlearning.forgotten, run)) for _, run in runs]
    return _judged(field, ids, compared)


def _follows(run: RunFact, unlearning: UnlearningFact) -> bool:
    """Whether the run came after the request; what the request returned did."""
    return run.order > unlearning.order or run.name == unlearning.result


def _shared(evidence: Evidence, forgotten: Origins, run: RunFact) -> Overlap | None:
    return None if run.origins is None else overlap(evidence, forgotten, run.origins)


def _judged(
    field: Field, ids: tuple[str, ...], compared: list[tuple[RunFact, Overlap | None]]
) -> Finding:
    value = [
        {
            "run": plain(run.name),
            "forgotten_rows_still_in": shared.n_rows if shared else None,
            "status": shared.status if shared else "unknown",
        }
        for run, shared in compared
    ]
    back = [
        f"{run.name} (source rows: {shared.n_rows})"
        for run, shared in compared
        if shared and shared.n_rows and not shared.is_upper_bound
    ]
    if back:
        return field.contradicted(value, ids, INTERSECTED, f"forgotten rows are in {listed(back)}")
    unsure = [run.name for run, shared in compared if not _clear(shared)]
    if unsure:
        how = f"the rows of {listed(unsure)} are not known exactly; trace the cells that made them"
        return field.partial(value, ids, "not_observed", how)
    return field.established(value, ids, INTERSECTED)


def _clear(shared: Overlap | None) -> bool:
    """Whether no forgotten row can be in the run: known rows, or a superset, without any."""
    return (
        shared is not None
        and not shared.unmatched
        and shared.n_rows == 0
        and shared.status in ("exact", "inexact")
    )


UNLEARNING = Section(
    "unlearning",
    "Unlearning and erasure",
    _observe,
    (
        Human(
            "erasure_ground",
            Field(
                "erase.ground", "Who asked for erasure, and on which ground", ("gdpr.17",), "legal"
            ),
        ),
        Human(
            "erasure_elsewhere",
            Field(
                "erase.elsewhere",
                "Files, backups, exports and cell outputs that still hold the rows",
                ("gdpr.17",),
                "deployer",
            ),
            why="outside_notebook",
            hint="files and other stores were not searched",
        ),
    ),
    note="Making a model forget rows erases them from no file.",
)
