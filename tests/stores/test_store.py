"""What every store owes: what it acknowledged is there, in order, once, and damage shows."""

from __future__ import annotations

import os
import random
import signal
import time
from dataclasses import replace

import pytest
from sqlalchemy import text

from tests.stores.chains import chain, filled, process
from traceprop_nb.errors import StoreError, UnknownNameError
from traceprop_nb.ids import ulid
from traceprop_nb.reports.trust.log_check import digest_of_row
from traceprop_nb.session.stored_check import damages
from traceprop_nb.stores import Entry, open_store


def checked(store, heads=None):
    return [(d.session, d.number) for d in damages(store, heads).found]


def test_what_was_appended_is_there_when_the_store_is_opened_again(where):
    store, names = filled(where, sessions=3, events=4)
    store.close()
    again = open_store(where, "test")
    assert [one.id for one in again.sessions()] == names
    assert [one.events for one in again.sessions()] == [4, 4, 4]
    rows = again.events(names[1])
    assert [row.number for row in rows] == [0, 1, 2, 3]
    assert again.sessions()[1].head == rows[-1].digest
    assert "Größe" in rows[2].body
    assert checked(again) == []


def test_a_session_without_events_is_a_session(where):
    store, _ = filled(where, sessions=1, events=0)
    assert [(one.events, one.head) for one in store.sessions()] == [(0, "")]
    assert checked(store) == []


def test_events_that_do_not_all_fit_are_none_of_them_there(where):
    store, [name] = filled(where, sessions=1, events=0)
    more = chain(6)
    store.append(name, more[:3])
    with pytest.raises(StoreError, match="cannot be written"):
        store.append(name, [*more[3:], more[1]])
    assert len(store.events(name)) == 3
    store.append(name, more[3:])
    assert checked(store) == []


def test_a_session_that_nobody_began_takes_no_events(where):
    store, _ = filled(where)
    with pytest.raises(StoreError):
        store.append(ulid(), chain(1))
    with pytest.raises(UnknownNameError, match="no session named 'x'"):
        store.events("x")


def test_a_session_may_go_on_in_another_connection(where):
    store, [name] = filled(where, sessions=1, events=3)
    other = open_store(where, "test")
    other.append(name, [])
    assert other.events(name) == store.events(name)


# -- damage ----------------------------------------------------------------------------------------

EDITS = {
    "a body": "UPDATE events SET body = '{}' WHERE session = :s AND number = 2",
    "a body that is no JSON": "UPDATE events SET body = '{' WHERE session = :s AND number = 2",
    "a time": "UPDATE events SET time = '2020' WHERE session = :s AND number = 2",
    "a kind": "UPDATE events SET kind = 'forgot' WHERE session = :s AND number = 2",
    "a digest": "UPDATE events SET digest = 'sha256:0' WHERE session = :s AND number = 2",
    "a predecessor": "UPDATE events SET before = 'sha256:0' WHERE session = :s AND number = 2",
    "one deleted": "DELETE FROM events WHERE session = :s AND number = 2",
}


def edit(store, statement, session):
    with store.database.begin() as connection:
        connection.execute(text(statement), {"s": session})


@pytest.mark.parametrize("what", EDITS)
def test_an_edit_is_found_where_it_is(where, what):
    store, names = filled(where)
    edit(store, EDITS[what], names[1])
    assert checked(store) == [(names[1], 2)]


def test_two_swapped_events_are_found(where):
    store, [name] = filled(where, sessions=1)
    for old, new in ((2, 90), (3, 2), (90, 3)):
        edit(store, f"UPDATE events SET number = {new} WHERE session = :s AND number = {old}", name)
    assert checked(store) == [(name, 2)]


def test_an_inserted_event_is_found(where):
    store, [name] = filled(where, sessions=1)
    store.append(name, [replace(chain(1)[0], number=5)])
    assert checked(store) == [(name, 5)]


def test_a_flip_of_any_letter_of_a_body_is_found(tmp_path):
    store, [name] = filled(str(tmp_path / "s.db"), sessions=1, events=2)
    body = store.events(name)[1].body
    for place in range(len(body)):
        flipped = body[:place] + chr(ord(body[place]) ^ 1) + body[place + 1 :]
        entry = replace(store.events(name)[1], body=flipped)
        assert digest_of_row(entry) != entry.digest, flipped


def test_a_cut_tail_a_dropped_session_and_a_rewrite_show_only_against_kept_heads(where):
    store, names = filled(where, sessions=3)
    heads = {one.id: (one.events, one.head) for one in store.sessions()}
    edit(store, "DELETE FROM events WHERE session = :s AND number = 4", names[0])
    edit(store, "DELETE FROM events WHERE session = :s", names[1])
    edit(store, "DELETE FROM sessions WHERE id = :s", names[1])
    edit(store, "DELETE FROM events WHERE session = :s", names[2])
    store.append(names[2], chain(5, kind="other"))
    assert checked(store) == []
    assert checked(store, heads) == [(names[0], 4), (names[1], None), (names[2], 4)]


def test_a_session_that_went_on_still_fits_its_kept_head(where):
    store, [name] = filled(where, sessions=1, events=0)
    rows = chain(6)
    store.append(name, rows[:3])
    heads = {name: (3, rows[2].digest)}
    store.append(name, rows[3:])
    assert checked(store, heads) == []


# -- several at once, and ends that nobody planned -------------------------------------------------

WRITER = """
import sys
from itertools import islice
from tests.stores.chains import growing
from traceprop_nb.stores import open_store
where, number = sys.argv[1], int(sys.argv[2])
store = open_store(where, "test")
name = store.begin("now")
for row in islice(growing(), number):
    store.append(name, [row])
    print(name, row.number, flush=True)
"""


def test_eight_writers_at_once_lose_nothing_and_every_chain_verifies(where):
    writers = [process(WRITER, where, "60") for _ in range(8)]  # all of them also make the tables
    for one in writers:
        said, errors = one.communicate(timeout=300)
        assert one.returncode == 0, errors
        assert len(said.splitlines()) == 60
    store = open_store(where, "test")
    assert [one.events for one in store.sessions()] == [60] * 8
    assert checked(store) == []


def test_no_acknowledged_event_is_lost_when_the_writer_is_killed(where):
    acknowledged = {}
    for trial in range(20):
        wait = random.Random(trial).uniform(0.0, 0.06)
        with process(WRITER, where, "100000") as writer:
            line = writer.stdout.readline()
            assert line, writer.stderr.read()
            time.sleep(wait)
            os.kill(writer.pid, signal.SIGKILL)
            said = [line, *writer.stdout]
        whole = [one.split() for one in said if one.endswith("\n") and len(one.split()) == 2]
        acknowledged[whole[-1][0]] = int(whole[-1][1]) + 1
    store = open_store(where, "test")
    kept = {one.id: one.events for one in store.sessions()}
    assert len(acknowledged) == 20
    for name, number in acknowledged.items():
        assert number <= kept[name] <= number + 1
    assert sum(acknowledged.values()) > 40  # the kills came in the middle of the writing
    assert checked(store) == []


def test_a_forked_child_does_not_use_its_parents_connection(where):
    store, [name] = filled(where, sessions=1, events=2)
    mine = set(store.database._engine.pool._pool.queue)
    child = os.fork()
    if child == 0:
        done = 1
        try:
            store.append(store.begin("child"), chain(2))
            done = int(bool(mine & set(store.database._engine.pool._pool.queue)))
        finally:
            os._exit(done)
    assert os.waitpid(child, 0)[1] == 0
    assert [one.events for one in store.sessions()] == [2, 2]
    assert name == store.sessions()[0].id


# -- identifiers -----------------------------------------------------------------------------------


def test_ulids_of_a_process_sort_in_the_order_in_which_they_were_made():
    """Several sessions begin in a millisecond, and the clock may go back."""
    made = [ulid() for _ in range(5000)]
    assert made == sorted(set(made))


def test_ulids_sort_by_time_and_are_never_the_same():
    assert len({ulid(5) for _ in range(1000)}) == 1000
    assert ulid(5) < ulid(6) < ulid(1 << 40) < ulid()
    assert ulid(0).startswith("0000000000")
    assert len(ulid()) == 26
    assert set(ulid()) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    assert isinstance(chain(1)[0], Entry)
