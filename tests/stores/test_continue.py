"""A session that ended answers as it did: to another kernel, by the names that its values had."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import threading
import time

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from tests.merged import CLEAN
from tests.programs.run import either, frames
from tests.programs.shapes import program
from tests.stores.chains import process
from tests.stores.stored import ALIVE, closed, everything, opened, plain, remembered, reopened
from tests.test_session_learning import FIT, N_A, N_B, table, train
from tests.traced import Notebook
from traceprop_nb.errors import StoreError, UnknownNameError, UntracedError
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.reports import build
from traceprop_nb.session import sources
from traceprop_nb.session.evidence import evidence
from traceprop_nb.session.stored_evidence import stored_evidence

SECRET = "Käthe-Kollwitz-4711"


def test_a_stored_session_says_what_it_said_when_it_was_live(files, where):
    (files / "a.csv").write_text(table(1, N_A))
    (files / "b.csv").write_text(table(2, N_B))
    work = opened(where)
    train(work, FIT, "clf")
    work("import numpy as np\nodd = np.partition(X[:, 0], 2)\nm = X.mean()")
    work("del m\nhalf = X[::2]")
    live = everything(work)
    assert {"X", "y", "half", "odd", "clf"} <= set(live["names"]) >= {"half"}
    assert "m" not in live["names"]
    assert live["names"]["odd"]["why"][1] == "INEXACT"
    assert any(reached["runs"] for reached in live["sources"]["a.csv"])
    name = closed(work)
    past = reopened(where).lineage(name)
    assert remembered(past) == live
    assert past.runs["clf"].n == len(work.names["y"])
    assert past.runs["clf"].model == "LogisticRegression"
    assert [(cell.number, cell.ok) for cell in past.cells] == [(k, True) for k in range(1, 4)]
    assert past.damage == ()


def test_law_generated_programs_are_remembered_as_they_were(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rs, told = np.random.default_rng(5), 0
    for seed in range(25):
        made = program(lambda options: options[int(rs.integers(len(options)))])
        a, b = frames(seed)
        work = opened("s.db")
        work.names |= {"either": either, "ids": ["_a", "_b"], "path": "A"}
        work.source("B", b)
        if made.read:
            a.to_csv("A", index=False)
        else:
            work.source("d", a)
        with contextlib.suppress(Exception):  # a program may fail by itself; it is remembered too
            work(made.source)
        live = everything(work)
        name = closed(work)
        later = reopened("s.db")
        assert remembered(later.lineage(name)) == live, made.source
        told += sum(len(one["rows"]) for one in live["names"].values())
        closed(ALIVE[-1])
    assert told > 250


def test_a_name_is_answered_from_the_newest_session_that_had_it(files, where):
    first = opened(where)
    first(CLEAN)
    was = plain(first.session.rows(first.names["X"], 1))
    one = closed(first)
    second = opened(where)
    second("z = 1")
    closed(second)
    third = opened(where)
    answer = third.session.rows("X", 1)
    assert plain(answer) | {"notes": []} == was
    assert f"X is that of session {one} of 20" in answer.notes[0]
    assert "cell 1" in answer.notes[0]
    assert third.session.why("X").notes == answer.notes[:1]
    assert one in repr(third.session.lineage("X"))
    assert third.session.impact("a.csv", 1).notes[0].startswith(f"a.csv was read in session {one}")
    third("import numpy as np\nX = np.arange(3) * 1.0")
    assert third.session.rows("X", 1).notes != answer.notes
    with pytest.raises(UntracedError, match="no value named 'W' is here or in an earlier session"):
        third.session.rows("W", 0)
    with pytest.raises(UnknownNameError, match=r"no source named 'nothing.csv'"):
        third.session.impact("nothing.csv", 0)
    closed(third)


def test_of_two_sessions_that_had_a_name_the_newest_answers(files):
    for rows in (3, 5):
        work = opened("s.db")
        work(f"import numpy as np\nX = np.arange({rows}.0)")
        newest = closed(work)
    later = opened("s.db")
    assert newest in later.session.rows("X", 4).notes[0]
    assert later.session.storage.lineage().id == newest


def test_the_status_says_what_is_continued(files, where):
    first = opened(where)
    assert "continues" not in repr(first.session.status())
    first(CLEAN)
    closed(first)
    second = opened(where)
    assert "continues the lineage of 1 earlier session" in repr(second.session.status())
    closed(second)


def test_two_notebooks_on_one_store_see_each_other_while_both_live(files, where):
    one, two = opened(where), opened(where)
    one(CLEAN)
    assert plain(two.session.rows("X", 1))["sources"] == plain(
        one.session.rows(one.names["X"], 1)
    )["sources"]  # fmt: skip
    two("import numpy as np\nV = np.ones(4)\nW = V + 1")
    one("X = X[::-1] * 2")
    assert two.session.rows("X", 0).sources.keys() == one.session.rows("X", 0).sources.keys()
    assert plain(two.session.rows("X", 0))["path"] == plain(one.session.rows("X", 0))["path"]
    assert one.session.rows("W", 0).status == Status.EXACT
    assert one.session.storage.check() == []
    closed(one)
    closed(two)


def test_a_session_that_is_opened_late_is_stored_whole(files, where):
    work = Notebook()
    ALIVE.append(work)
    work(CLEAN)
    work("Y = X + 1")
    live = everything(work)
    work.session.open(where)
    name = closed(work)
    assert remembered(reopened(where).lineage(name)) == live


def test_what_could_not_be_written_is_in_the_next_part(files, where, monkeypatch):
    work = opened(where)
    store = work.session.storage.store

    def full(*_args):
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(store, "append", full)
        work(CLEAN)
        work("Y = X + 1")
        work("Z = Y[::-1]")
        assert "2 events wait" in work.session.storage.line
    work("V = Z * 2")
    live = everything(work)
    parts = work.session.storage.others.parts(work.session.storage.id)
    assert len(parts) == 2
    name = closed(work)
    assert remembered(reopened(where).lineage(name)) == live


def test_a_cell_that_adds_nothing_makes_no_part_and_is_told_of_in_the_end(files, where):
    work = opened(where)
    work(CLEAN)
    number = len(work.session.events)
    work("1 + 1", traced=False)
    work("1 + 1")
    assert len(work.session.events) == number
    name = closed(work)
    past = reopened(where).lineage(name)
    assert [(c.number, c.recorded) for c in past.cells] == [(1, True), (2, False), (3, True)]


def test_a_session_that_ended_has_evidence_and_a_record(files, where):
    (files / "a.csv").write_text(table(1, N_A))
    (files / "b.csv").write_text(table(2, N_B))
    work = opened(where)
    train(work, FIT, "clf")
    work("z = 1", traced=False)
    live = evidence(work.session)
    name = closed(work)
    later = reopened(where)
    then = stored_evidence(later, name)
    assert (then.cells, then.sources, then.operations) == (
        live.cells, live.sources, live.operations,
    )  # fmt: skip
    assert then.coverage.unrecorded_cells == live.coverage.unrecorded_cells
    [was], [now] = live.runs, then.runs
    assert now.origins.status == was.origins.status
    assert {k: r.tolist() for k, r in now.origins.rows.items()} == {
        k: r.tolist() for k, r in was.origins.rows.items()
    }
    for name_of in ("name", "model", "n_rows", "n_parameters", "parameters_digest", "cell"):
        assert getattr(now, name_of) == getattr(was, name_of)
    assert (then.environment, then.repository) == (live.environment, live.repository)
    assert then.log.verified
    record = build(then, kind="session")
    assert "clf" in record.to_json()
    with later.store.database.begin() as connection:
        changed = "UPDATE events SET time = '2020' WHERE session = :s AND number = 0"
        connection.execute(text(changed), {"s": name})
    assert stored_evidence(later, name).log.verified is False


def test_a_digest_that_comes_late_is_stored_with_the_next_part(files, monkeypatch):
    ready, own = threading.Event(), sources.Sources._hash
    monkeypatch.setattr(sources, "_SMALL", -1)
    monkeypatch.setattr(
        sources.Sources, "_hash", lambda self, node: ready.wait(20) and own(self, node)
    )
    work = opened("s.db")
    work("import pandas as pd\nd = pd.read_csv('a.csv')")
    identity = work.session.storage.id
    assert work.session.graph.sources[0].digest is None
    ready.set()
    digest = work.session.files.settled()[0].digest
    work("e = d[::-1]")
    assert len(work.session.storage.others.parts(identity)) == 2
    work.session.storage.store.close()  # the kernel is killed
    past = reopened("s.db").lineage(identity)
    assert past.graph.sources[0].digest == digest is not None


# -- ends that nobody planned ----------------------------------------------------------------------

ENDLESS = """
import sys
from tests.stores.stored import opened
from traceprop_nb.reports import build
from traceprop_nb.session import sources
from traceprop_nb.session.evidence import evidence
from traceprop_nb.session.stored_evidence import stored_evidence
from traceprop_nb.stores import segments
segments.INLINE = int(sys.argv[2])
work = opened(sys.argv[1])
work("import numpy as np\\nx0 = np.arange(50.0)")
for k in range(100000):
    work(f"x{k + 1} = x{k}[::-1] + 1")
    print(work.session.storage.id, k + 1, flush=True)
"""


@pytest.mark.parametrize("inline", [64, 1 << 20])
def test_a_killed_kernel_leaves_a_lineage_that_agrees_with_its_log(tmp_path, inline):
    where, done = str(tmp_path / "s.db"), {}
    for trial in range(2):
        with process(ENDLESS, where, str(inline)) as writer:
            lines = [writer.stdout.readline()]
            time.sleep(0.1 + 0.15 * trial)
            os.kill(writer.pid, signal.SIGKILL)
            lines += writer.stdout
        whole = [one.split() for one in lines if one.endswith("\n") and len(one.split()) == 2]
        done[whole[-1][0]] = int(whole[-1][1])
    storage = reopened(where)
    assert storage.check() == []
    for name, cells in done.items():
        past = storage.lineage(name)
        assert past.damage == ()
        last = max(int(value[1:]) for value in past.values)
        assert cells <= last <= cells + 1
        assert set(past.values) == {f"x{k}" for k in range(last + 1)}
        assert len([s for s, _, _ in past.rows(f"x{last}", 3).path if s == "+"]) <= last
        answer = past.rows(f"x{last}", 3)
        assert [rows.tolist() for rows in answer.sources.values()] in ([], [[3]], [[46]])
        sizes = [body["size"][0] for _, body in storage.others.parts(name)]
        assert len(past.graph) == sum(sizes)
    assert sum(done.values()) > 4


def test_a_fork_writes_nothing_of_its_parents_log(files):
    work = opened("s.db")
    work(CLEAN)
    child = os.fork()
    if child == 0:
        try:
            work("Y = X + 1")
            work.session.storage.end()
        finally:
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    work("Z = X * 2")
    assert work.session.storage.trouble == ""
    assert work.session.storage.check() == []
    closed(work)
    assert set(reopened("s.db").lineage().values) >= {"X", "Z"}
    assert "Y" not in reopened("s.db").lineage().values


def test_a_store_that_is_away_takes_nothing_from_what_is_known_here(files, monkeypatch):
    work = opened("s.db")
    work(CLEAN)
    was = plain(work.session.rows(work.names["X"], 1))

    def away(*_args, **_named):
        raise StoreError("the server is away")

    for name in ("events_of_kind", "sessions_with"):
        monkeypatch.setattr(work.session.storage.store, name, away)
    assert plain(work.session.rows(work.names["X"], 1)) == was
    assert work.session.why(work.names["X"]).status == Status.EXACT
    assert "cannot be looked up: the server is away" in repr(work.session.status())
    with pytest.raises(StoreError, match="the server is away"):
        work.session.rows("W", 0)


def test_a_store_of_events_alone_opens_and_has_no_lineage(tmp_path):
    from tests.stores.test_migrations import GOLDEN

    path = tmp_path / "store.db"
    with sqlite3.connect(path) as connection:
        connection.executescript((GOLDEN / "v1.sql").read_text("utf-8"))
    connection.close()
    storage = reopened(path)
    assert storage.check() == []
    first = storage.sessions()[0].id
    assert (len(storage.lineage(first).graph), storage.lineage(first).values) == (0, {})
    with pytest.raises(UnknownNameError, match="no earlier session of the store has a lineage"):
        storage.lineage()


def test_a_store_that_can_only_be_read_answers_and_takes_nothing(files, monkeypatch):
    from traceprop_nb.stores import database

    work = opened("s.db")
    work(CLEAN)
    was = plain(work.session.rows("X", 1))
    name = closed(work)

    def refused(*_args):
        raise OSError("read-only file system")

    monkeypatch.setattr(database, "_writable_engine", refused)
    later = opened("s.db")
    later("import numpy as np\nV = np.ones(3) + 1")
    storage = later.session.storage
    assert plain(later.session.rows("X", 1)) | {"notes": []} == was
    assert "session not stored" in storage.line
    assert "can only be read" in storage.line
    assert (storage.check(), storage.events(), storage.waiting) == ([], [], [])
    assert [one.id for one in storage.sessions()] == [name]
    assert later.session.rows("V", 1).status == Status.EXACT
    assert storage.lineage().id == name


def test_nothing_of_the_code_or_the_rows_is_in_the_lineage(files):
    (files / "a.csv").write_text("who,v\n" + f"{SECRET},1.5\n" * 30, encoding="utf-8")
    work = opened("s.db")
    work(
        "import pandas as pd, numpy as np\nd = pd.read_csv('a.csv')\n"
        f"e = d[d.who == '{SECRET}']\ne.to_csv('e.csv')\nx = e['v'].to_numpy() + 815.4711"
    )
    _ = work.session.rows("x", 3)
    closed(work)
    read = [path.read_bytes() for path in files.rglob("s.db*") if path.is_file()]
    for data in read:
        assert SECRET.encode() not in data
        assert b"815.4711" not in data
    past = reopened("s.db").lineage()
    assert past.rows("x", 3).sources["a.csv"].tolist() == [3]
    assert {site.text for site in past.graph.sites} == {""}
    assert {"reader", "size"} <= set(past.graph.sources[0].detail)


def test_a_frame_that_lies_elsewhere_is_stored_by_its_name_alone(files, tmp_path_factory):
    away = tmp_path_factory.mktemp("elsewhere") / "far.csv"
    pd.DataFrame({"v": [1.0, 2.0]}).to_csv(away, index=False)
    work = opened("s.db")
    work(f"import pandas as pd\nd = pd.read_csv({str(away)!r})")
    live = plain(work.session.rows("d", 1))
    closed(work)
    assert all(str(away.parent).encode() not in p.read_bytes() for p in files.glob("s.db*"))
    then = plain(reopened("s.db").lineage().rows("d", 1))
    assert (then["sources"], then["status"]) == (live["sources"], live["status"])
    assert "cannot be read any more" in then["notes"][0]
