"""A removal as the verifier sees it, which knows nothing of the package."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.stores.tampering import CANNOT_TELL, TAMPERED, told
from tests.stores.test_retention import storing


@pytest.fixture
def stored(where):
    """A session that is stored beside two old ones."""
    yield from storing(where)


def test_the_verifier_takes_a_stated_removal_and_refuses_an_unstated_one(stored, tmp_path):
    stored.retain(days=0)
    stored.gc(session=stored.old[0], dry_run=False)
    code, said = told(stored.save_log(tmp_path / "log.jsonl"))
    assert code == CANNOT_TELL, said  # the old sessions were never signed; nothing is wrong
    assert "4 of them emptied by retention" in said
    with stored.store.database.begin() as connection:
        connection.execute(
            text("UPDATE events SET body = '' WHERE session = :s AND number = 2"),
            {"s": stored.old[1]},
        )
    code, said = told(stored.save_log(tmp_path / "log.jsonl"))
    assert code == TAMPERED
    assert "event 2 was emptied, and no statement says why" in said
    assert any("no statement says why" in one.what for one in stored.check())


def test_an_event_emptied_after_the_stated_ones_is_refused_by_both(stored, tmp_path):
    stored.retain(days=0)
    stored.gc(session=stored.old[0], dry_run=False)
    stored.record("asked", n=1)
    with stored.store.database.begin() as connection:
        connection.execute(
            text("UPDATE events SET body = '' WHERE session = :s AND kind = 'asked'"),
            {"s": stored.id},
        )
    assert told(stored.save_log(tmp_path / "log.jsonl"))[0] == TAMPERED
    assert [one.session for one in stored.check()] == [stored.id]
