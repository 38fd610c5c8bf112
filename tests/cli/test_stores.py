"""Stores on the command line: listed, checked, kept, emptied, copied, migrated."""

from __future__ import annotations

import json
import sqlite3

from tests.contracts.tree import ROOT
from tests.stores.chains import filled
from tests.stores.test_retention import SECRET, old
from traceprop_nb.session.stored_check import damages
from traceprop_nb.stores import open_store, read_store

GOLDEN = ROOT / "tests/golden/stores/v1.sql"


def test_a_store_is_listed_as_text_and_as_json(run, where):
    store, names = filled(where, sessions=2, events=3)
    store.close()
    code, out, _ = run("log", "--store", where)
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == names
    assert "3 events" in out
    rows = [json.loads(line) for line in run("log", "--store", where, "--json")[1].splitlines()]
    assert [(row["id"], row["events"]) for row in rows] == [(name, 3) for name in names]
    _, out, _ = run("log", "--store", where, "--session", names[1], "--json")
    events = [json.loads(line) for line in out.splitlines()]
    assert [(e["session"], e["number"], e["body"]["n"]) for e in events] == [
        (names[1], k, k) for k in range(3)
    ]
    assert "source Größe 2.csv" in run("log", "--store", where, "--session", names[1])[1]
    assert run("log", "--store", where, "--kind", "nothing")[1] == ""


def test_a_store_verifies_and_damage_is_code_1(run, where, tmp_path):
    store, names = filled(where, sessions=2, events=3)
    kept = tmp_path / "heads.json"
    kept.write_text(run("log", "--store", where, "--heads")[1])
    code, out, err = run("verify", where)
    assert (code, err) == (0, "")
    assert f"pass     {names[0]}: 3 events" in out
    assert "not run  no head was kept outside the store" in out
    assert run("verify", where, "--heads", kept)[0] == 0
    with store.database.begin() as connection:
        connection.exec_driver_sql(
            f"DELETE FROM events WHERE session = '{names[1]}' AND number = 2"
        )
    store.close()
    assert run("verify", where)[0] == 0
    code, out, _ = run("verify", where, "--heads", kept)
    assert code == 1
    assert f"fail     {names[1]}: 1 events are gone" in out
    assert f"pass     {names[0]}" in out


def test_looking_changes_no_byte_and_migrates_nothing(run, tmp_path):
    path = tmp_path / "s.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(GOLDEN.read_text("utf-8"))
    connection.close()
    before, time = path.read_bytes(), path.stat().st_mtime_ns
    for words in (["log", "--store", path], ["verify", path], ["hold", "--list", "--store", path]):
        assert run(*words)[0] == 0, words
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, time)
    store = read_store(path, "test")
    assert store.version == 1
    store.close()


def test_retention_from_the_command_line_removes_holds_and_says_so(run, where):
    names = old(where)
    assert run("retain", "--store", where, "--days", 30, "--by", "ada")[0] == 0
    said = run("retain", "--store", where, "--days", 0)[1]
    assert said.startswith("every session is kept 0 days")
    one = ["hold", "--store", where, "--session", names[0]]
    assert run(*one, "--reason", "claim", "--by", "b")[0] == 0
    _, out, _ = run("hold", "--store", where, "--list")
    assert f"{names[0]} is held since" in out
    assert "held" in run("log", "--store", where)[1].splitlines()[0]
    code, out, _ = run("gc", "--store", where)
    assert code == 0
    assert "would remove 4 events of 1 sessions" in out
    assert "not removed" in out
    code, _, err = run("gc", "--store", where, "--session", names[0], "--remove")
    assert (code, err.count("\n")) == (2, 1)
    assert "release it" in err
    assert "removed 4 events" in run("gc", "--store", where, "--remove")[1]
    assert run(*one, "--release", "--reason", "over", "--by", "b")[0] == 0
    assert run("hold", "--store", where, "--list")[1] == "nothing is held\n"
    assert run("gc", "--store", where, "--remove")[0] == 0
    code, out, _ = run("verify", where)
    assert code == 0
    assert out.count("4 events removed by retention on") == 2
    _, out, _ = run("log", "--store", where, "--session", names[0])
    assert out.count("removed by retention") == 4
    assert SECRET not in run("log", "--store", where, "--kind", "asked")[1]
    _, out, _ = run("log", "--store", where, "--session", names[0], "--json")
    assert json.loads(out.splitlines()[1])["body"] is None


def test_a_store_is_copied_while_it_is_written(run, where, tmp_path):
    store, names = filled(where)
    code, out, err = run("backup", "--store", where, tmp_path / "copy.db")
    if "://" in where:
        assert code == 2
        assert "pg_dump" in err
    else:
        assert (code, out) == (0, f"{tmp_path / 'copy.db'}: 2 sessions\n")
        copy = open_store(tmp_path / "copy.db", "test")
        assert [one.id for one in copy.sessions()] == names
        copy.close()
    store.close()


def test_a_migration_is_asked_for_and_copies_first(run, tmp_path):
    path = tmp_path / "s.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(GOLDEN.read_text("utf-8"))
    connection.close()
    code, out, _ = run("migrate", "--store", path)
    assert code == 0
    assert "copied to" in out
    assert "schema version 1 is now" in out
    copy = read_store(tmp_path / "s.v1.db", "test")
    assert (copy.version, damages(copy).found) == (1, [])
    copy.close()
    assert "already, the newest" in run("migrate", "--store", path)[1]
    with sqlite3.connect(tmp_path / "t.db") as connection:
        connection.executescript(GOLDEN.read_text("utf-8"))
    connection.close()
    code, _, err = run("migrate", "--store", tmp_path / "t.db", "--backup", tmp_path / "s.v1.db")
    assert code == 2
    assert "is there already" in err
    assert "copied" not in run("migrate", "--store", tmp_path / "t.db", "--no-backup")[1]
    store = read_store(tmp_path / "t.db", "test")
    assert store.version > 1
    store.close()


def test_a_migration_on_a_server_is_copied_by_its_own_tools(run, where):
    store, _ = filled(where)
    with store.database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM schema_versions WHERE version > 1")
        connection.exec_driver_sql("DROP INDEX events_by_kind")
        connection.exec_driver_sql("DROP TABLE segments")
    store.close()
    if "://" in where:
        code, _, err = run("migrate", "--store", where)
        assert code == 2
        assert "pg_dump, then migrate --no-backup" in err
    assert run("migrate", "--store", where, "--no-backup")[0] == 0


def test_a_store_that_cannot_be_written_can_be_read_and_says_so(run, tmp_path, monkeypatch):
    from traceprop_nb.stores import database

    path = tmp_path / "s.db"
    filled(str(path))[0].close()

    def refused(*_):
        raise OSError("read-only file system")

    monkeypatch.setattr(database, "_writable_engine", refused)
    assert run("verify", path)[0] == 0
    code, _, err = run("retain", "--store", path, "--days", 3)
    assert (code, err.count("\n")) == (2, 1)
    assert "read-only file system" in err
