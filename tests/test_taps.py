"""Taps: each sees what it should, gives the library back, and says when its door is broken."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn.model_selection._split as split
from pandas.core.internals import managers
from pandas.core.reshape import merge
from pandas.io.parsers import readers
from torch.utils.data import DataLoader, TensorDataset, dataloader as loaders

from tests.traced import Notebook, rows
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.session.core import Session
from traceprop_nb.tracing import hooks

IMPORTS = "import numpy as np, pandas as pd, torch\nimport sklearn.model_selection\n"
DOORS = {
    "pandas reindex_indexer": (managers.BaseBlockManager, "reindex_indexer"),
    "pandas _get_join_info": (merge._MergeOperation, "_get_join_info"),
    "pandas _read": (readers, "_read"),
    "sklearn _safe_indexing": (split, "_safe_indexing"),
    "torch _next_index": (loaders._BaseDataLoaderIter, "_next_index"),
    "torch __next__": (loaders._BaseDataLoaderIter, "__next__"),
}


def doors() -> dict[str, object]:
    """What stands at every door now."""
    return {name: getattr(*door) for name, door in DOORS.items()}


@pytest.fixture
def opened():
    """A session whose taps are in place."""
    session = Session()
    session.open_adapters()
    yield session
    session.close()


def test_taps_are_put_in_place_and_the_libraries_given_back():
    before = doors()
    session = Session()
    session.open_adapters()
    during = doors()
    assert all(during[name] is not before[name] for name in DOORS)
    session.open_adapters()
    assert doors() == during  # once only
    session.close()
    assert doors() == before


def test_a_reset_gives_the_libraries_back_too():
    before = doors()
    session = Session()
    session.open_adapters()
    session.reset()
    assert doors() == before


def test_two_sessions_that_close_in_turn_leave_the_libraries_as_they_were():
    before = doors()
    first, second = Session(), Session()
    first.open_adapters()
    second.open_adapters()
    second.close()
    first.close()
    assert doors() == before


def events(session: Session, kind: str) -> list[tuple]:
    """What a tap has noted."""
    return [event for event in session.recorder.events if event[0] == kind]


FRAME = pd.DataFrame({"k": [3, 1, 2], "v": [1.0, None, 2.0]}, index=[5, 5, 7])
WATCHED = {
    "moves": ("move", lambda: FRAME.sort_values("k")),
    "filters": ("move", lambda: FRAME[FRAME["k"] > 1]),
    "joins": ("join", lambda: FRAME.merge(FRAME, on="k")),
    "splits": ("taken", lambda: split.train_test_split(np.arange(4), random_state=0)),
}


@pytest.mark.parametrize("what", WATCHED)
def test_a_tap_notes_only_while_a_traced_cell_runs(opened, what):
    kind, happens = WATCHED[what]
    happens()
    assert events(opened, kind) == []
    hooks.bind(opened.recorder)
    happens()
    hooks.unbind()
    assert events(opened, kind)
    opened.recorder.events.clear()
    happens()
    assert events(opened, kind) == []


def test_a_move_is_the_row_map_and_the_managers_that_it_lies_between(opened):
    hooks.bind(opened.recorder)
    out = FRAME.sort_values("k")
    hooks.unbind()
    _, before, after, positions, ndim = events(opened, "move")[-1]
    assert (before(), after(), ndim) == (FRAME._mgr, out._mgr, 2)
    assert positions.tolist() == [1, 2, 0]


def test_columns_that_move_are_not_noted(opened):
    hooks.bind(opened.recorder)
    FRAME.sort_index(axis=1, ascending=False)
    hooks.unbind()
    assert events(opened, "move") == []


def test_a_join_is_both_sides_row_maps(opened):
    hooks.bind(opened.recorder)
    FRAME.merge(pd.DataFrame({"k": [2, 3, 3]}), on="k")
    hooks.unbind()
    _, left, right = events(opened, "join")[0]
    assert (left.tolist(), right.tolist()) == ([0, 0, 2], [1, 2, 0])


def test_a_split_notes_what_was_taken_of_what(opened):
    values = np.arange(4) + 10
    hooks.bind(opened.recorder)
    train, test = split.train_test_split(values, test_size=1, random_state=0)
    hooks.unbind()
    noted = events(opened, "taken")
    assert [e[1] is values for e in noted] == [True, True]
    assert [e[2] is part for e, part in zip(noted, (train, test), strict=True)] == [True, True]
    assert [values[e[3]].tolist() for e in noted] == [train.tolist(), test.tolist()]


@pytest.mark.parametrize("what", WATCHED)
def test_what_a_tap_notes_in_one_call_is_bounded(opened, what):
    happens = WATCHED[what][1]
    hooks.bind(opened.recorder)
    for _ in range(300):
        happens()
    hooks.unbind()
    assert len(opened.recorder.events) == 256


def test_reading_enters_a_source_with_what_is_needed_to_find_its_lines(opened, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x;y\n1;2\n3;4\n")
    pd.read_csv(path, sep=";")
    assert opened.graph.sources == {}
    hooks.bind(opened.recorder)
    frame = pd.read_csv(path, sep=";", nrows=1, skiprows=lambda line: line == 5)
    pd.read_csv(path, chunksize=1).close()
    hooks.unbind()
    (source,) = opened.graph.sources.values()
    assert (source.name, source.kind, source.path, source.n_rows) == ("a.csv", "file", str(path), 1)
    assert source.detail["options"]["delimiter"] == ";"
    assert source.detail["options"]["nrows"] == 1
    assert source.detail["unusual"] == ["skiprows"]
    assert source.detail["size"] == path.stat().st_size
    assert opened.recorder.identity.node(frame) == source.node


def test_text_that_is_no_file_is_a_table_without_a_path(notebook):
    notebook(IMPORTS + "import io\nd = pd.read_csv(io.StringIO('a,b\\n1,2\\n'))")
    (source,) = notebook.session.graph.sources.values()
    assert (source.name, source.kind, source.path) == ("StringIO", "table", None)
    assert notebook.behind("d", "StringIO") == rows(0)


def test_a_file_that_is_not_there_raises_what_pandas_raises(opened):
    hooks.bind(opened.recorder)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        pd.read_csv("nowhere.csv")
    hooks.unbind()
    assert opened.graph.sources == {}


def test_a_batch_is_recorded_only_while_a_traced_cell_runs(opened):
    import torch

    data = TensorDataset(torch.arange(4))
    opened.source(data.tensors[0], "t")
    before = len(opened.graph)
    list(DataLoader(data))
    assert len(opened.graph) == before
    hooks.bind(opened.recorder)
    kept = list(DataLoader(data, batch_size=2))
    hooks.unbind()
    assert len(opened.graph) == before + len(kept)


# -- broken doors ----------------------------------------------------------------------------------


BROKEN = {
    "pandas reindex_indexer": (managers.BaseBlockManager, "reindex_indexer"),
    "pandas _get_join_info": (merge._MergeOperation, "_get_join_info"),
    "pandas _read": (readers, "_read"),
}


def gone(monkeypatch, owner: object, name: str) -> None:
    """Move a door: what the library calls now has another name."""
    original = getattr(owner, name)
    monkeypatch.setattr(owner, "moved_" + name, original, raising=False)
    monkeypatch.delattr(owner, name)


@pytest.mark.parametrize("door", BROKEN)
def test_a_door_that_is_gone_is_said_and_the_others_stay_open(monkeypatch, door):
    owner, name = BROKEN[door]
    gone(monkeypatch, owner, name)
    session = Session()
    session.open_adapters()
    try:
        status = session.status()
        assert door in status.taps_off
        off = ", ".join(status.taps_off)
        assert f"taps off  {off}: their operations are inexact" in str(status)
        assert not hasattr(owner, name)
        assert "pandas _read" not in status.taps_off or door == "pandas _read"
    finally:
        session.close()
    assert not hasattr(owner, name)


def test_a_splitters_door_that_is_gone_is_said(monkeypatch):
    monkeypatch.delattr(split, "_safe_indexing")
    session = Session()
    session.open_adapters()
    session.close()
    assert not hasattr(split, "_safe_indexing")
    session.open_adapters()
    assert "sklearn _safe_indexing" in session.status().taps_off
    session.close()


def test_a_loaders_door_that_is_gone_is_said(monkeypatch):
    monkeypatch.delattr(loaders._BaseDataLoaderIter, "_next_index")
    session = Session()
    session.open_adapters()
    assert session.status().taps_off == ("torch DataLoader",)
    session.close()


def rearranged(monkeypatch) -> None:
    """As if pandas moved rows through a door of another name: the tap's own is never passed."""
    original = managers.BaseBlockManager.reindex_indexer

    def take(self, indexer, axis=1, verify=True):
        labels = self.axes[axis].take(indexer)
        return original(self, labels, np.asarray(indexer, np.intp), axis, allow_dups=True)

    monkeypatch.setattr(managers.BaseBlockManager, "take", take)


def test_operations_behind_a_closed_door_are_inexact_and_not_wrong(monkeypatch):
    rearranged(monkeypatch)
    notebook = Notebook()
    try:
        notebook(IMPORTS)
        assert "pandas reindex_indexer" in notebook.session.status().taps_off
        notebook.source("u", pd.DataFrame({"k": [3, 1, 2]}, index=[5, 5, 7]))
        notebook("out = u[u.k > 1]\nunique = u.reset_index(drop=True)\nkept = unique[unique.k > 1]")
        assert notebook.behind("out", "u") == rows([0, 1, 2], [0, 1, 2])
        assert notebook.status("out") == Status.INEXACT
        assert notebook.behind("kept", "u") == rows(0, 2)  # labels still tell
        notebook("new = u.sort_values('k', ignore_index=True)\n"
                 "fresh = unique.sort_values('k', ignore_index=True)")  # fmt: skip
        assert notebook.status("new") == notebook.status("fresh") == Status.INEXACT
    finally:
        notebook.session.close()


def test_a_tap_that_raises_leaves_the_users_call_alone(monkeypatch, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x\n1\n")
    notebook = Notebook()
    notebook.names["path"] = str(path)
    try:
        notebook(IMPORTS)
        notebook.session.recorder.on_source = None  # ours is broken
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            notebook("d = pd.read_csv(path)")
        assert notebook.names["d"].shape == (1, 1)
        assert notebook.swallowed() == {"read_csv": 1}
    finally:
        notebook.session.close()
