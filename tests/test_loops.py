"""Loops over values: each element is the row that indexing would have given, or nothing is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.traced import rows
from traceprop_nb.lineage.nodes import Status

N = 4
SAME = rows(*range(N))


@pytest.fixture
def nb(notebook):
    """A matrix ``a`` and a vector ``b`` of four rows, and a frame ``d`` of three."""
    notebook("import numpy as np, pandas as pd, torch")
    notebook.source("a", np.arange(8.0).reshape(N, 2))
    notebook.source("b", np.arange(4.0))
    notebook.source(
        "d", pd.DataFrame({"x": [1.0, 2.0, 3.0], "ü": [3.0, 4.0, 5.0]}, index=[7, 7, 1])
    )
    return notebook


LOOPS = {
    "out = np.stack([r * 2 for r in a])": SAME,
    "L = []\nfor r in a:\n    L.append(r + 1)\nout = np.vstack(L)": SAME,
    "out = np.vstack([r for r in a[::-1]])": rows(3, 2, 1, 0),
    "out = np.vstack([r for r in a if r[0] > 1])": rows(1, 2, 3),
    "out = np.vstack([r for i, r in enumerate(a) if i % 2])": rows(1, 3),
    "out = np.vstack([r * v for r, v in zip(a, b)])": SAME,
    "out = np.vstack([r * v for i, (r, v) in enumerate(zip(a, b, strict=True))])": SAME,
    "out = np.vstack([x for part in [a, a[::2]] for x in part])": rows(0, 1, 2, 3, 0, 2),
    "out = np.vstack([[*{k: r for k, r in enumerate(a)}.values()][2]])": rows(2),
    "def f(x):\n    for r in x:\n        yield r * 2\nout = np.vstack([r for r in f(a)])": None,
    "def f(x):\n    return np.vstack([r for r in x])\nout = f(a[1:])": rows(1, 2, 3),
    "def f(x, n):\n    L = []\n    for r in x:\n        L.append(r if n else f(x, 1)[0])\n"
    "    return np.vstack(L)\nout = f(a, 0)": rows(0, 0, 0, 0),
    "for r in a:\n    if r[0] > 3:\n        break\nout = np.vstack([r])": rows(2),
    "for r in a:\n    continue\nelse:\n    out = np.vstack([r])": rows(3),
    "for k in range(2):\n    for r in a:\n        break\nout = np.vstack([r])": rows(0),
    "t = torch.from_numpy(a.copy())\nout = torch.stack([r for r in t])": SAME,
    "c = a.copy()\nfor r in c:\n    r[:] = 0\n    break\nout = c + 0": None,
}


@pytest.mark.parametrize("source", LOOPS)
def test_an_element_is_the_row_that_indexing_gives(nb, source):
    nb(source)
    assert nb.swallowed() == {}
    if LOOPS[source] is not None:
        assert nb.behind("out", "a") == LOOPS[source]
        assert nb.status("out") == Status.EXACT


FRAMES = {
    "out = np.vstack([s.to_numpy() for i, s in d.iterrows()])": rows(0, 1, 2),
    "out = np.vstack([s.to_numpy() for i, s in d[::-1].iterrows()])": rows(2, 1, 0),
    "out = np.column_stack([c.to_numpy() for n, c in d.items()])": rows(0, 1, 2),
    "L = []\nfor n, c in d[['ü']].items():\n    L.append(c * 2)\nout = pd.concat(L)": rows(0, 1, 2),
}


@pytest.mark.parametrize("source", FRAMES)
def test_a_frames_rows_and_columns(nb, source):
    nb(source)
    assert nb.behind("out", "d") == FRAMES[source]
    assert nb.status("out") == Status.EXACT


def test_a_row_that_was_written_before_its_turn_says_so(nb):
    nb(
        "c, L = a.copy(), []\nfor r in c:\n    L.append(r * 1)\n"
        "    c[1:] = a[0]\nout = np.vstack(L)"
    )
    assert all(0 in got for got in nb.behind("out", "a"))


def test_a_writable_row_writes_into_its_matrix(nb):
    nb("c = a.copy()\nfor r in c[:1]:\n    r[:] = a[3]\nout = c + 0")
    behind = nb.behind("out", "a")
    assert 3 in behind[0]
    assert [k in got for k, got in enumerate(behind)][1:] == [True] * 3


@pytest.mark.parametrize(
    "source",
    [
        "g = (r for r in a)\ndef use(it):\n    return np.vstack(list(it))\nout = use(g)",
        "def gen(x):\n    return (r for r in x)\ng, h = gen(a), gen(a[::-1])\n"
        "def use(it):\n    return np.vstack([*it])\nout = use(g)",
        "it = iter(a)\nnext(it)\nout = np.vstack([r for r in it])",
        "out = np.vstack([r for r in map(lambda r: r * 2, a)])",
    ],
)
def test_what_runs_later_or_elsewhere_is_not_guessed(nb, source):
    nb(source)
    assert nb.status("out") == Status.UNKNOWN


def test_lists_numbers_and_nothing_loop_as_ever(nb):
    nb("out = [x for x in [1, 2]]\nempty = [r for r in a[:0]]\ns = ''.join(c for c in 'ab')\n"
       "p = [(i, j) for i, j in {1: 2}.items()]")  # fmt: skip
    assert (nb.names["out"], nb.names["empty"], nb.names["s"], nb.names["p"]) == (
        [1, 2], [], "ab", [(1, 2)]
    )  # fmt: skip
    assert nb.swallowed() == {}


def test_after_unloading_a_rewritten_loop_still_runs(nb):
    nb("def f(x):\n    return [r.sum() for r in x] + [v for i, v in enumerate(x)]")
    nb.session.close()
    assert len(nb.names["f"](np.ones((2, 2)))) == 4
