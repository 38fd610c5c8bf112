"""A file that a session wrote and reads again leads its rows on to those that were written."""

from __future__ import annotations

import numpy as np
import pytest

from tests.traced import Notebook
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.session import slicing

SIZE = 12
KEPT = [k for k in range(SIZE - 1, -1, -1) if k % 3]
"""Records of raw.csv in the order of the rows of ``d``."""
PREPARE = """
import joblib
import numpy as np
import pandas as pd
import sklearn
import torch
d = pd.read_csv("raw.csv")
d = d[d.k % 3 > 0].sort_values("k", ascending=False)
X = d.to_numpy()
t = torch.as_tensor(X)
"""
WAYS = {
    "csv": "d.to_csv('f.csv', index=False)\nf = pd.read_csv('f.csv')",
    "csv again": "d.to_csv('f.csv')\nd[::-1].to_csv('f.csv')\nf = pd.read_csv('f.csv')[::-1]",
    "csv in chunks": (
        "d.to_csv('f.csv')\nf = pd.concat([c for c in pd.read_csv('f.csv', chunksize=3)])"
    ),
    "parquet": "d.to_parquet('f.parquet')\nf = pd.read_parquet('f.parquet')",
    "pickle": "d.to_pickle('f.pkl')\nf = pd.read_pickle('f.pkl')",
    "npy": "np.save('f', X)\nf = np.load('f.npy')",
    "npz": "np.savez('f', X[::-1], y=X)\nz = np.load('f.npz')\nf = z['y']\nz.close()",
    "npz by place": "np.savez('f.npz', X)\nz = np.load('f.npz')\nf = z['arr_0']\nz.close()",
    "joblib": "joblib.dump(X, 'f.joblib')\nf = joblib.load('f.joblib')",
    "torch": "torch.save(t, 'f.pt')\nf = torch.load('f.pt')",
    "torch of several": (
        "torch.save({'a': [t[::2].flip(0), t]}, 'f.pt')\nf = torch.load('f.pt')['a'][1]"
    ),
}


@pytest.fixture
def work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "raw.csv").write_text("k,v\n" + "".join(f"{k},{k * k}\n" for k in range(SIZE)))
    work = Notebook()
    work(PREPARE)
    return work


def records(work: Notebook, name: str = "f") -> list[dict[str, list[int]]]:
    answers = [work.answer(name, row) for row in range(len(work.names[name]))]
    assert {answer.status for answer in answers} == {Status.EXACT}
    return [{source: list(map(int, of)) for source, of in a.sources.items()} for a in answers]


@pytest.mark.parametrize("way", WAYS)
def test_rows_read_again_are_the_rows_written(work, way):
    work(WAYS[way])
    assert records(work) == [{"raw.csv": [k]} for k in KEPT]
    assert work.session.recorder.swallowed == {}
    assert work.session.why(work.names["f"]).doubts == []


def test_the_first_records_of_a_file_are_the_first_rows(work):
    work("d.to_csv('f.csv', index=False)\nf = pd.read_csv('f.csv', nrows=3)")
    assert records(work) == [{"raw.csv": [k]} for k in KEPT[:3]]


def test_a_file_that_changed_since_is_a_source_of_its_own(work, tmp_path):
    work("d.to_csv('f.csv', index=False)")
    (tmp_path / "f.csv").write_text("k,v\n7,7\n")
    work("f = pd.read_csv('f.csv')")
    assert records(work) == [{"f.csv": [0]}]


def test_a_copy_of_a_file_is_a_source_of_its_own(work, tmp_path):
    work("d.to_csv('f.csv', index=False)")
    (tmp_path / "g.csv").write_bytes((tmp_path / "f.csv").read_bytes())
    work("f = pd.read_csv('g.csv')")
    assert records(work) == [{"g.csv": [row]} for row in range(len(KEPT))]


def test_what_was_written_counts_not_what_the_value_is_now(work):
    work("np.save('f.npy', X)\nX[:] = X[::-1].copy()\nf = np.load('f.npy')")
    assert records(work) == [{"raw.csv": [k]} for k in KEPT]


def test_a_reader_that_drops_records_gives_a_superset_and_says_why(work):
    work("d.to_csv('f.csv', index=False)\nf = pd.read_csv('f.csv', skiprows=[1])")
    answer = work.answer("f", 0)
    assert answer.status == Status.INEXACT
    assert sorted(answer.sources["raw.csv"]) == sorted(KEPT)


def test_a_file_of_values_made_up_in_the_notebook_stays_the_source(work):
    work("pd.DataFrame({'a': [1, 2]}).to_csv('f.csv', index=False)\nf = pd.read_csv('f.csv')")
    assert records(work) == [{"f.csv": [0]}, {"f.csv": [1]}]


def test_what_a_record_reached_goes_through_the_file(work):
    work("np.save('f.npy', X)\nf = np.load('f.npy') * 2")
    reached = work.session.impact("raw.csv", KEPT[1])
    assert [list(one.rows) for one in reached.values if one.name == "f"] == [[1]]


def test_columns_go_through_the_file(work):
    work("d.to_parquet('f.parquet')\nf = pd.read_parquet('f.parquet')[['v']]")
    [(source, record, line, column)] = work.session.rows(work.names["f"], 0, column="v").cells
    assert (source, record, line, column) == ("raw.csv", KEPT[0], KEPT[0] + 2, "v")


def test_the_script_of_a_value_writes_the_file_again(work, tmp_path):
    work("np.save('f.npy', X)")
    work("f = np.load('f.npy') + 1")
    code = slicing.script(work.session, "f").text
    assert "np.save" in code
    made: dict[str, object] = {}
    (tmp_path / "f.npy").unlink()
    exec(code, made)
    assert np.array_equal(made["f"], work.names["f"])
