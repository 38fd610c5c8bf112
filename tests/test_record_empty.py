"""The first promise of a record: a session that shows nothing gives a record that says so."""

from __future__ import annotations

from datetime import UTC, datetime

from traceprop_nb.reports import Evidence, build
from traceprop_nb.reports.evidence import Coverage, SessionFact


def clock() -> datetime:
    return datetime(2026, 11, 20, 17, 10, 3, tzinfo=UTC)


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


def test_what_was_not_watched_reads_differently_from_what_did_not_happen():
    def why(evidence: Evidence) -> str:
        fields = [
            f for s in build(evidence, clock=clock).to_dict()["sections"] for f in s["fields"]
        ]
        return next(f["missing"]["why"] for f in fields if f["id"] == "data.sources")

    assert why(Evidence()) == "capture_off"
    assert why(Evidence(sources=())) == "not_observed"
