"""A stored session is exported as it was, but for what a store does not keep; no damage hides."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st
from sqlalchemy import text

from tests.merged import CLEAN, A, B
from tests.stores.stored import ALIVE, closed, opened, reopened
from tests.test_session_learning import FIT, N_A, N_B, table, train
from tests.traced import Notebook
from traceprop_nb.errors import OptionError, StoreError
from traceprop_nb.exports import openlineage_read, prov_read
from traceprop_nb.exports.formats import FORMATS
from traceprop_nb.exports.loss import without
from traceprop_nb.exports.model import Column, SessionGraph
from traceprop_nb.session.exporting import export_stored
from traceprop_nb.session.picture import picture
from traceprop_nb.session.pictured import LOSES

STEPS = {name: one for name, one in FORMATS.items() if one.carries_steps}


def kept(graph: SessionGraph) -> SessionGraph:
    """The picture without what a store does not keep."""
    sources = tuple(
        replace(source, columns=tuple(Column(one.name) for one in source.columns))
        for source in graph.sources
    )
    return replace(without(graph, LOSES), sources=sources)


def written(graph: SessionGraph) -> dict[str, bytes]:
    """Every format's bytes; an error in words where it has no subject."""
    found = {}
    for name, form in FORMATS.items():
        try:
            found[name] = form.write(graph)
        except OptionError as error:
            found[name] = str(error).encode()
    return found


def train_cells(work, folder) -> None:
    (folder / "a.csv").write_text(table(1, N_A))
    (folder / "b.csv").write_text(table(2, N_B))
    train(work, FIT, "clf")
    work("g = d.groupby('y').mean()", name="grouped")
    with pytest.raises(ZeroDivisionError):
        work("z = d.sort_values('v')\n1 / 0")
    work("q = X[::2]", traced=False)
    work("h = q + 1; first = second = d.head()")
    train(work, "other = LogisticRegression(C=0.5).fit(X, y)", "other")
    work.session.unlearn(run="clf", rows=[1, 2], gold=True)
    work("h = h + 1")
    work.session.training.update(replace(work.session.runs["clf"]))  # as a retraining does
    work("h = h + 1")


@pytest.mark.parametrize("detail", ["named", "all"])
def test_every_format_of_a_stored_session_is_that_of_the_live_one(files, detail):
    work = opened("s.db")
    train_cells(work, files)
    live = picture(work.session, detail=detail, person="A. Nurse")
    assert {run.name for run in live.runs} > {"clf", "other"}
    assert len({edge.child for edge in live.edges if edge.parent == "run/0"}) == 1
    assert {cell.ok for cell in live.cells} == {True, False}
    past = reopened("s.db").lineage(closed(work))
    again = picture(past, detail=detail, person="A. Nurse")
    assert again == kept(live)
    assert written(again) == written(kept(live))


CELLS = st.sampled_from([
    "d = d.sort_values('v')", "e = d", "d = d[d.v > 0]", "del e", "e = a.dropna()", "f = 1",
    "f = d.v.mean()", "f = e", "m = d.groupby('c')[['v']].mean()", "X = d[['v', 'w']].to_numpy()",
    "X[0] = 1.0", "X = X[::-1]", "d['k'] = d.v * 2", "1 / 0", "a = pd.read_csv('a.csv')",
    "e = e.merge(b, on='id')", "X = np.flip(X, 0); g = X", "h = np.unique(X)",
])  # fmt: skip


@example(
    [
        ("X = np.flip(X, 0); g = X", True),
        ("X = d[['v', 'w']].to_numpy()", False),
        ("X = np.flip(X, 0); g = X", True),
    ]
)  # a name that was nobody's for a while keeps its place before a younger one
@given(st.lists(st.tuples(CELLS, st.booleans()), max_size=8))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_law_any_session_is_pictured_the_same_when_it_is_read_back(cells):
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path("a.csv").write_text(A)
        Path("b.csv").write_text(B)
        work = opened("s.db")
        work(CLEAN)
        for source, traced in cells:
            with contextlib.suppress(Exception):  # a cell may fail by itself
                work(source, traced=traced)
        live = {d: picture(work.session, detail=d) for d in ("named", "all")}
        past = reopened("s.db").lineage(closed(work))
        for detail, graph in live.items():
            assert picture(past, detail=detail) == kept(graph)
        closed(ALIVE[-1])
    assert os.getcwd() == before


def test_columns_are_told_while_the_file_is_the_one_that_was_read(files):
    work = opened("s.db")
    work(CLEAN)
    name = closed(work)
    (files / "b.csv").write_text("id,other\nb,1\n")
    past = reopened("s.db").lineage(name)
    columns = {one.name: [c.name for c in one.columns] for one in picture(past).sources}
    assert columns == {"a.csv": ["id", "v", "c"], "b.csv": []}


def test_hidden_names_stay_hidden(files):
    work = Notebook()
    ALIVE.append(work)
    work.session.open("s.db", names="keyed")
    train_cells(work, files)
    live = picture(work.session)
    past = reopened("s.db").lineage(closed(work))
    (files / "a.csv").unlink()  # its columns' names are in it, and were never in the store
    (files / "b.csv").unlink()
    told = b"".join(written(picture(past, detail="all")).values())
    assert not [w for w in (b"a.csv", b"b.csv", b"clf", b"grouped", b"second") if w in told]
    assert [c.digest for c in picture(past).cells] == [c.digest for c in live.cells]
    assert {c.digest[:12] for c in live.cells} == {"hmac-sha256:"}


def test_a_column_that_is_called_as_a_year_hides_no_time(files):
    year = str(datetime.now(UTC).year)
    (files / "y.csv").write_text(f"{year},v\n1,2\n")
    work = Notebook()
    ALIVE.append(work)
    work.session.open("s.db", names="keyed")
    work("import pandas as pd\ny = pd.read_csv('y.csv')")
    live = picture(work.session)
    again = picture(reopened("s.db").lineage(closed(work)))
    for graph in (live, again):
        spans = json.loads(FORMATS["opentelemetry"].write(graph))["resourceSpans"][0]["scopeSpans"]
        assert len(spans[0]["spans"]) == 1
        assert graph.started.startswith(year)


# -- damage ----------------------------------------------------------------------------------------


@pytest.fixture
def damaged(files):
    """A session of three parts, of which the second is gone."""
    work = opened("s.db")
    work(CLEAN)
    work("half = X[::2]\nspare = X[1:]")
    work("quarter = half[::2]\nboth = np.concatenate([X, half])\nnew = X + 1")
    storage = work.session.storage
    [_, gone, _] = [body["segment"] for _, body in storage.others.parts(storage.id)]
    name = closed(work)
    storage = reopened("s.db")
    with storage.store.database.begin() as connection:
        connection.execute(text("DELETE FROM segments WHERE digest = :d"), {"d": gone})
    return storage.lineage(name)


@pytest.mark.parametrize("detail", ["named", "all"])
def test_what_a_store_lost_is_unknown_and_in_sight_in_every_file_that_has_a_place(damaged, detail):
    whole = picture(damaged, detail=detail)
    values = {one.name: one for one in whole.values}
    assert "half" not in values  # its name went with the part
    lost = {one.id for one in whole.values if one.operation == "lost"}
    assert lost
    assert {one.status for one in whole.values if one.id in lost} == {"unknown"}
    parents = {n: {e.parent for e in whole.edges if e.child == values[n].id} for n in values}
    assert parents["quarter"] & lost
    assert parents["both"] & lost
    assert not parents["new"] & lost
    rows = {(one.value, one.status) for one in whole.row_lineage}
    status = {name: {s for value, s in rows if value == values[name].id} for name in values}
    assert status["both"] == {"unknown"}
    assert status["quarter"] <= {"unknown"}
    assert status["new"] == {"exact"}
    assert any(one.name == "lost" and one.status == "unknown" for one in whole.operations)
    assert all(one.rows != 0 for one in whole.values)
    for read, name in ((prov_read.read, "prov-json"), (openlineage_read.read, "openlineage")):
        told = read(STEPS[name].write(whole))
        assert {one.status for one in told.values if one.operation == "lost"} == {"unknown"}


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_without_a_place_for_a_gap_is_refused(damaged, tmp_path, name):
    target = tmp_path / "out"
    if name in STEPS:
        export_stored(damaged, target, format=name)
        assert b"lost" in target.read_bytes()
    else:
        with pytest.raises(StoreError, match=f"{name} has no place to say what is gone of session"):
            export_stored(damaged, target, format=name)
        assert not target.exists()


def test_the_formats_that_have_a_place_are_those_that_carry_steps():
    assert set(STEPS) == {"prov-json", "prov-turtle", "openlineage"}


def test_a_session_of_the_first_versions_has_no_models_made_and_is_read(files, monkeypatch):
    from traceprop_nb.session import keeping

    monkeypatch.setattr(keeping, "pack", older(keeping.pack))
    (files / "a.csv").write_text(table(1, N_A))
    (files / "b.csv").write_text(table(2, N_B))
    work = opened("s.db")
    train(work, FIT, "clf")
    train(work, "other = LogisticRegression(C=0.5).fit(X, y)", "other")
    live = picture(work.session)
    past = reopened("s.db").lineage(closed(work))
    lacks = tuple(e for e in live.edges if not e.parent.startswith("run/"))
    cells = tuple(replace(cell, began="", ended="", error="") for cell in live.cells)
    assert picture(past) == replace(kept(live), edges=lacks, cells=cells)
    assert b"spans" in FORMATS["opentelemetry"].write(picture(past))


def older(pack):
    """Packs a part as it was before models had nodes, runs an order and cells times."""

    def packed(header, arrays):
        runs = [{k: v for k, v in run.items() if k != "model_node"} for run in header["runs"]]
        kept = {k: v for k, v in header.items() if k not in ("order", "ended")}
        return pack(kept | {"runs": runs}, arrays)

    return packed
