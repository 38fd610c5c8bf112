"""Other people's tests end as they do without us; and the comparison can fail."""

from __future__ import annotations

import pytest

from benchmarks.foreign import known, running
from benchmarks.foreign.compare import compared, differing
from benchmarks.foreign.running import Ends, read, split
from benchmarks.foreign.suites import Suite, spread, suites

OWN = """
import builtins, pathlib, sys
import numpy as np, pytest

COUNT = pathlib.Path(__file__).with_name("count")

def test_computes():
    a = np.arange(6.0) * 2
    assert (a[a > 4] + 1).tolist() == [7.0, 9.0, 11.0]

def test_looks_for_us():
    assert not hasattr(builtins, "__tp__")

@pytest.mark.xfail(reason="raises")
def test_raises():
    raise KeyError("x")

def test_once():
    first = not COUNT.exists()
    COUNT.write_text("")
    assert first
"""


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Outcomes go to a folder of the test's own."""
    monkeypatch.setattr(running, "PLACE", tmp_path / "outcomes")
    return tmp_path


def test_the_grammar_of_python_is_the_same(elsewhere):
    [suite] = [s for s in suites() if s.name == "cpython"] or [None]
    if suite is None:
        pytest.skip("this Python came without its tests")
    files = [f for f in suite.files() if f.stem in ("test_with", "test_generators")]
    found = compared(suite, files)
    assert found.different == {}
    assert (found.files, found.same) == (2, found.tests)
    assert found.tests > 70


def test_a_difference_is_found_and_what_differs_anyway_is_told_apart(elsewhere):
    folder = elsewhere / "own"
    folder.mkdir()
    (folder / "test_own.py").write_text(OWN)
    suite = Suite("own", elsewhere, ("own",))
    found = compared(suite, suite.files())
    assert found.different == {
        "own/test_own.py::test_looks_for_us": ("call:passed", "call:failed:AssertionError")
    }
    assert list(found.unstable) == ["own/test_own.py::test_once"]
    assert (found.tests, found.same) == (4, 2)
    traced = read(running.kept(suite, suite.files()[0], "traced"))
    assert traced.tests["own/test_own.py::test_raises"] == "call:xfailed:KeyError"
    assert compared(suite, suite.files(), new=False) == found  # from what was kept


def test_a_test_that_only_one_arm_knows_is_a_difference():
    plain, traced = Ends({"a": "call:passed", "b": "call:passed"}), Ends({"a": "call:passed"})
    assert differing(plain, traced) == {"b": ("call:passed", "not run")}


def test_of_a_process_that_is_cut_the_last_file_is_run_again(tmp_path):
    suite, out = Suite("own", tmp_path, ("own",)), tmp_path / "out"
    files = [tmp_path / f"own/test_{name}.py" for name in "abc"]
    lines = ['["own/test_a.py::t", "call:passed"]', '["own/test_b.py::t", "call:passed"]']
    out.write_text("\n".join(lines))
    assert list(split(suite, files, out)) == files[:1]
    out.write_text("\n".join([*lines, '["(end)", ""]']))
    assert list(split(suite, files, out)) == files


def test_what_is_excused_is_named_and_used():
    assert known.reason("nowhere::test") == ""
    assert all(len(why) > 20 for why in known.REASONS.values())


def test_a_slice_is_spread_over_all_files():
    assert spread(list("abcdefgh"), 3) == ["a", "c", "e"]
    assert spread(list("ab"), 5) == ["a", "b"]
