"""A stored lineage of which a part is gone or changed: found, named, and never answered wrongly."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.merged import CLEAN
from tests.stores.stored import closed, everything, opened, remembered, reopened
from traceprop_nb.errors import UntracedError
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.stores import segments


def damaged(where, files):
    """A session of three parts, and its segments' digests."""
    work = opened(where)
    work(CLEAN)
    work("half = X[::2]")
    work("import numpy as np\nquarter = half[::2]\nnew = np.arange(4.0)")
    live = everything(work)
    digests = [
        body["segment"] for _, body in work.session.storage.others.parts(work.session.storage.id)
    ]
    return closed(work), digests, live


def edit(storage, statement, **values):
    with storage.store.database.begin() as connection:
        connection.execute(text(statement), values)


@pytest.mark.parametrize(
    ("statement", "what"),
    [("DELETE FROM segments WHERE digest = :d", "is missing"),
     ("UPDATE segments SET data = :b WHERE digest = :d", "is not what was written")],
)  # fmt: skip
def test_a_damaged_part_is_found_and_named_and_only_its_answers_are_unknown(
    files, where, statement, what
):
    name, digests, live = damaged(where, files)
    assert len(digests) == 3
    storage = reopened(where)
    edit(storage, statement, d=digests[1], b=b"TPSEG001 not this")
    [found] = storage.check()
    assert (found.session, found.number) == (name, 3)
    assert digests[1] in found.what
    assert what in found.what
    past = storage.lineage(name)
    assert digests[1] in repr(past)
    assert remembered(past)["names"]["X"] == live["names"]["X"]
    assert remembered(past)["names"]["new"] == live["names"]["new"]
    answer = past.rows("quarter", 0)
    assert answer.status == Status.UNKNOWN
    assert digests[1] in answer.notes[0]
    assert past.impact("a.csv", 1).status == Status.UNKNOWN
    with pytest.raises(UntracedError, match=digests[1]):
        storage.keeper.session.rows("half", 0)


def test_the_first_part_lost_leaves_the_session_and_later_values(files, where):
    name, digests, live = damaged(where, files)
    storage = reopened(where)
    edit(storage, "DELETE FROM segments WHERE digest = :d", d=digests[0])
    past = storage.lineage(name)
    assert past.rows("half", 0).status == Status.UNKNOWN
    assert remembered(past)["names"]["new"] == live["names"]["new"]
    assert past.why("half").status == Status.UNKNOWN


def test_large_segments_lie_beside_the_file_and_a_copy_takes_them_along(files, monkeypatch):
    monkeypatch.setattr(segments, "INLINE", 300)
    name, digests, live = damaged("s.db", files)
    lying = sorted((files / "s.db.segments").iterdir())
    assert {f"sha256:{path.stem}" for path in lying} > set(digests)
    assert all(path.stat().st_mode & 0o077 == 0 for path in [*lying, lying[0].parent])
    storage = reopened("s.db")
    assert remembered(storage.lineage(name)) == live
    storage.backup("copy.db")
    copied = reopened("copy.db")
    assert remembered(copied.lineage(name)) == live
    victim = files / "s.db.segments" / f"{digests[1].removeprefix('sha256:')}.seg"
    whole = victim.read_bytes()
    victim.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert [(d.session, d.number) for d in storage.check()] == [(name, 3)]
    victim.unlink()
    assert "is missing" in storage.check()[0].what
    assert storage.lineage(name).rows("X", 0).status == Status.EXACT


def test_a_large_segment_that_cannot_be_written_waits(files, monkeypatch):
    monkeypatch.setattr(segments, "INLINE", 300)
    work = opened("s.db")
    (files / "s.db.segments").write_text("in the way")
    work(CLEAN)
    assert "cannot be written" in work.session.storage.line
    (files / "s.db.segments").unlink()
    work("Y = X[::-1]")
    assert work.session.storage.waiting == []
    live = everything(work)
    name = closed(work)
    assert remembered(reopened("s.db").lineage(name)) == live
