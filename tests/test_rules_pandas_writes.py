"""Writes into frames: what is not row by row is a superset, and what was taken out stays."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.test_rules_pandas import ALL, SAME, N, frame
from traceprop_nb.lineage.nodes import Status


@pytest.fixture
def frames(notebook):
    """A frame ``d`` with labels that are no positions, and a second one ``e``, as sources."""
    notebook("import numpy as np, pandas as pd\n")
    notebook.source("d", frame([7, 3, 9, 1, 5]))
    notebook.source("u", frame([7, 7, 9, 9, 5]))
    notebook.source(
        "e", pd.DataFrame({"k": ["b", "c", "b"], "z": [1.0, 2.0, 3.0]}, index=[3, 7, 99])
    )
    return notebook


LOOSE_WRITES = ["g.iloc[1] = h.iloc[2]", "g.iloc[1] = h.iloc[2].to_numpy()",
                "g.loc[g['w'] > .2, 'w'] = e['z']",
                "g.iloc[[0, 1]] = h.iloc[:2].to_numpy()",
                "g[g['w'] > .2] = h.iloc[0]"]  # fmt: skip


@pytest.mark.filterwarnings("ignore")  # some of these are deprecated, and people write them
@pytest.mark.parametrize("statement", LOOSE_WRITES)
def test_writes_into_some_rows_are_supersets(frames, statement):
    frames("g, h = d[['w', 'v']].copy(), e[['z']].assign(w=1.0)\n" + statement)
    assert frames.status("g") in (Status.INEXACT, Status.UNKNOWN)
    assert frames.behind("g", "d") in (SAME, [ALL] * N)


def test_an_update_meets_by_label(frames):
    frames("g = d[['w', 'v']].copy()\ng.update(e[['z']].rename(columns={'z': 'w'}))")
    assert frames.behind("g", "d") == SAME
    assert frames.behind("g", "e") == [[1], [0], [], [], []]
    assert frames.status("g") == Status.EXACT


def test_a_series_that_is_looked_up_in_brings_the_rows_of_its_labels(frames):
    frames("m = e.iloc[1:].set_index('k')['z']\ng = d.assign(k=list('bcbxb'))\n"
           "g['z'] = g['k'].map(m)\ng['k'] = 'x'")  # fmt: skip
    assert frames.behind("g", "d") == SAME
    assert frames.behind("g", "e") == [[2], [1], [2], [], [2]]
    assert frames.status("g") == Status.EXACT


def test_arrays_taken_from_a_frame_do_not_change_with_its_columns(frames):
    frames("g = d[['w', 'v']].copy()\nx = g.to_numpy()\ng['w'] = e['z']\ng.insert(0, 'q', e['z'])\n"
           "g.v = e['z']")  # fmt: skip
    assert frames.behind("x", "e") == [[]] * N
    assert frames.status("x") == Status.EXACT


@pytest.mark.xfail(strict=True, reason="where() of a condition a row keeps the row's own record")
def test_a_row_whose_cells_were_all_taken_away_is_of_no_record(notebook):
    notebook("import pandas as pd")
    notebook.source("frame", pd.DataFrame({"k": [1, -1], "v": [5.0, 6.0]}))
    notebook("out = frame.where(frame['k'] >= 0)")
    assert notebook.behind("out", "frame") == [[0], []]
