"""Cells that nobody traced: what they only looked at stays, what they may have changed does not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.traced import rows
from traceprop_nb.errors import UntracedError
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.session import core

SAME = rows(0, 1, 2)


@pytest.fixture
def cells(notebook):
    """A frame ``d`` and an array ``x`` of three rows, as sources, and values made of them."""
    notebook("import numpy as np, pandas as pd\ndef shuffle(t):\n    return None\n")
    notebook.source("d", pd.DataFrame({"k": [3, 1, 2], "v": [1.0, None, 2.0]}))
    notebook.source("x", np.arange(6.0).reshape(3, 2))
    notebook("e = d[d.k > 0]\ny = x * 2\n")
    return notebook


LOOKED = ["e.head()", "print(len(e), y.mean())", "e", "e.shape", "z = e['v'].mean()",
          "q = y[1:] + 1",
          "e.describe()", "n = len(y)", "e.to_csv('/dev/null')", "w = e", "k = e.k.max()",
          "for r in y:\n    print(r)", "f'{y}'", "assert len(y) == 3", "x2 = y + 1"]  # fmt: skip


@pytest.mark.parametrize("source", LOOKED)
def test_a_value_that_was_only_looked_at_stays_exact(cells, source):
    cells(source, traced=False)
    for name in ("e", "y", "d", "x"):
        assert cells.status(name) == Status.EXACT


TOUCHED = {
    "e['v'] = 0": "e",
    "e.loc[0, 'v'] = 9": "e",
    "y[0] = 5": "y",
    "y[0], y[1] = 1, 2": "y",
    "y += 1": "y",
    "y[1:] *= 2": "y",
    "e.sort_values('k')": "e",
    "shuffle(y)": "y",
    "np.random.shuffle(y)": "y",
    "shuffle(t=y)": "y",
    "shuffle(y[1:])": "y",
    "e.v.clip(0)": "e",
    "[*map(shuffle, [y])]": "y",
    "%timeit y": "y",
}


@pytest.mark.parametrize("source", TOUCHED)
def test_a_value_that_may_have_been_changed_is_assumed(cells, source):
    if source.startswith("%"):
        cells.session.begin_cell(9, source, traced=False)
        cells.session.bind(cells.names)
        cells.session.end_cell(True)
    else:
        cells(source, traced=False)
    name = TOUCHED[source]
    assert cells.status(name) == Status.ASSUMED
    assert cells.behind(name, "d" if name == "e" else "x") == SAME
    other = "y" if name == "e" else "e"
    assert source.startswith("%") or cells.status(other) == Status.EXACT


def test_a_doubt_names_the_cell(cells):
    cells("y[0] = 5", traced=False)
    doubts = cells.session.why(cells.names["y"]).doubts
    assert [(d.operation, d.status, d.cell) for d in doubts] == [
        ("untraced cell 3", Status.ASSUMED, 3)
    ]


def test_a_value_whose_number_of_rows_changed_is_unknown(cells):
    cells("e.drop(e.index[:1], inplace=True)".replace(", inplace=True", "") + "\n"
          "e.loc[7] = [1, 2.0]", traced=False)  # fmt: skip
    assert cells.status("e") == Status.UNKNOWN


def test_what_an_untraced_cell_made_is_unknown_and_its_cell_is_named(cells):
    cells("made = x[::-1]\nd2 = d.head(1)", traced=False)
    with pytest.raises(UntracedError, match="'made' is UNKNOWN: cell 3 made it"):
        cells.session.rows(cells.names["made"], 0)
    cells("after = made + 1")
    assert cells.status("after") != Status.EXACT


def test_a_remade_value_is_known_again(cells):
    cells("y[0] = 5", traced=False)
    cells("y = x * 3")
    assert cells.status("y") == Status.EXACT


def test_a_cell_that_could_not_be_rewritten_counts_as_untraced(cells, monkeypatch):
    def refuse(*_):
        raise RecursionError("too deep")

    monkeypatch.setattr(core, "rewrite_module", refuse)
    cells("y[0] = 5")
    assert not cells.session.cells[-1].rewritten
    assert cells.status("y") == Status.ASSUMED
    assert cells.swallowed() == {"rewrite": 1}
