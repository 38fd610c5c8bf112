"""The first promise of a record: a session that shows nothing gives a record that says so."""

from __future__ import annotations

import pytest

from tests.record_examples import clock, fields
from traceprop_nb.reports import Evidence, build
from traceprop_nb.reports.evidence import Coverage, SessionFact


def states(record_dict: dict) -> list[str]:
    return [field["state"] for s in record_dict["sections"] for field in s["fields"]]


def test_without_evidence_every_field_is_not_established():
    record = build(Evidence(), clock=clock)
    assert set(states(record.to_dict())) == {"not_established"}
    assert record.verify().ok


def test_a_session_in_which_nothing_ran_is_almost_all_not_established():
    """Everything was watched and nothing happened: empty tuples, not None."""
    nothing = Evidence(
        session=SessionFact(id="s1", started="2026-11-20T17:00:00Z"),
        cells=(),
        sources=(),
        operations=(),
        coverage=Coverage(recorded=0, internal_errors=0, unrecorded_cells=(), known_gaps=()),
        runs=(),
        influences=(),
        unlearnings=(),
        metrics=(),
        evaluations=(),
        seeds=(),
    )
    record = build(nothing, clock=clock)
    found = states(record.to_dict())
    assert found.count("not_established") / len(found) > 0.9
    assert {"contradicted", "stated", "not_applicable", "partial"}.isdisjoint(found)
    assert record.verify().ok


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ("sources", "data.sources"),
        ("operations", "data.preparation"),
        ("runs", "train.method"),
        ("metrics", "eval.metrics"),
        ("evaluations", "eval.disjoint"),
        ("influences", "explain.attribution"),
        ("unlearnings", "erase.model"),
        ("cells", "code.cells"),
        ("seeds", "env.seeds"),
        ("profiles", "data.quality"),
        ("profiles", "data.quantity"),
        ("profiles", "data.classes"),
        ("labels", "data.leak"),
    ],
)
def test_what_was_not_watched_reads_differently_from_what_did_not_happen(part, field):
    def why(evidence: Evidence) -> str:
        return fields(build(evidence, clock=clock))[field]["missing"]["why"]

    assert why(Evidence()) == "capture_off"
    assert why(Evidence(**{part: ()})) == "not_observed"
