"""``%trace verify``: it finds lineage that is wrong, and leaves what the user holds alone."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pytest

import traceprop_nb as tp
from traceprop_nb.errors import OptionError, UnknownNameError
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.session.verify import verify
from traceprop_nb.tracing import declared

PEOPLE = pd.DataFrame(
    {"age": [30, 41, 25, 67, 52, 38], "pay": [1.0, np.nan, 3.5, 2.0, 9.0, 4.0],
     "city": ["Bern", "Zürich", "Bern", None, "Genf", "Bern"]}
)  # fmt: skip
CLEAN = """
older = people[people["age"] > 28].sort_values("age")
older["rank"] = older["pay"] - older["pay"].mean()
by_city = older.groupby("city")["pay"].sum()
values = older[["age", "rank"]].to_numpy() * scale
"""


@pytest.fixture
def people(notebook):
    notebook("import numpy as np, pandas as pd\nscale = 2.0")
    notebook.source("people", PEOPLE.copy())
    notebook(CLEAN, name="clean")
    return notebook


def test_a_cell_that_is_right_holds(people):
    found = verify(people.session)
    assert found.holds, found
    results = {one.name: one for one in found.results}
    assert {"older", "by_city", "values"} <= results.keys()
    assert results["older"].carried == 5
    assert results["values"].changed > 3
    assert "holds in" in repr(found)


def test_sparse_matrices_and_values_without_rows_are_compared_too(notebook):
    notebook(
        "import numpy as np\nimport sklearn.base\nfrom scipy import sparse\nfactor = np.array(2.0)"
    )
    notebook.source("wide", np.eye(4)[[0, 2, 3, 1]])
    notebook("packed = sparse.csr_matrix(wide)")
    notebook("doubled = packed * 2.0\nplain = wide * factor")
    found = verify(notebook.session, trials=2)
    results = {one.name: one for one in found.results}
    assert found.holds, found
    assert results["plain"].changed == results["doubled"].changed > 2


def test_by_number_or_name(people):
    assert verify(people.session, "clean").cell == verify(people.session, "2").cell == 2


def test_a_declared_rule_that_is_wrong_is_found(people, tmp_path, monkeypatch):
    (tmp_path / "mixing.py").write_text("def mix(x): return x.cumsum()\n")
    monkeypatch.syspath_prepend(tmp_path)
    people("import mixing")
    mix = people.names["mixing"].mix
    tp.rowwise(mix)
    people("total = mixing.mix(people['age'].to_numpy())")
    found = verify(people.session)
    declared.forget(mix)
    assert not found.holds
    assert "IS WRONG" in repr(found)
    assert "WRONG  row" in repr(found)


def test_a_rule_that_shifts_rows_is_found_by_what_frames_carry(people, tmp_path, monkeypatch):
    (tmp_path / "turning.py").write_text("def turn(t): return t[::-1].copy()\n")
    monkeypatch.syspath_prepend(tmp_path)
    people("import turning")
    turn = people.names["turning"].turn
    tp.rowwise(turn)
    people("turned = turning.turn(people)")
    found = verify(people.session)
    declared.forget(turn)
    assert any("carries row" in text for one in found.results for text in one.wrong)


def test_nothing_the_user_holds_is_touched(people):
    people(
        "box = [0]\ncount = 0\ndef more():\n    global count\n    count += 1\n    box.append(1)\n"
    )
    people("more(); people.loc[0, 'age'] = 31; np.random.rand(); noise = people[['pay']] + 1")
    before = (people.names["people"].copy(), list(people.names["box"]), people.names["count"])
    random.seed(5), np.random.seed(5)  # noqa: NPY002
    after_seed = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    size = len(people.session.graph)
    assert verify(people.session).holds
    pd.testing.assert_frame_equal(people.names["people"], before[0])
    assert (people.names["box"], people.names["count"]) == before[1:]
    assert (random.getstate(), np.random.get_state()[1].tolist()) == after_seed  # noqa: NPY002
    assert len(people.session.graph) == size
    people("late = people[::2]")
    assert people.status("late") == Status.EXACT


def test_functions_of_other_cells_are_followed_in_the_second_run_too(people):
    people("def young(t):\n    return t[t['age'] < 40]")
    people("kids = young(people)")
    found = verify(people.session)
    assert found.holds
    assert [(one.name, one.status) for one in found.results if one.name == "kids"] == [
        ("kids", Status.EXACT)
    ]
    assert next(one for one in found.results if one.name == "kids").carried == 3


def test_it_stops_in_time_and_says_so(people):
    found = verify(people.session, seconds=0.0)
    assert "changes left" in found.note
    assert found.note in repr(found)


def test_what_can_not_be_run_again_says_why(people):
    with pytest.raises(UnknownNameError, match=r"no traced cell 9 .*clean"):
        verify(people.session, 9)
    people("gone = people[:2]\nkept = gone + gone")
    people("last = gone[:1]")
    del people.names["gone"]
    people.session.namespace.pop("gone")
    with pytest.raises(OptionError, match="NameError: name 'gone'"):
        verify(people.session)
    people.session.cells[-1].source = "%time x = 1"
    with pytest.raises(OptionError, match="no plain Python"):
        verify(people.session)


def test_before_any_traced_cell_it_says_so(notebook):
    with pytest.raises(UnknownNameError, match="none yet"):
        verify(notebook.session)
