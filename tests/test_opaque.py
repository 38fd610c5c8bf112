"""What no rule knows: named, never dropped, and called no better than it is."""

from __future__ import annotations

import functools
import pathlib
import types

import numpy as np
import pytest

from tests.traced import rows
from traceprop_nb.lineage.nodes import Status

N = 4
ALL = list(range(N))


@pytest.fixture
def cells(notebook):
    """A matrix ``a`` and a vector ``v`` of four rows; ``own`` has functions nobody traced."""
    notebook("import numpy as np, copy, itertools\n")
    notebook.source("a", np.arange(8.0).reshape(4, 2))
    notebook.source("v", np.arange(4.0))
    return notebook


def untraced(source: str, **names: object) -> types.SimpleNamespace:
    """Names of a module of the user's that is run without tracing."""
    space = {"__name__": "__main__", "np": np, **names}
    exec(compile(source, "<own>", "exec"), space)
    return types.SimpleNamespace(**space)


def doubts(cells, name: str) -> dict[str, Status]:
    """Operations that keep a value from being exact."""
    return {d.operation: d.status for d in cells.session.why(cells.names[name]).doubts}


def test_a_library_function_is_inexact_by_name(cells):
    cells("out = np.polyadd(v, v)")
    assert cells.behind("out", "v") == [ALL] * N
    assert doubts(cells, "out") == {"polyadd": Status.INEXACT}


def test_every_argument_counts_also_named_and_nested_ones(cells):
    cells("out = np.block([[a], [v[:2]]])\nnamed = np.polyadd(a1=a[:2, 0], a2=v)\n"
          "spread = np.polyadd(*(v, v))\nspread = spread + a[:, 0]\n"
          "kept = np.polymul(**{'a1': v, 'a2': v})")  # fmt: skip
    assert all(row == ALL for row in cells.behind("out", "a"))
    assert all(row == [0, 1] for row in cells.behind("out", "v"))
    assert all(row == ALL for row in cells.behind("named", "v"))
    assert all(row == ALL for row in cells.behind("spread", "v"))
    assert all(row == ALL for row in cells.behind("kept", "v"))


def test_several_results_are_all_recorded(cells):
    cells("u, s = np.polydiv(v + 1, v[:2] + 1)")
    cells("parts = {'one': np.polydiv(v + 1, v[:3] + 1)}\nx, y = parts['one']")
    for name in ("u", "s", "x", "y"):
        assert doubts(cells, name) == {"polydiv": Status.INEXACT}


def test_an_untraced_function_of_the_users_is_unknown(cells):
    cells.names["own"] = untraced("def mix(x):\n    return x[::-1] + 1\n").mix
    cells("out = own(a)")
    assert doubts(cells, "out")["own"] == Status.UNKNOWN


def test_what_an_untraced_function_got_is_assumed_from_then_on(cells):
    cells.names["own"] = untraced("def look(x):\n    return len(x)\n").look
    cells("b = a * 1\nn = own(b)\nafter = b + 1")
    assert cells.behind("after", "a") == rows(*ALL)
    assert cells.status("after") == Status.ASSUMED
    assert doubts(cells, "after") == {"passed to own": Status.ASSUMED}


def test_what_an_untraced_function_swapped_in_place_is_not_called_exact(cells):
    cells.names["own"] = untraced("def swap(x):\n    x[:] = x[::-1].copy()\n").swap
    cells("b = a * 1\nown(b)")
    assert cells.status("b") == Status.ASSUMED


def test_a_traced_function_records_its_own_steps(cells):
    cells("def first(x):\n    return x[:2]\nout = first(a)\nagain = (lambda t: t[::-1])(a)")
    assert cells.behind("out", "a") == rows(0, 1)
    assert cells.behind("again", "a") == rows(3, 2, 1, 0)
    assert cells.status("out") == cells.status("again") == Status.EXACT


def test_a_traced_function_that_returns_what_it_got_is_no_step(cells):
    cells("def same(x):\n    'Docs.'\n    print(len(x))\n    return x\nout = same(a)\n"
          "also = (lambda x: x)(a)\nwhole = (lambda x, y: (x, y))(a, v)[0]")  # fmt: skip
    assert cells.names["out"] is cells.names["a"]
    assert cells.names["same"].__doc__ == "Docs."
    assert cells.status("out") == cells.status("also") == cells.status("whole") == Status.EXACT


def test_a_traced_function_with_an_untraced_inside_is_unknown(cells):
    cells.names["own"] = untraced("def made():\n    return np.ones((4, 2))\n").made
    cells("def wrapped():\n    return own()\nout = wrapped()")
    assert cells.status("out") == Status.UNKNOWN


def test_an_object_of_the_users_may_hold_anything(cells):
    space = untraced(
        "class Store:\n    def put(self, x):\n        self.x = x\n    def get(self, k):\n"
        "        return self.x * k\n    def __getitem__(self, k):\n        return self.x[k] * 1\n"
        "    @property\n    def all(self):\n        return self.x + 0\n"
        "    def __call__(self):\n        return self.x - 0\n"
    )
    cells.names["store"] = space.Store()
    cells("store.put(a)\ngot = store.get(2)\nitem = store[1:]\nevery = store.all\ncalled = store()")
    for name in ("got", "item", "every", "called"):
        assert cells.status(name) == Status.UNKNOWN, name


def test_what_is_taken_out_of_an_object_unchanged_keeps_its_lineage(cells):
    cells.names["box"] = types.SimpleNamespace()
    cells("box.x = a[1:]\nheld = {'k': a[:1]}\nout = box.x\nalso = held['k']\nlast = [a[2:]][0]")
    assert cells.behind("out", "a") == rows(1, 2, 3)
    assert cells.behind("also", "a") == rows(0)
    assert cells.behind("last", "a") == rows(2, 3)


def test_a_value_that_nobody_saw_made_is_unknown(cells):
    cells.names["stray"] = np.ones(4)
    cells("out = stray + v")
    assert cells.behind("out", "v") == rows(*ALL)
    assert cells.status("out") == Status.UNKNOWN
    assert "untraced ndarray" in {s.name for s in cells.session.graph.sources.values()}


def test_a_partial_and_a_callable_object_are_opaque(cells):
    cells.names["half"] = functools.partial(np.multiply, 0.5)
    cells("out = half(a)")
    assert cells.status("out") in (Status.INEXACT, Status.UNKNOWN)


def test_a_copy_by_the_standard_library_is_a_superset(cells):
    cells("out = copy.deepcopy(a)")
    assert cells.behind("out", "a") == [ALL] * N
    assert cells.status("out") == Status.INEXACT


IN_PLACE = ["a.setfield(v[0], float)", "a.__iadd__(v[:, None])"]


@pytest.mark.parametrize("call", IN_PLACE)
def test_a_method_that_writes_in_place_and_has_no_rule_is_no_longer_exact(cells, call):
    cells("import pandas as pd\nd = pd.DataFrame({'k': a[:, 0]})")
    cells(call)
    assert cells.status(call[0]) in (Status.INEXACT, Status.UNKNOWN)


def test_a_method_that_only_writes_a_file_changes_nothing(cells, tmp_path):
    cells.names["path"] = str(pathlib.Path(tmp_path) / "x.bin")
    before = len(cells.session.graph)
    cells("a.tofile(path)\n")
    assert cells.status("a") == Status.EXACT
    assert len(cells.session.graph) == before


def test_a_call_that_has_to_do_with_no_rows_records_nothing(cells):
    before = len(cells.session.graph)
    cells("n = max(3, 4)\nt = 'abc'.upper()\nd = dict(a=1)\nq = [1, 2].index(2)\n")
    assert len(cells.session.graph) == before


def test_an_error_of_a_rule_of_ours_makes_the_result_unknown_and_is_counted(cells):
    def broken(_call):
        raise RuntimeError("ours")

    cells.session.recorder.table.function(broken, np.cumsum)
    cells("out = np.cumsum(a)\nafter = out + 1")
    assert cells.status("after") == Status.UNKNOWN
    assert cells.swallowed() == {"cumsum": 1}
    assert "RuntimeError: ours" in cells.session.recorder.last_fault
    assert "1 of our own" in str(cells.session.status())


def test_an_error_of_a_rule_of_ours_makes_what_was_written_unknown(cells):
    def broken(_call):
        raise RuntimeError("ours")

    cells.session.recorder.table.method(broken, np.ndarray, ("__setitem__", "__getitem__"))
    cells("b = a * 1\nb[0] = 7\nc = a[:2, None]")
    assert cells.status("b") == cells.status("c") == Status.UNKNOWN
    assert cells.swallowed() == {"[]=": 1, "[]": 1}


def test_a_map_of_ours_that_does_not_fit_becomes_a_superset(cells):
    from traceprop_nb.lineage.maps import Identity
    from traceprop_nb.lineage.nodes import Kind

    cells.session.recorder.table.function(
        lambda call: call.emit((cells.node("a"), Identity(3), Kind.DIRECT, Status.EXACT)), np.sort
    )
    cells("out = np.sort(a)")
    assert cells.behind("out", "a") == [ALL] * N
    assert cells.status("out") == Status.INEXACT
    assert cells.swallowed() == {"sort: rows": 1}
