"""Keys beside a store, and what is left of a person when theirs is destroyed."""

from __future__ import annotations

import stat
import threading

import numpy as np
import pytest

from tests.test_session_learning import FIT, N_A, N_B, table, train
from traceprop_nb.errors import OptionError, StoreError
from traceprop_nb.session.core import Session
from traceprop_nb.session.privacy.erasure import erase_subject
from traceprop_nb.session.privacy.pseudonyms import Pseudonyms
from traceprop_nb.stores.database import connect
from traceprop_nb.stores.keys import KeyTable, keys_of

WHO = "Käthe-4711"


@pytest.fixture
def work(notebook, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = table(1, N_A).splitlines()
    people = ["who,u,v,y"] + [f"{WHO if k == 3 else f'p{k}'},{r}" for k, r in enumerate(rows[1:])]
    (tmp_path / "a.csv").write_text("\n".join(people) + "\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text(table(2, N_B))
    yield notebook
    if notebook.session.storage is not None:
        notebook.session.storage.close()


def test_keys_are_kept_once_found_again_and_gone_when_dropped(where):
    database = connect(where)
    ring = KeyTable(database)
    assert ring.put("project", b"a" * 32) == b"a" * 32
    assert ring.put("project", b"b" * 32) == b"a" * 32
    ring.put("subject 1", b"c" * 32)
    ring.put("project old", b"d" * 32)
    assert ring.projects() == ["project", "project old"]
    again = KeyTable(connect(where))
    assert again.get(["nothing", "subject 1"]) == b"c" * 32
    assert again.get([]) is None
    assert ring.drop(["subject 1", "subject 2"]) == 1
    assert again.get(["subject 1"]) is None
    assert ring.left == ""
    again.database.close()
    database.close()


def test_the_keys_of_a_file_are_readable_by_their_owner_only_and_no_copy_has_them(work, tmp_path):
    stored = work.session.open(tmp_path / "s.db")
    keys = tmp_path / "s.db.keys"
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    train(work, FIT, "clf")
    work.session.subject("who", WHO)
    stored.backup(tmp_path / "copy.db")
    secrets = [stored.keys.get([name]) for name in ("project",)]
    assert all(secrets)
    assert not any(key in (tmp_path / "copy.db").read_bytes() for key in secrets)


def test_kernels_of_one_store_call_a_person_the_same_and_race_for_no_key(work, where):
    stored = work.session.open(where)
    later = Session()
    other = later.open(where)
    found: list[str] = []

    def ask(names: Pseudonyms) -> None:
        found.extend(names.person("who", [f"p{k}"]) for k in range(8))

    threads = [
        threading.Thread(target=ask, args=(s.guard.pseudonyms,)) for s in (work.session, later)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 8
    assert len(found) == 16
    other.close()
    assert stored.check() == []


def test_an_erased_person_is_found_by_no_key_and_in_no_file_and_the_chain_holds(work, where):
    stored = work.session.open(where)
    train(work, FIT, "clf")
    asked = work.session.subject("who", WHO)
    work.session.unlearn(where=f"who == '{WHO}'")
    before = [event.digest for event in stored.events()]
    done = erase_subject(work.session, "who", WHO)
    assert done.keys == 2
    assert done.found == []
    assert len(done.scanned) >= 2
    assert done.title == asked.title
    assert work.session.guard.pseudonyms.known("who", [WHO]) is None
    assert stored.check() == []
    assert [event.digest for event in stored.events()][: len(before)] == before
    [stone] = [event for event in stored.events() if event.kind == "erased_subject"]
    assert stone.body["who"] == asked.title
    assert work.session.subject("who", WHO).title != asked.title
    assert erase_subject(work.session, "who", "p1").keys == 0


def test_an_erasure_lists_what_it_does_not_reach(work, tmp_path):
    work.session.open(tmp_path / "s.db")
    train(work, FIT, "clf")
    done = erase_subject(work.session, "who", WHO)
    left = dict(done.unreached)
    assert left["a.csv"] == "holds 1 record of theirs"
    assert "unlearn(subject=...)" in left["run clf"]
    assert {"copies of the store and bundles", "backups of the keys", "notebooks"} <= set(left)
    assert "none of them" in repr(done)
    assert WHO not in repr(done)


def test_text_that_somebody_wrote_about_the_person_is_found_and_said(work, where, tmp_path):
    stored = work.session.open(where)
    work.session.record_event("careless", text=f"a note on {WHO}")
    done = erase_subject(work.session, "who", WHO)
    assert done.found
    assert "none of them" not in repr(done)
    assert stored.check() == []


def test_a_cell_too_short_to_be_looked_for_is_said(work, tmp_path):
    work.session.open(tmp_path / "s.db")
    train(work, FIT, "clf")
    done = erase_subject(work.session, "who", "p1")
    assert (done.scanned, done.found) == ([], [])
    assert ("the store", "a cell of the person's is too short to be looked for") in done.unreached


def test_a_person_is_erased_from_a_session_that_is_not_stored(work):
    train(work, FIT, "clf")
    work.session.subject("who", WHO)
    done = erase_subject(work.session, "who", [WHO])
    assert (done.keys, done.scanned) == (1, [])
    kinds = [event.kind for event in work.session.events]
    assert kinds[-2:] == ["erased_subject", "searched_subject"]


def test_a_subject_that_was_asked_before_the_store_was_opened_can_be_erased_after(work, where):
    train(work, FIT, "clf")
    first = Session().open(where)
    asked = work.session.subject("who", WHO)
    work.session.open(where)
    assert work.session.subject("who", WHO).title == asked.title
    assert erase_subject(work.session, "who", WHO).keys == 1
    assert work.session.guard.pseudonyms.known("who", [WHO]) is None
    first.close()


def test_names_are_hidden_from_the_first_event_or_not_at_all(work, tmp_path):
    train(work, FIT, "clf")
    with pytest.raises(OptionError, match=r"1 events have names in them already; open the store"):
        work.session.open(tmp_path / "s.db", names="keyed")
    with pytest.raises(OptionError, match="names='hidden' is none of 'clear', 'keyed'"):
        work.session.open(tmp_path / "s.db", names="hidden")
    assert work.session.storage is None
    assert work.session.guard.names is None
    assert not (tmp_path / "s.db").exists()


def test_hidden_names_are_the_same_in_every_session_of_a_store(work, tmp_path):
    stored = work.session.open(tmp_path / "s.db", names="keyed")
    train(work, FIT, "clf")
    other = Session()
    other.open(tmp_path / "s.db", names="keyed")
    assert other.guard.names.hidden("clf") == stored.events()[-1].body["run"]
    assert other.guard.names.hidden("clf") != "~" + Pseudonyms().digest("name", "clf")
    other.storage.close()
    work.session.reset()
    assert work.session.guard.names is not None


def test_keys_that_cannot_be_read_keep_a_store_shut(tmp_path, notebook):
    (tmp_path / "s.db.keys").write_bytes(b"no database" * 400)
    with pytest.raises(StoreError, match="keys"):
        notebook.session.open(tmp_path / "s.db")
    assert notebook.session.storage is None


def test_what_was_dropped_is_in_no_byte_of_the_files(tmp_path):
    store = connect(tmp_path / "s.db")
    ring = keys_of(store)
    key = np.random.default_rng(0).bytes(32)
    ring.put("subject 1", key)
    assert any(key in p.read_bytes() for p in tmp_path.iterdir())
    ring.drop(["subject 1"])
    assert not any(key in p.read_bytes() for p in tmp_path.iterdir())
    ring.close()
    store.close()
