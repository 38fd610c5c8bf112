"""A session that is stored: its events survive it, wait where they must, and hurt no cell."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading

import numpy as np
import pytest
from sqlalchemy import text

from tests.test_session_learning import FIT, N_A, N_B, table, train
from traceprop_nb.errors import OptionError, StoreError, UnknownNameError
from traceprop_nb.session import storage as storing
from traceprop_nb.session.core import Session

SECRET = "Käthe-Kollwitz-4711"


@pytest.fixture
def work(notebook, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text(table(1, N_A))
    (tmp_path / "b.csv").write_text(table(2, N_B))
    yield notebook
    if notebook.session.storage is not None:
        notebook.session.storage.close()


def test_what_happened_before_and_after_is_stored_in_one_chain(work, where):
    train(work, FIT, "clf")
    stored = work.session.open(where)
    work.session.unlearn(rows=[1, 2], gold=True)
    kinds = [event.kind for event in stored.events()]
    assert kinds == ["trained", "opened_store", "lineage", "facts", "forgot"]
    assert list(stored.events()) == list(work.session.events)
    assert stored.check() == []
    assert f"session {stored.id}" in repr(work.session.status())


def test_another_kernel_reads_what_this_one_wrote_and_names_its_head(work, where):
    train(work, FIT, "clf")
    first = work.session.open(where)
    later = Session().open(where)
    assert [one.id for one in later.sessions()] == [first.id, later.id]
    kinds = [e.kind for e in later.events(first.id)]
    assert kinds == ["trained", "opened_store", "lineage", "facts"]
    assert later.heads()[first.id] == first.heads()[first.id]
    work.session.unlearn(rows=[3])
    assert later.heads()[first.id][0] == 5
    assert later.check() == []
    later.close()


def test_a_session_that_is_cut_or_dropped_shows_because_a_later_one_named_it(work, where):
    first = work.session.open(where)
    train(work, FIT, "clf")
    later = Session().open(where)
    with later.store.database.begin() as connection:
        connection.execute(
            text("DELETE FROM events WHERE session = :s AND number = 3"), {"s": first.id}
        )
    [damage] = later.check()
    assert (damage.session, damage.what) == (first.id, "1 events are gone")
    with later.store.database.begin() as connection:
        connection.execute(text("DELETE FROM events WHERE session = :s"), {"s": first.id})
        connection.execute(text("DELETE FROM segments WHERE session = :s"), {"s": first.id})
        connection.execute(text("DELETE FROM sessions WHERE id = :s"), {"s": first.id})
    [damage] = later.check()
    assert damage.what == "the session is gone"
    later.close()


def test_heads_kept_elsewhere_show_a_cut_of_the_newest_session(work, where):
    stored = work.session.open(where)
    train(work, FIT, "clf")
    heads = json.loads(json.dumps(stored.heads()))
    with stored.store.database.begin() as connection:
        connection.execute(text("DELETE FROM events WHERE number = 3"))
    assert stored.check() == []
    assert [d.what for d in stored.check(heads)] == ["1 events are gone"]


def test_a_cell_is_stored_when_it_ends(work, tmp_path):
    stored = work.session.open(tmp_path / "s.db")
    work.session.begin_cell(9, "", traced=False)
    work.session.record_event("asked", n=1)
    assert len(stored.waiting) == 1
    assert len(stored.store.events(stored.id)) == 1
    work.session.end_cell(True)
    assert stored.waiting == []
    assert [row.kind for row in stored.store.events(stored.id)] == [
        "opened_store",
        "asked",
        "facts",
    ]


def test_a_store_that_cannot_be_written_makes_events_wait_and_no_cell_fail(
    work, tmp_path, monkeypatch
):
    stored = work.session.open(tmp_path / "s.db")
    append = stored.store.append

    def full(*_args):
        raise StoreError("the disk is full")

    monkeypatch.setattr(stored.store, "append", full)
    train(work, FIT, "clf")
    assert "3 events wait, 0 will not be written: the disk is full" in stored.line
    assert work.names["clf"].coef_.shape == (1, 2)
    monkeypatch.setattr(stored.store, "append", append)
    work("pass")
    assert stored.waiting == []
    assert stored.trouble == ""
    kinds = [e.kind for e in stored.events()]
    assert [kind for kind in kinds if kind not in ("lineage", "facts")] == [
        "opened_store",
        "trained",
    ]
    assert stored.check() == []


def test_a_connection_that_the_server_ends_loses_nothing(work, server):
    import psycopg

    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE ended")
        stored = work.session.open(f"{server}/ended")
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'ended'"
        )
    for k in range(4):
        work.session.record_event("asked", n=k)
    assert stored.waiting == []
    assert [event.number for event in stored.events()] == [0, 1, 2, 3, 4]
    assert stored.check() == []


def test_events_beyond_what_may_wait_are_counted(work, tmp_path, monkeypatch):
    stored = work.session.open(tmp_path / "s.db")
    monkeypatch.setattr(storing, "MOST", 2)
    append = stored.store.append
    monkeypatch.setattr(stored.store, "append", lambda *_: (_ for _ in ()).throw(StoreError("no")))
    for k in range(5):
        work.session.record_event("asked", n=k)
    assert (len(stored.waiting), stored.unwritten) == (2, 3)
    monkeypatch.setattr(stored.store, "append", append)
    work.session.record_event("asked", n=9)
    assert "0 events wait, 4 will not be written" in stored.line
    assert [e.number for e in stored.events()] == [0, 1, 2]
    assert stored.check() == []
    assert len(work.session.events) == 7


def test_events_of_many_threads_are_one_chain(work, where):
    stored = work.session.open(where)
    threads = [
        threading.Thread(
            target=lambda: [work.session.record_event("asked", n=k) for k in range(20)]
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stored.events()) == 81
    assert stored.check() == []


def test_a_store_is_opened_once_and_in_one_place(work, tmp_path):
    stored = work.session.open(tmp_path / "s.db")
    assert work.session.open(tmp_path / "s.db") is stored
    with pytest.raises(OptionError, match=r"is stored in .* already"):
        work.session.open(tmp_path / "other.db")
    with pytest.raises(UnknownNameError, match="no session named 'nobody'"):
        stored.events("nobody")


def test_a_reset_begins_a_new_session_of_the_same_store(work, tmp_path):
    first = work.session.open(tmp_path / "s.db")
    work.session.reset()
    second = work.session.storage
    assert second is not None
    assert second.id != first.id
    assert [one.events for one in second.sessions()] == [2, 1], "the first one ends signed"
    assert second.check() == []


def test_a_store_that_cannot_be_opened_leaves_the_session_as_it_was(work, tmp_path):
    (tmp_path / "x").write_text("no database\n" * 500)
    with pytest.raises(StoreError):
        work.session.open(tmp_path / "x")
    assert work.session.storage is None
    assert len(work.session.events) == 0
    assert "none: tp.open()" in repr(work.session.status())


def test_without_a_name_the_store_lies_beside_the_notebook(work, tmp_path):
    stored = work.session.open()
    assert (tmp_path / ".traceprop/store.db").exists()
    assert stored.given == ".traceprop/store.db"


def test_the_interpreter_writes_what_waits_before_it_ends(tmp_path):
    code = (
        "import traceprop_nb as tp\n"
        "s = tp.open('s.db')\n"
        "tp.session().begin_cell(1, '', traced=False)\n"
        "tp.session().record_event('asked', n=1)\n"
        "assert len(s.waiting) == 1\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": os.getcwd()},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with sqlite3.connect(tmp_path / "s.db") as connection:
        kinds = connection.execute("SELECT kind FROM events ORDER BY number").fetchall()
    assert [kind for (kind,) in kinds] == ["opened_store", "asked", "facts", "checkpoint"]
    connection.close()


def test_nothing_of_the_rows_is_in_the_store_its_log_or_a_copy(work, tmp_path):
    rows = "who,u,v,y\n" + "".join(
        f"{SECRET},{u:.3f},{v:.3f},{k % 2}\n"
        for k, (u, v) in enumerate(np.random.default_rng(0).normal(size=(40, 2)))
    )
    (tmp_path / "a.csv").write_text(rows, encoding="utf-8")
    (tmp_path / "b.csv").write_text(rows, encoding="utf-8")
    stored = work.session.open(tmp_path / "s.db")
    train(work, FIT, "clf")
    work.session.influence(work.names["X"][:1])
    work.session.subject("who", SECRET)
    work.session.unlearn(rows=[1], gold=True)
    work.session.data_valuation(val=(work.names["X"][:5], work.names["y"][:5]))
    stored.backup(tmp_path / "copy.db")
    files = [p for p in tmp_path.rglob("*") if p.name.startswith(("s.db", "copy.db"))]
    assert len(files) >= 3
    for path in files:
        assert SECRET.encode() not in path.read_bytes(), path.name
    assert {e.kind for e in stored.events()} >= {"subject", "forgot", "valued", "influence"}


def test_no_text_of_a_signed_event_is_shortened(work, tmp_path):
    stored = work.session.open(tmp_path / "s.db")
    signature = "(/wZ9/Kq+/a/b=="
    stored.record_signed("anchored", token=signature)
    stored.record("asked", token=signature)
    kept = [e.body["token"] for e in stored.events() if "token" in e.body]
    assert kept[0] == signature
    assert kept[1] != signature  # the control: what looks like a path in any other event
