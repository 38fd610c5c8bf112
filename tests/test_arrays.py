"""The short ways for arrays record what the rules record, and stand back where they must."""

from __future__ import annotations

import ast

import numpy as np
import pytest

from tests.traced import Notebook
from traceprop_nb.tracing.arrays import Arrays
from traceprop_nb.tracing.syntax import written_out

LINES = {
    "slice": "d = a[2:7]",
    "whole": "d = a[:]",
    "backwards": "d = a[::-2]",
    "from the end": "d = a[-3:]",
    "nothing": "d = a[5:2]",
    "row": "d = a[-1:]",
    "mask": "d = a[m]",
    "computed mask": "d = a[a[:, 0] > 3.0]",
    "positions": "d = a[i]",
    "negative positions": "d = a[-i]",
    "positions of a byte": "d = a[i.astype(np.int8)]",
    "tree": "d = (a - b) / c + b",
    "broadcast": "d = a * a[:, :1]",
    "columns": "d = a[:, 1]",
    "element": "d = a[3, 1]",
    "turned": "d = (a.T + b.T)[:, 2]",
    "slice of a temporary": "d = (a + b)[1:4]",
}
ROUTES = ("_aligned", "_taken")


def seen(line: str) -> tuple[list[object], object, object]:
    """Rows of a behind each row, status, and columns, of d."""
    cells = Notebook()
    cells("import numpy as np")
    rng = np.random.default_rng(0)
    for name in "abc":
        cells.source(name, rng.random((10, 3)) + 5 * (name == "c"))
    cells.names |= {"m": np.arange(10) % 3 > 0, "i": np.array([3, 1, 1, 9])}
    cells(line)
    table, node = cells.session.graph.column_table, cells.node("d")
    rows = [cells.behind("d", name, context=c) for name in "ab" for c in (False, True)]
    d = cells.names["d"]
    columns = [
        cells.session.rows(d, 0, column).sources if len(d) else None
        for column in range(d.shape[1] if np.ndim(d) == 2 else 0)
    ]
    decided = str(table.aside.get(node))
    return [rows, str(columns), decided], cells.status("d"), table.labels(node)


@pytest.mark.parametrize("line", LINES.values(), ids=LINES.keys())
def test_the_short_way_records_what_the_rules_record(line, monkeypatch):
    short = seen(line)
    for route in ROUTES:
        monkeypatch.setattr(Arrays, route, lambda *_: False)
    assert short == seen(line)


@pytest.mark.parametrize(
    ("name", "route"),
    [("slice", "_taken"), ("mask", "_taken"), ("positions", "_taken"), ("tree", "_aligned")],
)
def test_the_usual_cases_take_the_short_way(name, route, monkeypatch):
    taken, way = [], getattr(Arrays, route)
    monkeypatch.setattr(Arrays, route, lambda *a: taken.append(way(*a)) or taken[-1])
    seen(LINES[name])
    assert taken[-1] is True


def test_an_array_changed_unseen_is_unknown_on_the_short_way():
    cells = Notebook()
    a = cells.source("a", np.arange(12.0))
    a.shape = 3, 4  # no cell says so
    cells("e = a + a")
    b = cells.source("b", np.arange(12.0))
    b.shape = 3, 4
    cells("d = b[1:3]")
    assert cells.status("d").name == "UNKNOWN"
    assert cells.status("e").name == "UNKNOWN"


def test_the_key_stays_as_it_was_when_it_is_written_into_later():
    cells = Notebook()
    cells.source("a", np.arange(5.0))
    cells.names |= {"i": np.array([1, 2]), "m": np.array([True, False, True, False, False])}
    cells("d = a[i]\ne = a[m]\ni[:] = 4\nm[:] = True")
    assert cells.behind("d", "a") == [[1], [2]]
    assert cells.behind("e", "a") == [[0], [2]]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2:7", slice(2, 7)),
        (":, -1", (slice(None), -1)),
        ("'a'", "a"),
        ("::-1", slice(None, None, -1)),
        ("..., None", (..., None)),
    ],
)
def test_a_key_that_is_written_out_is_known(text, value):
    node = ast.parse(f"x[{text}]", mode="eval").body.slice
    assert written_out(node) == (True, value)


@pytest.mark.parametrize("text", ["i", "i:2", "[1]", "-i", "-True", "1, i", "~1", "f()"])
def test_a_key_that_is_not_written_out_is_not(text):
    node = ast.parse(f"x[{text}]", mode="eval").body.slice
    assert not written_out(node)[0]
