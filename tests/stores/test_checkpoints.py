"""Checkpoints of a stored session: when they come, what they cover, and what they cost nobody."""

from __future__ import annotations

import os
import stat
import time
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from tests.stores.chains import process as python
from tests.stores.tampering import OK, TAMPERED, process, rechained, told
from traceprop_nb.errors import TrustError
from traceprop_nb.reports.canonical import read
from traceprop_nb.reports.trust import keys
from traceprop_nb.reports.trust.checkpoint import WINDOW
from traceprop_nb.reports.trust.log_check import check_log
from traceprop_nb.session import checkpoints
from traceprop_nb.session.core import Session
from traceprop_nb.session.evidence import evidence
from traceprop_nb.stores import open_store


@pytest.fixture
def stored(notebook, where):
    found = notebook.session.open(where)
    yield found
    found.close()


def ended(where, events: int = 3):
    """A session that wrote some events and was closed."""
    session = Session()
    storage = session.open(where)
    for k in range(events):
        session.record_event("asked", n=k)
    storage.close()
    return storage


@contextmanager
def by_hand(where):
    """The database as its owner reaches it: a connection, and what is in it."""
    store = open_store(where, "by hand")
    rows = {one.id: store.events(one.id) for one in store.sessions()}
    with store.database.begin() as connection:
        yield connection, rows
    store.close()


def kinds(storage) -> list[str]:
    return [event.kind for event in storage.events()]


def test_a_session_ends_signed_and_its_root_is_over_the_heads_of_all_sessions(where):
    first, second = ended(where), ended(where)
    third = Session().open(where)
    rows = third.store.events(second.id)
    assert [row.kind for row in rows][-1] == "checkpoint"
    body = read(rows[-1].body)
    assert {name: n for name, n, _ in body["told"]} == {first.id: 5, second.id: 4}
    assert body["sessions"] == 2
    assert check_log(second.id, rows).signed == 4
    assert third.check() == []
    third.close()


def test_a_later_checkpoint_tells_only_what_changed(stored, where):
    checkpoints.checkpoint(stored.log, stored, "export")
    other = ended(where)
    stored.record("asked", n=1)
    body = checkpoints.checkpoint(stored.log, stored, "export").body
    assert {row[0] for row in body["told"]} == {stored.id, other.id}
    stored.record("asked", n=2)
    body = checkpoints.checkpoint(stored.log, stored, "export").body
    assert {row[0] for row in body["told"]} == {stored.id}
    assert body["sessions"] == 2
    assert stored.check() == []


def test_nothing_new_is_not_signed_again(stored):
    first = checkpoints.checkpoint(stored.log, stored, "export")
    assert checkpoints.checkpoint(stored.log, stored, "report") is first
    assert Session().events.id != stored.log.id
    assert checkpoints.checkpoint(Session().events, None, "end") is None


def test_the_end_of_a_cell_signs_after_many_events_or_much_time(notebook, tmp_path, monkeypatch):
    stored = notebook.session.open(tmp_path / "s.db")
    monkeypatch.setattr(checkpoints, "EVENTS", 6)
    for k in range(3):
        notebook.session.record_event("asked", n=k)
    notebook("pass")
    assert "checkpoint" not in kinds(stored)
    notebook.session.record_event("asked", n=3)
    notebook("pass")
    notebook("pass")
    assert kinds(stored).count("checkpoint") == 1
    assert kinds(stored)[-1] == "checkpoint", "and it is written, not only made"
    monkeypatch.setattr(checkpoints, "SECONDS", 0.0)
    notebook("pass")
    assert kinds(stored).count("checkpoint") == 1, "there was nothing new"
    notebook.session.record_event("asked", n=4)
    notebook("pass")
    assert kinds(stored).count("checkpoint") == 2
    assert stored.check() == []
    stored.close()


def test_a_report_is_signed_and_names_the_head_and_the_heads(notebook, where):
    other = ended(where)
    stored = notebook.session.open(where)
    notebook("x = 1")
    log = notebook.session.report().to_dict()["integrity"]["log"]
    assert (log["events"], log["head"]) == stored.heads()[stored.id]
    assert {head["session"]: head["events"] for head in log["heads"]} == {
        other.id: 5, stored.id: log["events"],
    }  # fmt: skip
    assert log["checkpoint"]["key"] == keys.own_key().id
    assert log["verified"] is True
    stored.close()


def test_threads_that_log_meanwhile_do_not_tear_a_checkpoint(notebook, tmp_path):
    import threading

    stored = notebook.session.open(tmp_path / "s.db")
    done = threading.Event()

    def log() -> None:
        while not done.is_set():
            notebook.session.record_event("asked")

    writer = threading.Thread(target=log)
    writer.start()
    for _ in range(15):
        checkpoints.checkpoint(stored.log, stored, "export")
        time.sleep(0.002)
    done.set()
    writer.join()
    assert stored.check() == []
    stored.close()


def test_more_sessions_than_fit_under_a_root_are_covered_by_those_that_do(where):
    """The window moves: the newest are under the root, and each told the ones before it."""
    from traceprop_nb.reports.trust.checkpoint import Signer, heads_root

    many = {f"{k:026d}": (1, "sha256:" + f"{k:064x}") for k in range(WINDOW + 30)}
    signer = Signer("Z" * 26)
    body = signer.body(0, "sha256:" + "0" * 64, many, "test")
    assert body["sessions"] == WINDOW == len(body["told"])
    assert heads_root(signer.told) == (WINDOW, body["root"])
    assert min(signer.told) == f"{31:026d}"


def test_what_the_owner_can_do_without_a_head_elsewhere_is_said(where):
    ended(where)
    last = ended(where)
    watch = Session().open(where)
    assert watch.check() == []
    assert any("no head was kept outside" in line for line in watch.check().unseen)
    kept = watch.heads()
    watch.close()

    with by_hand(where) as (connection, _):  # the newest two: nothing is left that named them
        for name in (last.id, watch.id):
            connection.execute(text("DELETE FROM events WHERE session = :s"), {"s": name})
            connection.execute(text("DELETE FROM sessions WHERE id = :s"), {"s": name})
    again = Session().open(where)
    assert again.check() == []
    assert {d.what for d in again.check(kept)} == {"the session is gone"}
    again.close()


def test_a_whole_rewrite_without_the_key_is_unsigned_and_shows_against_kept_heads(where, tmp_path):
    first, second = ended(where), ended(where)
    watch = Session().open(where)
    kept = watch.heads()
    watch.close()
    with by_hand(where) as (connection, found):
        for name in (first.id, second.id, watch.id):
            rows = [row for row in found[name] if row.kind == "asked"]
            connection.execute(text("DELETE FROM events WHERE session = :s"), {"s": name})
            for row in rechained(rows):
                values = {**row.__dict__, "session": name}
                columns = ", ".join(values)
                marks = ", ".join(f":{column}" for column in values)
                connection.execute(text(f"INSERT INTO events ({columns}) VALUES ({marks})"), values)
    again = Session().open(where)
    assert again.check() == []
    assert any(line.startswith("who wrote 3 of 4 sessions") for line in again.check().unseen)
    assert {d.session for d in again.check(kept)} == {first.id, second.id, watch.id}
    again.close()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE events SET kind = 'other' WHERE number = 1",
        "UPDATE events SET body = '{}' WHERE number = 2",
        "UPDATE events SET body = ' ' || body WHERE number = 2",
        "UPDATE events SET time = 'x' WHERE number = 3",
        "DELETE FROM events WHERE number = 0",
        "DELETE FROM events WHERE number = 2",
        "UPDATE events SET number = 9 WHERE number = 2",
        "UPDATE events SET before = digest WHERE number = 4",
    ],
)
def test_a_change_in_the_database_shows_to_the_package_and_the_verifier(where, tmp_path, change):
    ended(where)
    watch = Session().open(where)
    assert told(watch.save_log(tmp_path / "log.jsonl"))[0] == OK
    with watch.store.database.begin() as connection:
        connection.execute(text(change))
    assert watch.check() != []
    assert told(watch.save_log(tmp_path / "log.jsonl"))[0] == TAMPERED
    watch.close()


def test_a_session_that_is_dropped_or_cut_shows_to_both(where, tmp_path):
    first = ended(where)
    watch = Session().open(where)
    with watch.store.database.begin() as connection:
        connection.execute(
            text("DELETE FROM events WHERE session = :s AND number = 4"), {"s": first.id}
        )
    assert [d.what for d in watch.check()] == ["1 events are gone"]
    code, said = told(watch.save_log(tmp_path / "log.jsonl"))
    assert (code, "1 events are gone" in said) == (TAMPERED, True)
    with watch.store.database.begin() as connection:
        connection.execute(text("DELETE FROM events WHERE session = :s"), {"s": first.id})
        connection.execute(text("DELETE FROM sessions WHERE id = :s"), {"s": first.id})
    assert [d.what for d in watch.check()] == ["the session is gone"]
    ran = process(str(watch.save_log(tmp_path / "log.jsonl")))
    assert (ran.returncode, "the session is gone" in ran.stdout) == (TAMPERED, True)
    watch.close()


def test_a_key_is_made_once_for_its_owner_alone(tmp_path):
    made = keys.own_key(tmp_path / "k")
    path = tmp_path / "k" / keys.NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_bytes()) == 32
    assert keys._read_or_make(path).public == made.public
    assert [p.name for p in (tmp_path / "k").iterdir()] == [keys.NAME]


def test_processes_that_make_the_first_key_at_once_end_with_one(tmp_path):
    code = (
        "import sys, pathlib\n"
        "from traceprop_nb.reports.trust.keys import own_key\n"
        "print(own_key(pathlib.Path(sys.argv[1])).id)\n"
    )
    running = [python(code, str(tmp_path)) for _ in range(3)]
    ids = {one.communicate()[0].strip() for one in running}
    assert ids == {keys.own_key(tmp_path).id}


@pytest.mark.parametrize("trouble", ["a file is in the way", "no key", "off"])
def test_without_a_key_the_cell_runs_and_the_checkpoint_says_that_it_is_unsigned(
    notebook, tmp_path, monkeypatch, trouble
):
    (tmp_path / "f").write_text("")
    (tmp_path / "k").mkdir()
    (tmp_path / "k" / keys.NAME).write_bytes(b"short")
    monkeypatch.setenv(keys.FOLDER, {"no key": str(tmp_path / "k"), "off": "off"}.get(
        trouble, str(tmp_path / "f" / "k")))  # fmt: skip
    stored = notebook.session.open(tmp_path / "s.db")
    monkeypatch.setattr(checkpoints, "EVENTS", 1)
    notebook("x = 1")
    body = stored.events()[-1].body
    assert body["key"] is None
    assert ("switched off" if trouble == "off" else "cannot be had") in body["unsigned"]
    assert str(tmp_path) not in body["unsigned"]
    assert stored.check() == []
    assert "who wrote 1 of 1 sessions: no signature is in them" in stored.check().unseen
    with pytest.raises(TrustError):
        keys.own_key()
    record = notebook.session.report().to_dict()
    fields = {f["id"]: f for s in record["sections"] for f in s["fields"]}
    assert fields["log.signature"]["state"] == "not_established"
    stored.close()


def test_a_rotated_key_is_kept_and_names_its_successor(tmp_path):
    old = keys.own_key(tmp_path)
    signed = keys.rotate(tmp_path)
    new = keys.own_key(tmp_path)
    assert new.id != old.id
    assert keys.succession(keys.rotations(tmp_path)) == {old.public.hex(): new.public.hex()}
    assert (tmp_path / f"{old.id.partition(':')[2]}.key").exists()
    forged = {**signed, "signatures": [{"keyid": old.id, "sig": "A" * 86 + "=="}]}
    assert keys.succession([forged, {}, "x"]) == {}
    (tmp_path / keys.ROTATIONS).write_text("no json")
    assert keys.rotations(tmp_path) == []


def test_the_signed_bytes_are_those_of_dsse():
    from traceprop_nb.reports.trust.dsse import encoded

    # The example of the DSSE protocol's own text.
    assert encoded("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_a_signature_is_the_one_of_rfc_8032():
    from traceprop_nb.reports.trust.dsse import verified

    # Section 7.1, TEST 1: the key. Ours signs another message, so only the public half is known.
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    key = keys._key(seed)
    assert key.public.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    signature = key.sign("a", b"x")
    assert verified(key.public.hex(), signature, "a", b"x")
    assert not verified(key.public.hex(), signature, "b", b"x")
    assert not verified(key.public.hex(), signature, "a", b"y")
    assert os.environ[keys.FOLDER]


def test_a_signature_that_looks_like_a_path_stays_whole_in_a_record(stored, notebook):
    """Base64 has slashes: cut down to a name, as a path is, it would sign nothing."""
    notebook("a = 1")
    session = notebook.session
    for k in range(2000):
        session.record_event("asked", n=k)
        signed = checkpoints.checkpoint(session.events, stored, "report").body["signature"]
        if session.guard.shown(signed) != signed:
            break
    assert session.guard.shown(signed) != signed, "no signature looked like a path"
    assert evidence(session).log.checkpoint.signature == signed
