"""The ledger of what was not captured: counts where somebody counted, and null elsewhere."""

from __future__ import annotations

import time

import pytest

from traceprop_nb.errors import StoreError
from traceprop_nb.session import storage as storing
from traceprop_nb.session.coverage import coverage


def test_what_nobody_measures_is_null_in_the_record(notebook):
    notebook("x = 1")
    ledger = notebook.session.report().to_dict()["tool"]["capture_coverage"]
    assert ledger["subprocesses"] is None
    assert ledger["threads"] is None
    assert ledger["events_unwritten"] is None, "nothing is stored, so nothing can be missing there"
    assert ledger["opaque_calls"] == 0
    assert ledger["seconds_not_recorded"] == 0


def test_events_that_wait_or_are_lost_are_counted_and_said(notebook, tmp_path, monkeypatch):
    stored = notebook.session.open(tmp_path / "s.db")
    notebook("x = 1")
    assert coverage(notebook.session).events_waiting == 0
    monkeypatch.setattr(storing, "MOST", 2)
    with monkeypatch.context() as broken:
        broken.setattr(stored.store, "append", lambda *_: (_ for _ in ()).throw(StoreError("no")))
        for _ in range(5):
            notebook.session.record_event("asked")
        found = coverage(notebook.session)
    assert (found.events_waiting, found.events_unwritten) == (2, 3)
    assert "3 events of the log were not written to the store" in found.known_gaps
    stored.close()


def test_an_opaque_call_and_the_time_without_recording_are_counted(notebook):
    notebook(
        "import numpy as np, json\n"
        "a = np.arange(6.0)\n"
        "b = np.frompyfunc(lambda v: v, 1, 1)(json.loads(json.dumps(a.tolist())))\n"
    )
    found = coverage(notebook.session)
    by_status = notebook.session.status().by_status
    assert found.opaque_calls is not None
    assert found.opaque_calls <= by_status["unknown"]
    notebook.session.begin_cell(90, "time.sleep(.05)", traced=False)
    time.sleep(0.05)
    assert coverage(notebook.session).seconds_not_recorded == found.seconds_not_recorded == 0
    notebook.session.end_cell(True)
    assert coverage(notebook.session).seconds_not_recorded >= 0.05
    assert 90 in coverage(notebook.session).unrecorded_cells


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("!ls", "a subprocess or a shell"),
        ("out = !ls", "a subprocess or a shell"),
        ("%%bash\nls", "a subprocess or a shell"),
        ("import subprocess\nsubprocess.run(['ls'])", "a subprocess or a shell"),
        ("import os\nos.system('ls')", "a subprocess or a shell"),
        ("get_ipython().system('ls')", "a subprocess or a shell"),
        ("from threading import Thread\nThread(target=f)", "threads or processes"),
        ("with ProcessPoolExecutor(2) as pool: pass", "threads or processes"),
    ],
)
def test_what_a_cell_names_that_is_not_watched_is_a_gap(notebook, source, what):
    notebook.session.begin_cell(7, source, traced=True)
    notebook.session.end_cell(True)
    [gap] = coverage(notebook.session).known_gaps
    assert gap == f"the text of cell 7 names {what}: steps inside are not recorded"


def test_an_ordinary_cell_names_nothing_of_that(notebook):
    source = "x = a != b\nsystem = 3\n# a subprocess\nthread = model.fit(x)\ny = not x"
    notebook.session.begin_cell(7, source, traced=True)
    notebook.session.end_cell(True)
    assert coverage(notebook.session).known_gaps == ()
