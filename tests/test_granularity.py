"""How much of a loop is kept, what bounds the log, and which values are stale."""

from __future__ import annotations

import numpy as np
import pytest

from traceprop_nb.lineage.nodes import Status

LOOP = """
out = np.zeros_like(a)
parts = []
for k in range(len(a)):
    row = a[k] * 2
    parts.append(row + 1)
    out[k] = row
while len(parts) > 4:
    parts = [p * 2 for p in parts[:4]]
after = out + a
"""


def traced(notebook, source, granularity):
    session = notebook.session
    notebook.number += 1
    session.begin_cell(notebook.number, source, traced=True, granularity=granularity)
    import ast

    exec(compile(session.rewrite(ast.parse(source)), "<cell>", "exec"), notebook.names)
    session.bind(notebook.names)
    return session.end_cell(True)


@pytest.fixture
def nb(notebook):
    notebook("import numpy as np")
    notebook.source("a", np.arange(12.0).reshape(6, 2))
    return notebook


def test_batch_keeps_writes_and_what_stands_outside_of_loops(nb):
    every = traced(nb, LOOP, "op").operations
    few = traced(nb, LOOP, "batch")
    assert few.operations < every
    ops = [nb.session.graph.op_name(n) for n in range(len(nb.session.graph))][-few.operations :]
    assert ops.count("[]=") == 6
    assert "*" not in ops
    assert nb.swallowed() == {}


def test_what_a_loop_made_unrecorded_is_unknown_and_never_wrong(nb):
    traced(nb, LOOP, "batch")
    assert nb.status("after") == Status.UNKNOWN
    traced(nb, "b = a[::-1]\nfor k in range(3):\n    b = b * 2\nc = b + 0", "epoch")
    assert nb.status("c") == Status.UNKNOWN


def test_the_same_values_come_out_at_every_granularity(nb):
    traced(nb, LOOP, "op")
    expected = nb.names["after"].copy()
    for granularity in ("batch", "epoch"):
        traced(nb, LOOP, granularity)
        np.testing.assert_array_equal(nb.names["after"], expected)


def test_a_functions_loop_and_the_next_cell_are_as_they_say(nb):
    traced(nb, "def f(x):\n    for k in range(2):\n        x = x + 1\n    return x", "batch")
    nb("y = f(a)\nz = a + 1")
    assert nb.status("y") == Status.UNKNOWN
    assert nb.status("z") == Status.EXACT


def test_a_loop_can_not_fill_the_memory(nb):
    recorder = nb.session.recorder
    recorder.limit = len(nb.session.graph.node_log) + 6 * 1000
    nb("b = a\nfor k in range(5000):\n    b = b + 1\nc = np.ones(3)\nc[0] = b[0, 0]\nd = a * 2")
    assert len(nb.session.graph) < 1100
    assert nb.names["b"][0, 0] == 5000.0
    assert {nb.status(name) for name in "bcd"} == {Status.UNKNOWN}
    assert nb.status("a") == Status.EXACT
    said = repr(nb.session.status())
    assert "full      since cell 2 nothing more is recorded" in said
    assert nb.swallowed() == {}
    nb.session.reset()
    nb.source("a", np.ones((2, 2)))
    nb("e = a + 1")
    assert nb.status("e") == Status.EXACT


def test_stale_values_are_named_with_the_cell_that_made_them_so(nb):
    nb("b = a[:4]")
    nb("c = b * 2")
    nb("d = c + 1")
    assert nb.session.status().stale == {}
    nb("b = a[2:]")
    stale = nb.session.status().stale
    assert stale["c"] == "cell 3 used b of cell 2, which cell 5 has made again"
    assert stale["d"].startswith("cell 4 used c, which is stale itself: cell 3 used b")
    assert "b" not in stale
    answer = nb.session.rows(nb.names["c"], 0)
    assert answer.notes == (f"c is stale: {stale['c']}",)
    assert "stale     c: cell 3" in repr(nb.session.status())
    nb("c = b * 2")
    assert "c" not in nb.session.status().stale
    assert "d" in nb.session.status().stale


def test_a_deleted_name_is_not_stale_and_its_lineage_stays(nb):
    nb("b = a[:4]")
    nb("c = b * 2")
    nb("b = a[2:]\ndel c")
    assert nb.session.status().stale == {}
    assert len(nb.session.graph) > 3
