"""Where a store may lie, and what is said where it may not."""

from __future__ import annotations

import os
import sqlite3
import stat

import pytest

from tests.stores.chains import chain, filled
from traceprop_nb.errors import MissingFrameworkError, StoreError
from traceprop_nb.stores import database, open_store
from traceprop_nb.stores.database import connect, file_system

MOUNTS = """\
/dev/vda1 / ext4 rw 0 0
server:/export /srv nfs4 rw 0 0
//server/share /mnt/my\\040share cifs rw 0 0
tmpfs /srv/ada/local tmpfs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/var/x/store.db", "ext4"), ("/srv/ada/store.db", "nfs4"), ("/srv/ada/local/s", "tmpfs"),
     ("/mnt/my share/s.db", "cifs"), ("/srvly/store.db", "ext4")],
)  # fmt: skip
def test_the_file_system_is_that_of_the_nearest_mount(tmp_path, path, kind):
    from pathlib import Path

    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS)
    assert file_system(Path(path), mounts) == kind
    assert file_system(Path(path), tmp_path / "none") == ""


def test_a_network_file_system_gets_a_plain_journal_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "file_system", lambda _: "nfs4")
    store, _ = filled(str(tmp_path / "s.db"))
    assert store.database.mode == "delete"
    assert "nfs4" in store.database.note
    assert "one kernel at a time" in store.database.note
    assert [one.events for one in store.sessions()] == [5, 5]


def test_a_local_file_is_a_write_ahead_log_that_only_its_owner_reads(tmp_path):
    path = tmp_path / "new" / "folder" / "s ä.db"
    store = open_store(path, "test")
    assert (store.database.mode, store.database.note) == ("wal", "")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_no_database_is_refused(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("not a database, and long enough to be looked at as one\n" * 40)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"notes\.txt is no store"):
        open_store(path, "test")
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="no store can be made at"):
        open_store(tmp_path / "file" / "s.db", "test")


def test_a_store_that_can_only_be_read_is_read(tmp_path, monkeypatch):
    path = tmp_path / "s.db"
    store, names = filled(str(path))
    store.close()

    def refused(*_args):
        raise OSError("read-only file system")

    monkeypatch.setattr(os, "mkdir", refused)
    monkeypatch.setattr(database, "_writable_engine", refused)
    again = open_store(path, "test")
    assert not again.database.writable
    assert "can only be read: read-only file system" in again.database.note
    assert [one.id for one in again.sessions()] == names
    with pytest.raises(StoreError, match="cannot be written: the store can only be read"):
        again.begin("now")


def test_a_full_disk_adds_nothing_and_is_said(tmp_path):
    path = tmp_path / "s.db"
    store, [name] = filled(str(path), sessions=1, events=0)
    rows = chain(4000)
    store.append(name, rows[:10])
    with store.database.read() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    with pytest.raises(StoreError, match="full"):
        store.append(name, rows[10:])
    assert len(store.events(name)) == 10
    with store.database.read() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    store.append(name, rows[10:])
    assert len(store.events(name)) == 4000


def test_a_backup_is_a_store_and_overwrites_nothing(tmp_path):
    store, names = filled(str(tmp_path / "s.db"))
    store.backup(tmp_path / "copy.db")
    assert [one.id for one in open_store(tmp_path / "copy.db", "test").sessions()] == names
    with pytest.raises(StoreError, match="is there already"):
        store.backup(tmp_path / "copy.db")


def test_an_address_nobody_answers_is_refused_without_its_password():
    with pytest.raises(StoreError) as found:
        connect("postgresql://ada:secret@127.0.0.1:1/none")
    assert "secret" not in str(found.value)
    assert "cannot be reached" in str(found.value)


def test_an_address_of_nothing_is_refused():
    with pytest.raises(StoreError, match="no address of a database"):
        connect("nonsense://x")


def test_without_its_driver_a_server_is_refused_with_the_extra_to_install(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingFrameworkError, match=r"traceprop_nb\[postgres\]"):
        connect("postgresql://127.0.0.1/none")


def test_a_password_is_in_no_name_of_a_store(where):
    store = open_store(where, "test")
    assert "trust" not in store.database.where
    if store.database.mode != "server":
        assert sqlite3.connect(where).execute("PRAGMA journal_mode").fetchone() == ("wal",)
