"""Writes into values that something else holds, and values that no expression of the cell made."""

from __future__ import annotations

import numpy as np
import pytest

from tests.traced import Notebook
from traceprop_nb.lineage.nodes import Status


@pytest.fixture
def nb():
    notebook = Notebook()
    notebook("import numpy as np\nimport pandas as pd\nfrom types import SimpleNamespace")
    notebook.source("x", np.arange(3.0))
    notebook.source("y", np.arange(3.0) + 5)
    yield notebook
    notebook.session.close()


def sources(nb, row=1):
    answer = nb.answer("x", row)
    return answer.status, {name: rows.tolist() for name, rows in answer.sources.items()}


@pytest.mark.parametrize(
    "update",
    [
        "x += y",
        "o = SimpleNamespace(x=x); o.x += y",
        "l = [x]; l[0] += y",
        "d = {'k': x}; d['k'] += y",
        "x[:] += y",
        "x[:]: object = x + y",
        "np.add(x, y, out=x)",
    ],
)
def test_an_update_in_place_brings_the_other_rows_however_it_is_written(nb, update):
    nb(update)
    assert sources(nb) == (Status.EXACT, {"x": [1], "y": [1]})


@pytest.mark.parametrize(
    "write", ["for x[0] in y: pass", "with nullcontext(9.0) as x[0]: pass", "x[0], x[1] = y[:2]"]
)
def test_a_write_whose_value_is_not_seen_leaves_nothing_exact(nb, write):
    nb("from contextlib import nullcontext")
    nb(write)
    assert nb.answer("x", 0).status in (Status.UNKNOWN, Status.INEXACT)


def test_a_column_updated_as_an_attribute_brings_the_other_rows(nb):
    nb("df = pd.DataFrame({'a': x}); other = pd.DataFrame({'a': y}); df.a += other.a")
    answer = nb.answer("df", 2)
    assert {name: rows.tolist() for name, rows in answer.sources.items()} == {"x": [2], "y": [2]}


def test_numbers_taken_out_by_iteration_are_their_rows_not_constants(nb):
    nb("z = np.array([i * 2 for i in x])\nu = np.array([*(i * 2 for i in x)])")
    assert nb.behind("z", "x") == [[i] for i in range(len(nb.names["x"]))]
    assert nb.answer("z", 0).status == Status.EXACT
    assert nb.answer("u", 0).status == Status.UNKNOWN
    nb("w = x * np.float64(3.0) + np.sqrt(2)")
    assert nb.answer("w", 1).status == Status.EXACT


def test_many_untraced_numbers_share_one_node(nb):
    before = len(nb.session.graph.sources)
    nb("t = 0.0\nfor i in x.repeat(200):\n    t = i * 2")
    assert len(nb.session.graph.sources) <= before + 1


def test_the_row_maps_of_a_cell_are_compressed_when_it_is_quiet(nb):
    nb.source("x", np.arange(9000.0))
    nb("z = x[np.arange(9000)[::-1] % 8999]")
    (row_map,) = [m for _, m, _, _ in nb.session.graph.edges(nb.node("z"))]
    assert not row_map.resolved
    nb.session.idle.settle()
    assert row_map.resolved
