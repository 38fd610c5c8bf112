"""Work in the background: it can be watched and stopped, and it stops nobody."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import torch

from tests.conformance.test_unlearner import network, rows
from traceprop_nb.errors import ConvergenceError, OptionError
from traceprop_nb.session import jobs
from traceprop_nb.session.jobs import Job
from traceprop_nb.session.unlearn import unlearn


def stepwise(steps, gate=None):
    """Work of so many steps, each of which waits for the gate."""

    def work(progress):
        for k in range(steps):
            if gate is not None:
                gate.wait(10)
            progress((k + 1) / steps)
        return "done"

    return work


def test_a_job_gives_what_its_work_returned():
    job = Job(stepwise(3))
    assert job.wait(10)
    assert (job.result, job.error, job.share, job.seconds_left) == ("done", None, 1.0, 0.0)
    assert not job.cancelled


def test_an_error_is_kept_for_whoever_asks():
    def work(_progress):
        raise ConvergenceError("no end")

    job = Job(work)
    assert job.wait(10)
    assert isinstance(job.error, ConvergenceError)
    assert job.result is None
    assert not job.cancelled


def test_a_cancelled_job_stops_at_its_next_step_and_keeps_nothing():
    gate, seen = threading.Event(), []
    job = Job(stepwise(1000, gate))
    job.on_change(lambda job: seen.append(job.share))
    job.cancel()
    gate.set()
    assert job.wait(10)
    assert job.cancelled
    assert job.result is None
    assert job.share < 1.0


def test_a_cancel_that_comes_in_the_last_step_still_keeps_nothing():
    begun, go = threading.Event(), threading.Event()

    def work(_progress):
        begun.set()
        go.wait(10)
        return "done"

    job = Job(work)
    begun.wait(10)
    job.cancel()
    go.set()
    assert job.wait(10)
    assert job.cancelled
    assert job.result is None


def test_the_time_left_follows_the_pace(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(jobs.time, "monotonic", lambda: now[0])
    told, go = threading.Event(), threading.Event()

    def work(progress):
        now[0] = 102.0
        progress(0.25)
        told.set()
        go.wait(10)

    job = Job(work)
    told.wait(10)
    assert job.seconds_left == pytest.approx(6.0)
    go.set()


def test_before_the_first_step_nobody_knows_how_long_it_takes():
    gate = threading.Event()
    job = Job(stepwise(1, gate))
    assert job.seconds_left is None
    assert not job.wait(0.05)
    gate.set()
    assert job.wait(10)


def test_the_share_never_falls_and_never_passes_one():
    seen, go = [], threading.Event()

    def work(progress):
        go.wait(10)
        for share in (0.5, 0.2, 3.0):
            progress(share)

    job = Job(work)
    job.on_change(lambda job: seen.append(job.share))
    go.set()
    job.wait(10)
    assert seen == [0.5, 0.5, 1.0, 1.0]


def test_whoever_waits_goes_on_after_the_others_were_told():
    order = []
    job = Job(stepwise(1), lambda job: order.append("then"))
    job.on_change(lambda job: job.done and order.append("told"))
    job.wait(10)
    assert order[0] == "then"
    assert order[-1] == "told"


def test_a_listener_that_fails_is_dropped_and_the_work_goes_on():
    go = threading.Event()
    job = Job(stepwise(5, go))
    heard = []

    def broken(_job):
        heard.append(1)
        raise RuntimeError("the panel is closed")

    job.on_change(broken)
    go.set()
    assert job.wait(10)
    assert job.result == "done"
    assert heard == [1]


def test_an_interrupt_reaches_whoever_waits(monkeypatch):
    gate = threading.Event()
    job = Job(stepwise(1, gate))

    def interrupted(_seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(job._ended, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        job.wait()
    assert not job.done
    gate.set()


def test_an_interpreter_that_ends_waits_for_no_work():
    code = (
        "import time\nfrom traceprop_nb.session.jobs import Job\n"
        "def work(p):\n"
        "    while True:\n        time.sleep(0.01); p(0.1)\n"
        "job = Job(work)\ntime.sleep(0.1)"
    )
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert time.monotonic() - began < 30


# -- retraining ------------------------------------------------------------------------------------


@pytest.fixture
def net(notebook):
    """A session that holds the run of a network."""
    run = network(epochs=4)
    notebook.session.training.keep(run)
    return notebook.session, run


def state(session, run):
    return (
        run.w.tobytes(), tuple(session.runs), len(session.events),
        [p.detach().numpy().tobytes() for p in run.model.parameters()],
        torch.random.get_rng_state().numpy().tobytes(),
    )  # fmt: skip


def test_gold_in_the_background_comes_back_at_once_and_is_kept_when_it_ends(net):
    session, run = net
    X, y = rows(60, seed=1)
    answer = unlearn(
        session, run=run, rows=[1, 2], gold=3, background=True, evaluate={"test": (X, y)}
    )
    assert answer.job is not None
    assert answer.job.wait(120)
    assert answer.job.error is None
    assert isinstance(answer.verified, bool)
    assert session.runs[answer.run.name].recorded["verified"] is answer.verified
    assert [e.kind for e in session.events][-1] == "compared_with_gold"


def test_a_cancelled_retraining_leaves_the_model_and_the_session_as_they_were(net):
    session, run = net
    answer = unlearn(session, run=run, rows=[1, 2])
    before, w = state(session, run), answer.result.w.copy()
    answer.gold(50, background=True)
    while answer.job.share == 0.0 and not answer.job.done:
        time.sleep(0.01)
    answer.cancel()
    assert answer.job.wait(60)
    assert answer.job.cancelled
    assert answer.verified is None
    assert "cancelled" in answer.verdict
    np.testing.assert_array_equal(answer.result.w, w)
    assert state(session, run) == before
    assert session.events.broken() is None


def test_one_retraining_at_a_time(net):
    session, run = net
    answer = unlearn(session, run=run, rows=[1, 2])
    answer.gold(50, background=True)
    with pytest.raises(OptionError, match=r"cancel\(\)"):
        answer.gold(1)
    answer.cancel()
    answer.job.wait(60)


def test_an_interrupt_cancels_the_retraining_that_is_waited_for(net, monkeypatch):
    session, run = net
    answer = unlearn(session, run=run, rows=[1, 2])

    def interrupted(self, seconds=None):
        raise KeyboardInterrupt

    monkeypatch.setattr(Job, "wait", interrupted)
    answer.gold(50)
    monkeypatch.undo()
    assert answer.job.wait(60)
    assert answer.job.cancelled
    assert "cancelled" in answer.verdict


def test_a_retraining_that_fails_says_so_and_the_answer_stays(net):
    session, run = net
    answer = unlearn(session, run=run, rows=[1, 2])

    def failing(done, seeds, progress):
        raise ConvergenceError("the repeated training diverged")

    answer.compare = failing
    with pytest.raises(ConvergenceError):
        answer.gold(1)
    assert "the retraining failed with ConvergenceError" in answer.verdict
    assert answer.verified is None


def test_watchers_hear_of_every_step_and_of_the_end(net):
    session, run = net
    answer = unlearn(session, run=run, rows=[1, 2])
    heard = []
    answer.watchers.append(lambda answer: heard.append((answer.job.share, answer.job.done)))
    answer.gold(1)
    assert heard[-1] == (1.0, True)
    assert len(heard) > 5
    assert [share for share, _ in heard] == sorted(share for share, _ in heard)
