"""The benchmarks measure what they say; no number is checked, only where it comes from."""

import dataclasses
import json

import pytest

from benchmarks import crash
from benchmarks.cells import IMPORTS, Workload, logistic
from benchmarks.environment import environment
from benchmarks.measurement import measured, table
from benchmarks.pairs import arm

TINY = dataclasses.replace(logistic(60, 3), repeats=2)


@pytest.mark.parametrize("which", ["plain", "traced"])
def test_an_arm_runs_its_cell_in_a_process_of_its_own(which):
    got = arm(which, TINY)
    assert len(got["cpu"]) == len(got["wall"]) == 2
    assert min(got["cpu"]) > 0
    assert got["peak"] > 1e7


def test_a_plain_arm_that_imports_the_package_is_refused():
    with pytest.raises(RuntimeError, match="the plain arm has imported the package"):
        arm("plain", Workload("", "", "import traceprop_nb", "", 1))


def test_a_cell_that_fails_ends_the_arm():
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        arm("plain", Workload(IMPORTS, "", "1 / 0", "", 1))


def test_a_measurement_is_the_median_with_its_quartiles():
    one = measured("what", [3.0, 1.0, 2.0, 10.0, 4.0], "ms", "<= 5")
    assert (one.low, one.value, one.high, one.repeats) == (2.0, 3.0, 4.0, 5)
    assert table([one]).splitlines()[-1].split() == "what 3 ms 2 .. 4 5 <= 5".split()


def test_a_result_says_where_it_was_measured():
    where = json.loads(json.dumps(environment()))
    assert where["python"]
    assert where["cores"] >= 1
    assert {"numpy", "pandas", "traceprop_nb"} <= set(where["packages"])


@pytest.mark.parametrize("kind", crash.TRIALS)
def test_a_process_that_is_killed_loses_nothing_that_it_acknowledged(kind, tmp_path):
    outcomes = crash.trials(kind, str(tmp_path), 3)
    assert [(o.lost, o.whole) for o in outcomes] == [(0, True)] * 3
    assert sum(o.acknowledged for o in outcomes) > 3


def test_a_loss_and_a_broken_store_would_be_counted(tmp_path):
    from tests.stores.chains import filled

    store, [name] = filled(str(tmp_path / "s.db"), sessions=1, events=5)
    assert crash._looked(str(tmp_path / "s.db"), f"{name} 6\n(\n").lost == 2
    assert crash._looked(str(tmp_path / "s.db"), f"{name} 4\n(\n").inside
    with store.database.begin() as connection:
        connection.exec_driver_sql("UPDATE events SET body = '{}' WHERE number = 2")
    assert not crash._looked(str(tmp_path / "s.db"), f"{name} 4\n").whole
    store.close()
    (tmp_path / "t.db").write_text("no database at all, and long enough\n" * 60)
    assert crash._looked(str(tmp_path / "t.db"), f"{name} 4\n").lost == 5
    rows = crash.counted("x", [crash.Outcome(5, 1, False, True), crash.Outcome(3, 0, True, True)])
    assert [row.value for row in rows] == [8, 1, 1, 2]
