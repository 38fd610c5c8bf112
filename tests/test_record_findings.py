"""What evidence establishes, what it leaves open, and what it contradicts."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.record_examples import A, B, clock, fields, rows, run, session, sources, unlearning
from traceprop_nb.reports import build
from traceprop_nb.reports.environment_facts import Environment, SeedFact
from traceprop_nb.reports.evidence import (
    CellFact,
    Coverage,
    EvaluationFact,
    LogFact,
    MetricFact,
    OperationCount,
    Origins,
    Repository,
    SourceFact,
)


def found(field: str, **changes):
    return fields(build(session(**changes), clock=clock))[field]


def test_a_session_that_was_captured_and_checked_contradicts_nothing():
    record = build(session(), clock=clock)
    assert record.verify().ok
    assert record.to_dict()["summary"]["contradicted"] == 0
    observed = {at: f["state"] for at, f in fields(record).items() if "check" in f}
    assert set(observed.values()) == {"established"}
    assert len(observed) >= 15


def test_a_changed_file_contradicts_its_digest_by_name():
    a, b = sources()
    changed = (replace(a, digest_now="sha256:" + "0" * 64), b)
    field = found("data.sources", sources=changed)
    assert field["state"] == "contradicted"
    assert field["check"]["detail"] == "changed since it was read: hospital_a.csv"
    assert [row["now"] for row in field["value"]] == ["changed", "same"]


@pytest.mark.parametrize(
    ("change", "now"),
    [
        ({"digest": None}, "no digest"),
        ({"found": False, "digest_now": None}, "gone"),
        ({"found": None, "digest_now": None}, "not compared"),
    ],
)
def test_a_source_that_could_not_be_compared_makes_the_answer_partial(change, now):
    a, b = sources()
    field = found("data.sources", sources=(a, replace(b, **change)))
    assert field["state"] == "partial"
    assert field["value"][1]["now"] == now
    assert "hospital_b.csv" in field["missing"]["how_to_establish"]


def evaluated(test_rows: Origins | None, **changes):
    tested = EvaluationFact("X_test", "screen", 2, test_rows, 7)
    return found("eval.disjoint.1", evaluations=(tested,), **changes)


def test_a_test_row_that_was_trained_on_is_a_contradiction():
    field = evaluated(Origins({A: rows(3, 9)}, "exact"))
    assert field["state"] == "contradicted"
    assert field["value"]["source_rows_in_both"] == 1


def test_the_same_record_number_of_another_file_is_another_row():
    assert evaluated(Origins({B: rows(2, 3)}, "exact"))["state"] == "established"


@pytest.mark.parametrize(
    ("status", "shared", "state"),
    [
        ("exact", True, "contradicted"),
        ("assumed", True, "contradicted"),
        ("unknown", True, "contradicted"),  # the rows that are known do overlap
        ("inexact", True, "partial"),  # a superset overlaps: perhaps
        ("exact", False, "established"),
        ("inexact", False, "established"),  # even a superset has none
        ("assumed", False, "partial"),
        ("unknown", False, "partial"),
    ],
)
def test_how_surely_rows_are_known_decides_what_their_overlap_shows(status, shared, state):
    field = evaluated(Origins({A: rows(3 if shared else 9)}, status))
    assert field["state"] == state


def test_rows_without_known_origin_leave_the_split_open():
    assert evaluated(None)["state"] == "not_established"
    assert evaluated(Origins({A: rows(9)}, "exact"), runs=())["state"] == "not_established"


def read_again(digest: str | None) -> tuple[SourceFact, ...]:
    a, b = sources()
    return (a, b, replace(a, key=30, digest=digest, digest_now=digest))


def test_a_file_read_twice_has_the_same_rows():
    again = read_again(sources()[0].digest)
    assert evaluated(Origins({30: rows(3)}, "exact"), sources=again)["state"] == "contradicted"
    assert evaluated(Origins({30: rows(9)}, "exact"), sources=again)["state"] == "established"


def test_rows_of_a_file_that_changed_between_two_reads_are_not_matched_by_guessing():
    again = read_again("sha256:" + "77" * 32)
    field = evaluated(Origins({30: rows(3)}, "exact"), sources=again)
    assert field["state"] == "partial"
    assert "hospital_a.csv" in field["missing"]["how_to_establish"]


def test_forgotten_rows_in_a_later_run_are_a_contradiction():
    field = found("erase.later_runs.1", runs=(run(), run("final", order=5)))
    assert field["state"] == "contradicted"
    assert "final" in field["check"]["detail"]


def test_an_earlier_run_may_hold_forgotten_rows():
    assert found("erase.later_runs.1")["state"] == "established"
    assert found("erase.later_runs.1", runs=(run(),))["state"] == "not_established"


def test_what_a_request_returned_came_after_it():
    returned = run("screen without hospital_b.csv", order=2)
    field = found("erase.later_runs.1", runs=(run(), returned))
    assert field["state"] == "contradicted"
    assert [row["run"] for row in field["value"]] == ["screen without hospital_b.csv"]


def test_a_later_run_of_unknown_rows_leaves_it_open_whether_they_came_back():
    field = found("erase.later_runs.1", runs=(run("final", order=5, origins=None),))
    assert field["state"] == "partial"
    assert field["value"][0]["forgotten_rows_still_in"] is None


def test_rows_forgotten_from_a_file_that_changed_since_may_have_come_back():
    again = read_again("sha256:" + "77" * 32)
    forgotten = unlearning(forgotten=Origins({A: rows(0)}, "exact"))
    final = run("final", order=5, origins=Origins({30: rows(0)}, "exact"))
    field = found("erase.later_runs.1", sources=again, unlearnings=(forgotten,), runs=(final,))
    assert field["state"] == "partial"


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({}, "established"),
        ({"verified": None}, "partial"),
        ({"distance_after": None}, "partial"),
        ({"verified": False}, "contradicted"),
        ({"n_forgotten": 0}, "not_established"),
        ({"distance_after": math.nan}, "partial"),
        ({"distance_after": math.inf}, "partial"),
    ],
)
def test_unlearning_is_verified_only_against_a_retrained_model(change, state):
    field = found("erase.model.1", unlearnings=(unlearning(**change),))
    assert field["state"] == state
    if state == "partial":
        assert field["value"]["verified"] is None


def test_a_metric_that_does_not_recompute_is_a_contradiction():
    metric = MetricFact("accuracy", 0.965, recomputed=0.912)
    assert found("eval.metric.1", metrics=(metric,))["state"] == "contradicted"
    assert found("eval.metric.1", metrics=(replace(metric, recomputed=None),))["state"] == "partial"
    nan = MetricFact("auc", math.nan, recomputed=math.nan)
    assert found("eval.metric.1", metrics=(nan,))["state"] == "established"


def test_opaque_operations_are_named():
    operations = (*session().operations, OperationCount("my_udf", "unknown", 2))
    field = found("data.preparation", operations=operations, coverage=Coverage(6, 0, (), ()))
    assert field["state"] == "partial"
    assert field["value"]["unknown_operations"] == [{"operation": "my_udf", "times": 2}]
    assert "my_udf" in field["missing"]["how_to_establish"]


def test_counts_that_do_not_add_up_are_a_contradiction():
    assert found("data.preparation", coverage=Coverage(5, 0, (), ()))["state"] == "contradicted"


@pytest.mark.parametrize(
    ("coverage", "state"),
    [
        (Coverage(4, 0, (), ()), "established"),
        (Coverage(4, 1, (), ()), "partial"),
        (Coverage(4, 0, (3,), ()), "partial"),
        (Coverage(4, 0, (), ("a subprocess ran in cell 3",)), "partial"),
        (Coverage(4, None, (), ()), "partial"),
        (Coverage(0, 1, (), ()), "partial"),
        (Coverage(), "not_established"),
        (None, "not_established"),
    ],
)
def test_coverage_counts_what_was_not_captured(coverage, state):
    assert found("lineage.coverage", coverage=coverage)["state"] == state


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({}, "established"),
        ({"rows_traced": 5}, "partial"),
        ({"n_rows": None}, "partial"),
        ({"origins": Origins({A: rows(0)}, "inexact")}, "partial"),
        ({"origins": None}, "not_established"),
        ({"origins": Origins({A: rows(300)}, "exact")}, "contradicted"),
        ({"rows_traced": 7}, "contradicted"),
    ],
)
def test_training_rows_are_established_only_when_every_one_has_an_origin(change, state):
    assert found("train.run.1.rows", runs=(run(**change),))["state"] == state


def test_training_rows_are_counted_by_source_and_never_listed():
    field = found("train.run.1.rows")
    counted = [(row["source"], row["rows"]) for row in field["value"]["by_source"]]
    assert counted == [("hospital_a.csv", 4), ("hospital_b.csv", 2)]
    many = run(origins=Origins({A: np.arange(300)}, "exact"), n_rows=300, rows_traced=300)
    bigger = build(session(runs=(many,)), clock=clock)
    assert len(bigger.to_json()) < len(build(session(), clock=clock).to_json()) + 100


def test_an_unnamed_loss_is_said_to_be_missing():
    field = found("train.run.1.method", runs=(run(loss=None),))
    assert field["state"] == "partial"
    assert field["missing"]["how_to_establish"] == "not recorded: loss"


@pytest.mark.parametrize(
    ("repository", "state"),
    [
        (Repository(True, "a" * 40, False), "established"),
        (Repository(True, "a" * 40, True), "partial"),
        (Repository(True, "a" * 40, None), "partial"),
        (Repository(True, "main", False), "partial"),
        (Repository(True, None, True), "not_established"),
        (Repository(False), "not_established"),
        (None, "not_established"),
    ],
)
def test_a_commit_is_the_code_only_without_changes_on_top(repository, state):
    assert found("code.repository", repository=repository)["state"] == state


def cell(number: int, digest: str | None = "sha256:" + "1" * 64, ok: bool = True) -> CellFact:
    return CellFact(number, digest, ok, traced=True)


@pytest.mark.parametrize(
    ("cells", "state"),
    [
        ((cell(1), cell(2), cell(5)), "established"),
        ((cell(1), cell(2), cell(2)), "partial"),
        ((cell(1), cell(2, None)), "partial"),
        ((cell(1), cell(2, ok=False)), "partial"),
        ((), "not_established"),
    ],
)
def test_cells_are_established_only_in_order_and_whole(cells, state):
    assert found("code.cells", cells=cells)["state"] == state


@pytest.mark.parametrize(
    ("seeds", "state"),
    [
        ((SeedFact("numpy.random.seed", 1, 2),), "established"),
        ((SeedFact("numpy.random.seed", 1, 60),), "partial"),
        ((SeedFact("numpy.random.seed", None, 2),), "partial"),
        ((), "not_established"),
        (None, "not_established"),
    ],
)
def test_a_seed_counts_when_it_was_set_before_training(seeds, state):
    assert found("env.seeds", seeds=seeds)["state"] == state


def test_a_seed_of_64_bits_is_kept_digit_by_digit():
    field = found("env.seeds", seeds=(SeedFact("torch.manual_seed", 2**63 + 1, 2),))
    assert field["value"][0]["value"] == str(2**63 + 1)


def test_scores_that_were_not_compared_with_anything_are_partial():
    (asked,) = session().influences
    unchecked = replace(asked, validation=None)
    assert found("explain.attribution.1")["state"] == "established"
    assert found("explain.attribution.1", influences=(unchecked,))["state"] == "partial"
    failed = replace(asked, validation=replace(asked.validation, passed=False))
    assert found("explain.attribution.1", influences=(failed,))["state"] == "contradicted"


def test_a_log_whose_chain_is_broken_is_a_contradiction():
    head = "sha256:" + "1" * 64
    assert found("log.integrity", log=LogFact(3, head, False))["state"] == "contradicted"
    assert found("log.integrity", log=LogFact(3, head, None))["state"] == "partial"
    assert found("log.integrity", log=None)["state"] == "not_established"
    assert found("log.anchor", log=LogFact(3, head, True, ("git note",)))["state"] == "partial"


def test_hardware_that_was_not_queried_differs_from_none_seen():
    asked = Environment("3.11", "Linux", {"numpy": "2"}, {"accelerators": "none seen"})
    assert found("env.hardware", environment=asked)["state"] == "partial"
    silent = replace(asked, hardware=None)
    assert found("env.hardware", environment=silent)["state"] == "not_established"
    assert found("env.software", environment=silent)["state"] == "established"
    assert found("env.software", environment=replace(asked, packages=None))["state"] == "partial"
    assert found("env.software", environment=Environment())["state"] == "not_established"
