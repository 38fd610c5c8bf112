"""The session's log: each event bound to the one before, and every change seen."""

from dataclasses import replace

import pytest

from traceprop_nb.session.events import START, EventLog


@pytest.fixture
def log():
    found = EventLog()
    for number in range(6):
        found.append("asked", {"n": number, "what": f"source {number}.csv", "verified": None})
    return found


def test_an_untouched_log_is_whole_and_its_head_is_its_last_digest(log):
    assert log.broken() is None
    assert log.head == log[5].digest
    assert log[0].before == START
    assert [event.number for event in log] == [0, 1, 2, 3, 4, 5]
    assert EventLog().head == START


CHANGES = {
    "a body": lambda e: e.__setitem__(2, replace(e[2], body={"n": 9})),
    "a time": lambda e: e.__setitem__(2, replace(e[2], time="2020-01-01T00:00:00.000+00:00")),
    "a kind": lambda e: e.__setitem__(2, replace(e[2], kind="forgot")),
    "a digest": lambda e: e.__setitem__(2, replace(e[2], digest=START)),
    "one left out": lambda e: e.pop(2),
    "one put in": lambda e: e.insert(2, e[4]),
    "two swapped": lambda e: e.__setitem__(slice(2, 4), [e[3], e[2]]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_found_where_it_is(log, change):
    CHANGES[change](log._events)
    assert log.broken() in (2, 3)


def test_a_log_cut_short_is_whole_and_only_a_kept_head_tells(log):
    head = log.head
    log._events.pop()
    assert log.broken() is None
    assert log.head != head


def test_texts_that_no_json_can_hold_are_kept_readable(log):
    log.append("asked", {"what": "a\ud800b", "n": float("nan")})
    assert log.broken() is None
