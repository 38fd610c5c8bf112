"""How long events are kept: rules, holds, and a removal that leaves the chain and no byte."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from traceprop_nb.errors import OptionError, StoreError, UnknownNameError
from traceprop_nb.session import retention
from traceprop_nb.session.chains import removals
from traceprop_nb.session.core import Session
from traceprop_nb.session.events import Event, EventLog, digest_of_event
from traceprop_nb.session.storage import entry
from traceprop_nb.session.stored_check import damages
from traceprop_nb.stores import open_store
from traceprop_nb.stores.retention import strip

SECRET = "Käthe-Kollwitz-4711"


def old(where: str, sessions: int = 2, events: int = 4) -> list[str]:
    """Sessions of long ago, each with a secret in every body."""
    store = open_store(where, "test")
    names = []
    for k in range(sessions):
        log = EventLog()
        log.append("opened_store", {"sessions": 0, "named": []})
        for n in range(events):
            log.append("asked", {"n": n, "who": f"{SECRET} {k}"})
        names.append(store.begin("2020-01-01T00:00:00.000+00:00"))
        store.append(names[-1], [entry(event) for event in log])
    store.close()
    return names


@pytest.fixture
def stored(where):
    """A session that is stored beside two old ones; ``old`` are their names."""
    yield from storing(where)


def storing(where):
    """See the fixture."""
    names = old(where)
    session = Session()
    stored = session.open(where)
    stored.old = names
    yield stored
    stored.close()


def bodies(stored, session: str) -> list[str]:
    return [row.body for row in stored.store.events(session)]


# -- rules -----------------------------------------------------------------------------------------


def test_without_a_rule_nothing_is_ever_removed(stored):
    with pytest.raises(OptionError, match=r"no rule says how long events are kept.*retain\(days"):
        stored.gc()
    with pytest.raises(OptionError, match="say how long"):
        stored.retain()
    with pytest.raises(OptionError, match="no day; write it as 2030-01-31"):
        stored.retain(until="soon")
    with pytest.raises(OptionError, match="cannot be kept for -1 days"):
        stored.retain(days=-1)
    with pytest.raises(UnknownNameError, match="no session named 'x'"):
        stored.retain(days=3, session="x")
    assert [event.kind for event in stored.events()] == ["opened_store"]


def test_a_session_is_kept_for_so_many_days_after_its_last_event(stored):
    stored.retain(days=30)
    assert stored.gc().sessions == ()
    stored.retain(days=0)
    planned = stored.gc()
    assert [due.session for due in planned.sessions] == stored.old
    assert (planned.events, planned.done) == (8, False)
    assert all(SECRET in body for body in bodies(stored, stored.old[0])[1:])
    assert "would remove 8 events of 2 sessions" in repr(planned)


def test_of_days_and_a_date_the_later_one_holds_and_the_day_itself_is_kept(stored):
    today = datetime.now(UTC).date()
    said = f"0 days after the last event and until {today}"
    assert stored.retain(days=0, until=str(today)) == said
    assert stored.gc().sessions == ()
    stored.retain(days=0, until=str(today - timedelta(days=1)))
    assert len(stored.gc().sessions) == 2
    stored.retain(days=30, until=str(today - timedelta(days=1)))
    assert stored.gc().sessions == ()


def test_a_rule_for_one_session_comes_before_the_rule_for_all(stored):
    stored.retain(days=0)
    stored.retain(days=999, session=stored.old[0], by="ada")
    assert [due.session for due in stored.gc().sessions] == [stored.old[1]]
    stored.retain(days=999)
    stored.retain(days=0, session=stored.old[0])
    assert [due.session for due in stored.gc().sessions] == [stored.old[0]]


def test_of_two_rules_that_were_set_at_once_the_longer_one_holds(stored):
    stored.record(retention.RULE, session="", days=999, until=None, by="a", ends=[])
    stored.record(retention.RULE, session="", days=0, until=None, by="b", ends=[])
    stored.flush()
    assert stored.gc().sessions == ()
    stored.retain(days=0)  # ends both
    assert len(stored.gc().sessions) == 2


def test_the_running_session_is_never_removed(stored):
    stored.retain(days=0)
    assert stored.id not in {due.session for due in stored.gc().sessions}
    with pytest.raises(OptionError, match="still running"):
        stored.gc(session=stored.id)
    with pytest.raises(UnknownNameError, match="no session named 'x'"):
        stored.gc(session="x")


# -- removal ---------------------------------------------------------------------------------------


def test_a_removal_leaves_stubs_and_a_statement_and_the_chain_still_checks(stored):
    heads = stored.heads()
    before = {name: stored.store.events(name) for name in stored.old}
    stored.retain(days=0)
    done = stored.gc(dry_run=False)
    assert (done.done, done.events, len(done.sessions)) == (True, 8, 2)
    for name in stored.old:
        rows = stored.store.events(name)
        assert [(r.number, r.before, r.digest) for r in rows] == [
            (r.number, r.before, r.digest) for r in before[name]
        ]
        assert rows[0] == before[name][0]  # who opened what stays
        assert {(r.time, r.kind, r.body) for r in rows[1:]} == {("", "", "")}
        assert stored.events(name)[1].body == {}
    assert stored.check() == []
    assert stored.check(heads) == []
    said = [event for event in stored.events() if event.kind == "removed"]
    assert len(said) == 1
    told = json.loads(entry(said[0]).body)
    assert told["rule"] == "kept 0 days after the last event"
    assert [str(one) for one in stored.removed()] == [
        f"{name}: 4 events removed by retention on {said[0].time[:10]} "
        "(kept 0 days after the last event)"
        for name in stored.old
    ]
    assert stored.gc().sessions == ()


def test_one_session_alone_can_be_removed(stored):
    stored.retain(days=0)
    stored.gc(dry_run=False, session=stored.old[1])
    assert SECRET in bodies(stored, stored.old[0])[1]
    assert bodies(stored, stored.old[1])[1:] == [""] * 4
    assert [one.session for one in stored.removed()] == [stored.old[1]]
    assert stored.check() == []


def test_a_session_that_goes_on_after_a_removal_is_still_one_chain(stored):
    stored.retain(days=0)
    stored.gc(dry_run=False)
    name = stored.old[0]
    last = stored.store.events(name)[-1]
    time = datetime.now(UTC).isoformat()
    digest = digest_of_event(5, time, "asked", {}, last.digest)
    stored.store.append(name, [entry(Event(5, time, "asked", {}, last.digest, digest))])
    assert stored.check() == []
    stored.gc(dry_run=False)
    assert stored.check() == []
    assert [(one.events, one.length) for one in stored.removed() if one.session == name] == [
        (4, 5),
        (1, 6),
    ]


def test_an_event_that_somebody_emptied_is_damage_without_a_statement(stored):
    with stored.store.database.begin() as connection:
        where = "WHERE session = :s AND number = 2"
        connection.execute(
            text(f"UPDATE events SET body = '', kind = '', time = '' {where}"), {"s": stored.old[0]}
        )
    [damage] = stored.check()
    assert (damage.session, damage.number) == (stored.old[0], 2)
    assert "no statement says why" in damage.what


EDITS = {
    "a digest of a stub": "UPDATE events SET digest = 'sha256:0' WHERE session = :s AND number = 2",
    "a stub deleted": "DELETE FROM events WHERE session = :s AND number = 2",
    "the last digest": "UPDATE events SET digest = 'sha256:0' WHERE session = :s AND number = 4",
    "a body put back": "UPDATE events SET body = '{}' WHERE session = :s AND number = 2",
    "what stayed emptied": "UPDATE events SET number = 9 WHERE session = :s AND number = 0",
}


@pytest.mark.parametrize("what", EDITS)
def test_an_edit_of_what_is_left_is_still_found(stored, what):
    stored.retain(days=0)
    stored.gc(dry_run=False)
    with stored.store.database.begin() as connection:
        connection.execute(text(EDITS[what]), {"s": stored.old[0]})
    assert {one.session for one in stored.check()} == {stored.old[0]}


def test_a_statement_that_was_changed_covers_nothing(stored):
    stored.retain(days=0)
    stored.gc(dry_run=False)
    with stored.store.database.begin() as connection:
        edit = "UPDATE events SET body = replace(body, '0 days', '9 days') WHERE kind = 'removed'"
        connection.execute(text(edit))
    assert {one.session for one in stored.check()} == {*stored.old, stored.id}


def test_what_is_stated_comes_before_what_is_done(stored, monkeypatch):
    stored.retain(days=0)

    def killed(*_):
        raise KeyboardInterrupt("killed")

    monkeypatch.setattr("traceprop_nb.stores.retention.strip", killed)
    with pytest.raises(KeyboardInterrupt, match="killed"):
        stored.gc(dry_run=False)
    monkeypatch.undo()
    assert SECRET in bodies(stored, stored.old[0])[1]
    assert stored.check() == []
    assert stored.gc(dry_run=False).events == 8
    assert stored.check() == []


def test_many_sessions_are_stated_in_several_events(stored, monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 1)
    stored.retain(days=0)
    stored.gc(dry_run=False)
    assert [event.kind for event in stored.events()].count("removed") == 2
    assert stored.check() == []


def test_a_statement_that_cannot_be_stored_removes_nothing(stored, monkeypatch):
    stored.retain(days=0)

    def full(*_):
        raise StoreError("the disk is full")

    monkeypatch.setattr(stored.store, "append", full)
    with pytest.raises(StoreError, match="could not be stored yet: the disk is full"):
        stored.gc(dry_run=False)
    assert SECRET in bodies(stored, stored.old[0])[1]


# -- gone ------------------------------------------------------------------------------------------


def bytes_of(where: str) -> bytes:
    """Every byte of the database's files: of the tables, for a server."""
    if "://" not in where:
        return b"".join(path.read_bytes() for path in Path(where).parent.iterdir())
    store = open_store(where, "test")
    with store.database.begin() as connection:
        connection.exec_driver_sql("CHECKPOINT")
        folder = connection.exec_driver_sql("SHOW data_directory").scalar()
        number = connection.exec_driver_sql(
            "SELECT oid FROM pg_database WHERE datname = current_database()"
        ).scalar()
    store.close()
    return b"".join(path.read_bytes() for path in (Path(folder) / "base" / str(number)).iterdir())


def test_what_was_removed_is_in_no_byte_of_the_store(stored, where):
    assert SECRET.encode() in bytes_of(where)
    stored.retain(days=0)
    done = stored.gc(dry_run=False)
    assert SECRET.encode() not in bytes_of(where)
    assert ("write-ahead log" in done.note) == ("://" in where)


def test_a_reader_that_keeps_the_old_bytes_is_said(tmp_path):
    where = str(tmp_path / "store.db")
    old(where)
    stored, other = Session().open(where), open_store(where, "test")
    with other.database.read() as connection:
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql("SELECT count(*) FROM events").scalar()
        with stored.store.database.read() as mine:
            mine.exec_driver_sql("PRAGMA busy_timeout=50")
        stored.retain(days=0)
        done = stored.gc(dry_run=False)
        connection.exec_driver_sql("ROLLBACK")
    assert "run gc again" in done.note
    assert SECRET.encode() in bytes_of(where)
    assert stored.check() == []
    stored.close()


# -- holds -----------------------------------------------------------------------------------------


def test_a_held_session_is_kept_and_the_hold_is_said(stored):
    stored.retain(days=0)
    stored.hold(stored.old[0], reason="a claim is pending", by="ada")
    done = stored.gc(dry_run=False)
    assert [due.session for due in done.sessions] == [stored.old[1]]
    assert "by ada: a claim is pending" in done.held[0]
    assert "not removed" in repr(done)
    assert SECRET in bodies(stored, stored.old[0])[1]
    with pytest.raises(StoreError, match=r"held since .* by ada: a claim is pending; release it"):
        stored.gc(dry_run=False, session=stored.old[0])
    stored.release(stored.old[0], reason="settled", by="ada")
    assert stored.holds() == []
    assert stored.gc(dry_run=False).events == 4


def test_a_hold_on_everything_covers_later_sessions_too(stored):
    stored.retain(days=0)
    stored.hold(reason="inspection", by="ada")
    assert stored.gc(dry_run=False).sessions == ()
    assert str(stored.holds()[0]).startswith("every session is held since")
    stored.release(reason="over", by="ada")
    assert len(stored.gc().sessions) == 2


def test_a_hold_needs_a_reason_and_a_person_and_a_session_that_exists(stored):
    for reason, by in (("", "ada"), ("why", " ")):
        with pytest.raises(OptionError, match="need a reason and a person"):
            stored.hold(stored.old[0], reason=reason, by=by)
    with pytest.raises(UnknownNameError, match="no session named 'x'"):
        stored.hold("x", reason="why", by="ada")
    with pytest.raises(OptionError, match="is not held; nothing is"):
        stored.release(stored.old[0], reason="why", by="ada")


def test_a_hold_that_came_between_plan_and_removal_stops_it(stored, monkeypatch):
    stored.retain(days=0)
    real = retention._state

    def late(storage, chosen):
        real(storage, chosen)
        storage.hold(storage.old[1], reason="just now", by="ada")

    monkeypatch.setattr(retention, "_state", late)
    with pytest.raises(StoreError, match=r"nothing was removed: meanwhile .* just now"):
        stored.gc(dry_run=False)
    assert SECRET in bodies(stored, stored.old[0])[1]
    assert stored.check() == []


def test_a_hold_and_its_end_do_not_depend_on_clocks(stored, where):
    log = EventLog()
    store = stored.store
    name = store.begin("2019-01-01T00:00:00.000+00:00")
    held = log.append("held", {"session": stored.old[0], "reason": "r", "by": "b"})
    store.append(name, [entry(held)])
    assert [one.digest for one in stored.holds()] == [held.digest]
    stored.release(stored.old[0], reason="over", by="b")
    stored.hold(stored.old[0], reason="again", by="c")
    assert [one.by for one in stored.holds()] == ["c"]


def test_a_hold_survives_the_removal_of_the_session_that_set_it(stored):
    store = stored.store
    log = EventLog()
    log.append("asked", {"who": SECRET})
    log.append("held", {"session": stored.old[0], "reason": "r", "by": "b"})
    name = store.begin("2019-01-01T00:00:00.000+00:00")
    store.append(name, [entry(event) for event in log])
    stored.retain(days=0)
    stored.gc(dry_run=False, session=name)
    assert [row.kind for row in store.events(name)] == ["", "held"]
    assert [one.by for one in stored.holds()] == ["b"]


# -- a store that nobody has open ------------------------------------------------------------------


def test_a_store_is_checked_without_a_session(stored, where):
    stored.retain(days=0)
    stored.gc(dry_run=False)
    other = open_store(where, "test")
    assert damages(other).found == []
    assert len(removals(other)) == 2
    other.close()


def test_a_store_that_can_only_be_read_is_not_stripped(tmp_path, stored):
    stored.store.database.writable = False
    with pytest.raises(StoreError, match="cannot be written"):
        strip(stored.store, {stored.old[0]: 5}, (), lambda _: None)
    stored.store.database.writable = True
