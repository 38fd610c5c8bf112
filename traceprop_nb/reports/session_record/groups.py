"""Metrics in the groups that somebody declared, and whether they are of the same rows."""

from __future__ import annotations

import math
from collections.abc import Iterator

from traceprop_nb.reports.evidence import Evidence
from traceprop_nb.reports.facts import numbered
from traceprop_nb.reports.finding import Field, Finding
from traceprop_nb.reports.group_facts import GroupFact
from traceprop_nb.reports.plain import plain
from traceprop_nb.reports.section import Section

GROUPS = Field(
    "eval.groups",
    "Metrics in declared groups",
    ("ai-act.10.2.f", "ai-act.annex-iv.2.g", "ai-act.annex-iv.3"),
)
SAME = (
    "label i leads to a source record of row i, and the metric over all groups together is the "
    "recorded one"
)


def _observe(evidence: Evidence) -> Iterator[Finding]:
    if not evidence.groups:
        how = "no protected or relevant groups were declared; declare them with tp.groups"
        yield GROUPS.unseen(evidence.groups, how)
    for index, fact in enumerate(evidence.groups or ()):
        yield _groups(evidence, index, fact)


def _groups(evidence: Evidence, index: int, fact: GroupFact) -> Finding:
    about = f"{plain(fact.metric)} by {plain(fact.grouping)}"
    field = Field(f"{GROUPS.id}.{index + 1}", f"{GROUPS.label} ({about})", GROUPS.provisions)
    value = {
        "overall": plain(fact.overall),
        "groups": plain(fact.results),
        "shown_from_rows": fact.minimum,
        "largest_gap": _gap(fact),
        "interval_method": plain(fact.interval),
    }
    ids: tuple[str, ...] = (numbered("groups", index),)
    if 1 <= fact.metric_number <= len(evidence.metrics or ()):
        ids += (numbered("metrics", fact.metric_number - 1),)
    if fact.same_rows is False:
        return field.contradicted(value, ids, SAME, "the labels are of other rows than the metric")
    if fact.overall is not None and not _same(fact.overall, fact.recorded):
        detail = f"recorded {plain(fact.recorded)}, over the groups {plain(fact.overall)}"
        return field.contradicted(value, ids, SAME, detail)
    if fact.overall is None:
        return field.partial(value, ids, "data_unavailable", "the metric's rows were not kept")
    if fact.same_rows is None:
        how = "trace the cells that made the labels; they were taken to be in the metric's order"
        return field.partial(value, ids, "check_not_run", how)
    return field.established(value, ids, SAME)


def _gap(fact: GroupFact) -> object:
    """Between the groups that are shown; None where there are not two."""
    known = [one.value for one in fact.results if one.value is not None]
    finite = [value for value in known if math.isfinite(value)]
    return plain(max(finite) - min(finite)) if len(finite) > 1 else None


def _same(left: float, right: float) -> bool:
    return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-12) or (left != left != right)


GROUPED = Section(
    "groups",
    "Groups of people",
    _observe,
    note="A difference between groups has many causes, and intervals as wide as it have none.",
)
