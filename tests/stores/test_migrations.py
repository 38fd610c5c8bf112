"""Stores of every version open, whoever else opens them at that moment, and none is half-way."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, text

from tests.stores.chains import chain, filled
from tests.stores.test_store import checked
from traceprop_nb.errors import StoreError
from traceprop_nb.stores import migrations, open_store
from traceprop_nb.stores.database import connect

GOLDEN = Path(__file__).parents[1] / "golden/stores"
NEWEST = len(migrations.MIGRATIONS)

OPENER = """
import sys, time
from sqlalchemy import Column, Integer, MetaData, Table
from traceprop_nb.stores import migrations, open_store
extra = Table("extra", MetaData(), Column("id", Integer))
def another(connection):
    extra.create(connection)
    time.sleep(float(sys.argv[2]))
migrations.MIGRATIONS = (*migrations.MIGRATIONS, another)
print("ready", flush=True)
sys.stdin.readline()
store = open_store(sys.argv[1], "test")
print(store.version, flush=True)
"""


NEWEST = len(migrations.MIGRATIONS)
"""The version that this package makes."""


def opener(where, seconds):
    import subprocess
    import sys

    return subprocess.Popen(
        [sys.executable, "-c", OPENER, where, str(seconds)], text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def test_six_processes_that_open_an_old_store_at_once_all_get_the_new_one(where):
    filled(where, sessions=1, events=3)[0].close()
    openers = [opener(where, 0.05) for _ in range(6)]
    for one in openers:
        assert one.stdout.readline() == "ready\n"
    for one in openers:
        one.stdin.write("go\n")
        one.stdin.flush()
    for one in openers:
        said, errors = one.communicate(timeout=120)
        assert (one.returncode, said) == (0, f"{NEWEST + 1}\n"), errors
    with connect(where).read() as connection:
        rows = connection.execute(text("SELECT version FROM schema_versions ORDER BY 1")).all()
    assert [row[0] for row in rows] == list(range(1, NEWEST + 2))


def test_a_process_that_is_killed_in_a_migration_leaves_the_old_store(where):
    store, [name] = filled(where, sessions=1, events=3)
    with opener(where, 60) as killed:
        assert killed.stdout.readline() == "ready\n"
        killed.stdin.write("go\n")
        killed.stdin.flush()
        time.sleep(0.5)
        os.kill(killed.pid, signal.SIGKILL)
    again = open_store(where, "test")
    assert again.version == NEWEST
    assert [one.events for one in again.sessions()] == [3]
    assert again.begin("later") > name
    store.close()


def test_a_store_of_a_newer_version_is_refused_and_left_as_it_is(where):
    store, _ = filled(where)
    with store.database.begin() as connection:
        row = {"version": 77, "applied": "2030", "tool": "9.0"}
        connection.execute(migrations.schema_versions.insert().values(row))
    with pytest.raises(StoreError, match=f"version 77 and this package knows {NEWEST}; upgrade"):
        open_store(where, "test")


def test_a_migration_that_fails_leaves_nothing(where, monkeypatch):
    store, _ = filled(where)

    def broken(connection):
        Table("extra", MetaData(), Column("id", Integer)).create(connection)
        raise StoreError("no")

    monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, broken))
    with pytest.raises(StoreError, match="no"):
        open_store(where, "test")
    monkeypatch.undo()
    assert open_store(where, "test").version == NEWEST
    with store.database.read() as connection:
        tables = connection.dialect.get_table_names(connection)
    assert "extra" not in tables


@pytest.mark.parametrize("dump", sorted(GOLDEN.glob("*.sql")), ids=lambda path: path.stem)
def test_a_store_of_every_released_schema_opens_and_is_whole(dump, tmp_path):
    path = tmp_path / "store.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(dump.read_text("utf-8"))
    connection.close()
    store = open_store(path, "test")
    assert store.version == len(migrations.MIGRATIONS)
    assert [one.events for one in store.sessions()] == [3, 3]
    assert checked(store) == []
    name = store.begin("now")
    store.append(name, chain(2))
    assert checked(store) == []


def test_every_schema_version_has_a_golden_store():
    names = {path.stem for path in GOLDEN.glob("*.sql")}
    assert names == {f"v{k + 1}" for k in range(len(migrations.MIGRATIONS))}
