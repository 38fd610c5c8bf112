"""The benchmarks measure what they say; no number is checked, only where it comes from."""

import dataclasses
import json

import pytest

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
