"""``%lineage X --code``: the script alone makes the same value, and holds nothing else."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest

from traceprop_nb.errors import UntracedError
from traceprop_nb.session.slicing import script
from traceprop_nb.session.stale import cell_names

CSV = "id,age,pay\n1,30,1.5\n2,41,\n3,25,3.5\n4,67,2.0\n5,52,9.0\n6,38,4.0\n"
CELLS = [
    "%%trace load\nimport pandas as pd\nimport numpy as np\nimport json\n"
    "from random import random as rnd",
    "people = pd.read_csv('people.csv')\nother = people.head(2)\nprint('hello')",
    "def clean(t, low=20):\n    kept = t.dropna()\n    return kept[kept.age > low]\n"
    "def unused(t):\n    return t",
    "rows = clean(people)\nrows = rows.copy()\nrows['rate'] = rows['pay'] / rows['age']",
    "other['age'] = 0\nother = other.sort_values('age')",
    "np.random.seed(3)\norder = np.random.permutation(len(rows)); junk = json.dumps([1])",
    "matrix = rows[['age', 'rate']].to_numpy()[order]",
    "matrix[0] = 0.0\nmatrix *= 2\nlater = matrix + 1",
    "matrix.sort(axis=0)\nfor k in range(2):\n    matrix[k] += k",
    "class Model:\n    scale = 2.0\n    def __call__(self, x):\n        return x * self.scale\n"
    "model = Model()",
    "out = model(matrix)\nnames = [n for n in rows.columns]",
]


@pytest.fixture
def nb(notebook, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.csv").write_text(CSV)
    for cell in CELLS:
        notebook(cell.replace("%%trace load\n", ""))
        notebook.session.cells[-1].source = cell
    return notebook


def digest(value):
    return hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()


@pytest.mark.parametrize("name", ["out", "matrix", "later", "order"])
def test_the_script_alone_makes_the_same_value(nb, name):
    found = script(nb.session, name)
    names = {}
    exec(found.text, names)
    if name == "later":  # made before matrix was sorted in place
        assert "matrix.sort" not in found.text
    assert digest(names[name]) == digest(nb.names[name])


def test_what_the_value_does_not_need_is_left_out(nb):
    found = script(nb.session, nb.names["out"])
    for absent in ("json", "other", "unused", "later", "print", "names", "junk", "rnd"):
        assert absent not in found.text, absent
    assert found.left_out == 10
    assert 5 not in found.cells
    assert found.text.startswith("# cell 1\nimport pandas as pd\nimport numpy as np\n\n# cell 2\n")


def test_frames_come_back_too(nb):
    names = {}
    exec(script(nb.session, "rows").text, names)
    pd.testing.assert_frame_equal(names["rows"], nb.names["rows"])


def test_the_cell_that_ran_last_counts(nb):
    nb("rows = clean(people, 40)")
    text = script(nb.session, "rows").text
    assert "clean(people, 40)" in text
    assert "rate" not in text


def test_what_failed_or_is_no_python_is_said(nb):
    with pytest.raises(ZeroDivisionError):
        nb("bad = 1 / 0")
    nb("final = out + 1")
    nb.session.cells[-1].source = "!ls\nfinal = out + 1"
    found = script(nb.session, "final")
    assert found.notes == (
        "cell 12 did not end well and is left out",
        "magics and commands of cell 13 are left out",
    )


def test_a_value_without_a_name_has_no_script(nb):
    with pytest.raises(UntracedError, match="give the name of a variable"):
        script(nb.session, np.ones(3))


def test_it_is_saved_as_it_is_shown(nb, tmp_path):
    found = script(nb.session, "order")
    assert found.save(tmp_path / "ordnung.py").read_text("utf-8") == repr(found)


def test_the_names_that_each_cell_binds_and_reads(nb):
    found = {one.cell: one for one in cell_names(nb.session)}
    assert (found[4].binds, found[4].reads) == ({"rows"}, {"clean", "people"})
    assert found[5].reads == {"other"}
    assert found[9].binds == {"matrix", "k"}
