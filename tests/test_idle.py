"""Row maps are compressed between cells, by a thread that is gone before the next one begins."""

from __future__ import annotations

import threading
import time

import numpy as np

from traceprop_nb.lineage.maps import Deferred
from traceprop_nb.session import idle


def waiting(n: int = idle.SMALL) -> Deferred:
    return Deferred(np.random.default_rng(n).permutation(n), n)


def until(condition) -> bool:
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def test_maps_wait_for_a_quiet_moment(monkeypatch):
    monkeypatch.setattr(idle, "DELAY", 0.01)
    quiet, large, small = idle.Idle(), waiting(), waiting(10)
    quiet.cell_ended([large, small])
    assert until(lambda: large.resolved)
    assert not small.resolved


def test_no_thread_is_left_when_a_cell_begins():
    before = threading.active_count()
    quiet, one = idle.Idle(), waiting()
    quiet.cell_ended([one])
    assert threading.active_count() == before + 1
    quiet.cell_begins()
    assert threading.active_count() == before
    assert not one.resolved
    quiet.cell_ended([])
    quiet.settle()
    quiet.cell_begins()
    assert one.resolved


def test_too_many_maps_do_not_wait(monkeypatch):
    monkeypatch.setattr(idle, "MOST", idle.SMALL * 8)
    quiet, first, second = idle.Idle(), waiting(), waiting()
    quiet.cell_ended([first])
    assert not first.resolved
    quiet.cell_begins()
    quiet.cell_ended([second])
    assert first.resolved
    assert second.resolved


def test_what_is_stored_is_compressed_before():
    quiet, one = idle.Idle(), waiting()
    quiet.cell_ended([one], at_once=True)
    assert one.resolved


def test_a_wrong_index_is_said_to_who_asks_and_stops_no_other():
    wrong = Deferred(np.full(idle.SMALL, idle.SMALL), idle.SMALL)
    quiet, right = idle.Idle(), waiting()
    quiet.cell_ended([right, wrong], at_once=True)
    assert right.resolved
    assert not wrong.resolved


def test_positions_from_the_end_become_positions():
    index = np.array([-1, 0, -3, 2], np.int8)
    assert Deferred(index, 3, wraps=True).resolve().at(np.arange(4)).tolist() == [2, 0, 0, 2]
    assert Deferred(index, 3, wraps=True).index.tolist() == [2, 0, 0, 2]
