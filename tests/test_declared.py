"""What a user declares of a function that no rule knows, and what a probe finds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import traceprop_nb as tp
from tests.traced import rows
from traceprop_nb.errors import OptionError, ShapeError
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.tracing import declared

LIBRARY = """
import numpy as np
import statistics_of_ours as lib
"""


@pytest.fixture
def library(notebook, tmp_path, monkeypatch):
    """A module that nobody traces, and a matrix of four rows."""
    (tmp_path / "statistics_of_ours.py").write_text(
        "def double(x, y=None): return x * 2\n"
        "def turned(x): return x[::-1].copy()\n"
        "def pairs(x): return (x[:-1] + x[1:]).copy()\n"
        "def ranks(x): return x.argsort(0)\n"
        "class Model:\n    def apply(self, x): return x + 1\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    notebook(LIBRARY)
    notebook.source("a", np.arange(8.0).reshape(4, 2))
    known = dict(declared.RULES)
    yield notebook
    for function in [f for f in declared.RULES if f not in known]:
        declared.forget(function)


def test_undeclared_it_may_be_anything_and_why_says_what_to_do(library):
    library("out = lib.double(a)")
    assert library.status("out") == Status.UNKNOWN
    assert "%trace modules" in repr(tp_why(library, "out"))


def test_row_by_row_is_assumed_and_says_who_said_so(library):
    tp.rowwise(library.names["lib"].double)
    library("out = lib.double(a)\nnext_ = out + 1")
    assert library.behind("next_", "a") == rows(0, 1, 2, 3)
    assert library.status("next_") == Status.ASSUMED
    assert "declared row by row" in repr(tp_why(library, "next_"))


def test_arguments_of_another_length_are_context(library):
    tp.rowwise(library.names["lib"].double)
    library.source("w", np.arange(3.0))
    library("out = lib.double(a, y=w)")
    assert library.behind("out", "w", context=True) == rows(
        [0, 1, 2], [0, 1, 2], [0, 1, 2], [0, 1, 2]
    )
    assert library.behind("out", "w") == rows([], [], [], [])


def test_a_rule_names_one_row_each_or_several(library):
    tp.rule(library.names["lib"].turned)(lambda args, kwargs, out: range(len(out) - 1, -1, -1))
    tp.rule(library.names["lib"].pairs)(
        lambda args, kwargs, out: {0: [[i, i + 1] for i in range(len(args[0]) - 1)]}
    )
    library("t = lib.turned(a)\np = lib.pairs(a)")
    assert library.behind("t", "a") == rows(3, 2, 1, 0)
    assert library.behind("p", "a") == rows([0, 1], [1, 2], [2, 3])
    assert library.status("p") == Status.ASSUMED


def test_a_rule_that_is_wrong_makes_the_call_inexact_and_loses_nothing(library):
    tp.rule(library.names["lib"].turned)(lambda args, kwargs, out: [0, 1])
    library("out = lib.turned(a)")
    assert library.status("out") >= Status.INEXACT
    tp.rule(library.names["lib"].pairs)(lambda args, kwargs, out: [99, 0, 0])
    library("out = lib.pairs(a)")
    assert library.status("out") >= Status.INEXACT


def test_a_method_is_declared_by_its_function(library):
    tp.rowwise(library.names["lib"].Model.apply)
    library("out = lib.Model().apply(a)")
    assert library.behind("out", "a") == rows(0, 1, 2, 3)
    assert library.status("out") == Status.ASSUMED


def test_opaque_says_why(library):
    tp.opaque(library.names["lib"].ranks, "ranks look at every row")
    library("out = lib.ranks(a)")
    assert library.status("out") >= Status.INEXACT
    assert "ranks look at every row" in repr(tp_why(library, "out"))


def test_a_probe_declares_what_works_row_by_row(library):
    found = tp.probe(library.names["lib"].double, np.arange(12.0).reshape(6, 2))
    assert found.rowwise
    assert "5 subsets of 6 rows" in repr(found)
    library("out = lib.double(a)")
    assert library.behind("out", "a") == rows(0, 1, 2, 3)


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (lambda x: x - x.mean(), "without the other rows"),
        (lambda x: x[:1], "does not have the 6 rows"),
        (lambda x: x.cumsum(), "without the other rows"),
        (lambda x: x[: len(x) // 2] if len(x) < 6 else x, "another number"),
    ],
)
def test_a_probe_refuses_what_does_not(function, why):
    found = tp.probe(function, np.array([1.0, 5.0, 2.0, 8.0, 3.0, 9.0]))
    assert not found.rowwise
    assert why in repr(found)
    assert function not in declared.RULES


def test_a_probe_takes_frames_and_leaves_them_alone():
    table = pd.DataFrame({"x": [1.0, np.nan, 3.0], "t": ["a", "ü", None]})

    def marked(t):
        t["x"] = t["x"] * 2
        return t

    before = table.copy()
    assert tp.probe(marked, table).rowwise
    declared.forget(marked)
    pd.testing.assert_frame_equal(table, before)


def test_bad_input_is_named():
    with pytest.raises(OptionError, match=r"rowwise\(f\), not 3"):
        tp.rowwise(3)
    with pytest.raises(OptionError, match="0 trials"):
        tp.probe(np.sin, np.arange(3.0), trials=0)
    with pytest.raises(ShapeError, match="1 rows have no subsets"):
        tp.probe(np.sin, np.arange(1.0))


def tp_why(notebook, name):
    return notebook.session.why(notebook.names[name])
