"""Arguments that other people pass: rules know them or stand back, and none of them fails."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from traceprop_nb.lineage.nodes import Status

CASES = {
    "a key without axes": ("out = a[np.array(2)]", [[2]]),
    "numbers stacked in depth": ("out = np.dstack([a[1], a[3]])", [[1, 3]]),
    "a function as a key": ("out = s[lambda s: s.index[2]]", None),
    "nullable booleans as a key": ("out = s[pd.array([True] + [False] * 5)]", None),
    "rows by a named axis": ("out = m.loc(axis=0)['x', :]", None),
    "a bound of the user's own class": ("out = a[I():]", None),
}
BEFORE = """
import numpy as np, pandas as pd, datetime
class I:
    def __index__(self): return 1
"""


@pytest.fixture
def odd(notebook):
    notebook(BEFORE)
    pd = pytest.importorskip("pandas")
    notebook.source("a", np.arange(6.0))
    notebook.source("s", pd.Series(np.arange(6.0)))
    two = pd.MultiIndex.from_product([["x", "y"], [1, 2, 3]])
    notebook.source("m", pd.DataFrame({"v": range(6)}, index=two))
    return notebook


@pytest.mark.parametrize("name", CASES)
def test_no_rule_fails_on_it(odd, name):
    source, rows = CASES[name]
    odd(source)
    assert odd.session.recorder.swallowed == {}
    if rows is not None:
        assert odd.behind("out", "a") == rows
        assert odd.status("out") == Status.EXACT


def test_a_column_that_is_not_there(odd):
    odd("out = m.get('w')\nafter = m[['v']]")
    assert odd.session.recorder.swallowed == {}
    assert odd.behind("after", "m") == [[k] for k in range(6)]


@pytest.mark.parametrize("traced", [True, False])
def test_days_as_bounds_of_a_slice_are_followed_and_warned_of_as_ever(odd, traced):
    odd("d = pd.Series(range(4), index=pd.date_range('2020-01-01', periods=4))")
    odd.source("d", odd.names["d"])
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        odd("out = d[datetime.date(2020, 1, 2):datetime.date(2020, 1, 3)]", traced=traced)
    assert len(told) == 2  # one for each bound
    if traced:
        assert odd.behind("out", "d") == [[1], [2]]


@pytest.mark.parametrize("traced", [True, False])
def test_a_method_taken_by_name_does_not_hold_its_owner(odd, traced):
    odd("import weakref\nclass C:\n    def m(self, x): return r() is None")
    source = "def last():\n    c = C()\n    return weakref.ref(c), c.m\n"
    source += "r, f = last()\ngone = [f(a), (lambda: r() is None)()]\n"
    odd(source + "del f\ngone.append(r() is None)", traced=traced)
    assert odd.names["gone"] == [False, False, True]
