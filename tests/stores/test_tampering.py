"""Whatever is done to a stored log shows, to the package and to the verifier alike."""

from __future__ import annotations

from dataclasses import astuple, fields, replace

import pytest

from tests.stores.tampering import (
    OK,
    TAMPERED,
    by_package,
    by_verifier,
    rechained,
    sealed,
)
from traceprop_nb.reports.canonical import canonical, read
from traceprop_nb.reports.trust import keys
from traceprop_nb.reports.trust.log_check import check_log
from traceprop_nb.stores import Entry


def both(session: str, rows: list[Entry]) -> int:
    """What the two say, which is the same."""
    package, verifier = by_package(session, rows), by_verifier(session, rows)
    assert package == verifier, (package, verifier)
    return package


def body(row: Entry) -> dict:
    return read(row.body)


def with_body(row: Entry, **changes) -> Entry:
    return replace(row, body=canonical({**body(row), **changes}).decode())


def test_what_was_appended_holds():
    for twice in (False, True):
        session, rows = sealed(twice=twice)
        assert both(session, rows) == OK
        assert check_log(session, rows).signed == len(rows) - 1


def test_every_flip_of_a_byte_shows():
    """Bit 0 of every byte of every row; and bit 5, which changes case, of its body."""
    session, rows = sealed(2)
    flips = 0
    for place, row in enumerate(rows):
        for name in ("time", "kind", "body", "before", "digest"):
            raw = getattr(row, name).encode()
            bits = (1, 32) if name == "body" else (1,)
            for at in range(len(raw)):
                for bit in bits:
                    flipped = raw[:at] + bytes([raw[at] ^ bit]) + raw[at + 1 :]
                    text = flipped.decode("utf-8", "surrogateescape")
                    changed = [*rows]
                    changed[place] = replace(row, **{name: text})
                    assert both(session, changed) == TAMPERED, (place, name, at, bit)
                    flips += 1
    assert flips > 2000


def test_every_change_of_a_number_or_a_type_shows():
    session, rows = sealed()
    for place, row in enumerate(rows):
        for number in (
            row.number + 1,
            row.number - 1,
            99,
            str(row.number),
            float(row.number) + 0.5,
        ):
            changed = [*rows]
            changed[place] = replace(row, number=number)
            assert both(session, changed) == TAMPERED, (place, number)


@pytest.mark.parametrize("spelling", [" {", "{\n", "{\t"])
def test_another_spelling_of_the_same_body_shows(spelling):
    session, rows = sealed()
    rows[1] = replace(rows[1], body=rows[1].body.replace("{", spelling, 1))
    assert body(rows[1])["n"] == 1
    assert both(session, rows) == TAMPERED


def test_every_deletion_shows_but_those_of_the_end():
    session, rows = sealed(4, twice=True)
    for place in range(len(rows) - 1):
        assert both(session, rows[:place] + rows[place + 1 :]) == TAMPERED, place
    for end in range(1, len(rows)):
        assert both(session, rows[:end]) == OK, "a tail that is cut off needs a head kept elsewhere"


def test_every_swap_and_every_insertion_shows():
    session, rows = sealed(4, twice=True)
    other, strange = sealed(4)
    assert other != session
    for i in range(len(rows)):
        for j in range(i):
            changed = [*rows]
            changed[i], changed[j] = rows[j], rows[i]
            assert both(session, changed) == TAMPERED, (i, j)
        for extra in (rows[0], rows[-1], strange[i % len(strange)]):
            assert both(session, [*rows[:i], extra, *rows[i:]]) == TAMPERED
    assert both(session, [*rows, strange[-1]]) == TAMPERED


@pytest.mark.parametrize("place", range(4))
def test_a_rewrite_of_the_chain_without_the_key_shows(place):
    """The owner of the file changes an event and computes every later digest anew."""
    session, rows = sealed(4)
    changed = [*rows]
    changed[place] = with_body(rows[place], n=77)
    changed = rechained(changed, place)
    assert both(session, changed) == TAMPERED
    assert "checkpoint in event 4" in check_log(session, changed).wrong[1]


def test_a_rewrite_that_leaves_the_signature_out_holds_and_is_not_signed():
    session, rows = sealed(4)
    changed = rechained([with_body(rows[0], n=77), *rows[1:4]])
    assert both(session, changed) == OK
    assert check_log(session, changed).signed == 0


FORGERIES = {
    "the signature": {"signature": "A" * 86 + "=="},
    "no base64": {"signature": "?"},
    "no signature": {"signature": None},
    "the key": {"public_key": "00" * 32},
    "no key": {"public_key": "zz"},
    "a short key": {"public_key": "00"},
    "the key's name": {"key": "ed25519:" + "0" * 32},
    "the number": {"events": 3},
    "the head": {"head": "sha256:" + "1" * 64},
    "the tree": {"tree": "0" * 64},
    "the root": {"root": "0" * 64},
    "how many": {"sessions": 2},
    "the session": {"session": "0" * 26},
    "heads": {"told": []},
    "no heads": {"told": "x"},
    "other heads": {"told": [["0" * 26, 1, "sha256:" + "1" * 64]]},
}


@pytest.mark.parametrize("what", FORGERIES)
def test_every_forged_part_of_a_checkpoint_shows(what):
    session, rows = sealed(4)
    changed = rechained([*rows[:4], with_body(rows[4], **FORGERIES[what])])
    assert both(session, changed) == TAMPERED


def test_a_checkpoint_of_before_shows_when_it_is_played_again():
    session, rows = sealed(4, twice=True)
    old = rows[1]
    assert old.kind == "checkpoint"
    again = rechained([*rows[:-1], old], len(rows) - 1)
    assert both(session, again) == TAMPERED
    assert "one of another place" in check_log(session, again).wrong[1]


def test_a_checkpoint_of_another_session_shows():
    session, rows = sealed(4)
    _, others = sealed(4)
    changed = rechained([*rows[:4], others[4]], 4)
    assert both(session, changed) == TAMPERED
    assert "another session's" in check_log(session, changed).wrong[1]


def test_another_key_shows_unless_the_old_one_named_it(tmp_path, monkeypatch):
    from traceprop_nb.session.checkpoints import checkpoint
    from traceprop_nb.session.events import EventLog
    from traceprop_nb.session.storage import entry

    def signed_twice(between) -> tuple[str, list[Entry]]:
        monkeypatch.setenv(keys.FOLDER, str(tmp_path / "mine"))
        log = EventLog()
        log.append("asked", {"n": 0})
        checkpoint(log, None, "cell")
        between(log)
        log.append("asked", {"n": 1})
        checkpoint(log, None, "end")
        return log.id, [entry(event) for event in log]

    def stolen(_log):
        monkeypatch.setenv(keys.FOLDER, str(tmp_path / "theirs"))

    def rotated(log):
        log.append("key_rotated", {"statement": canonical(keys.rotate()).decode()})

    def claimed(log):
        monkeypatch.setenv(keys.FOLDER, str(tmp_path / "theirs"))
        log.append("key_rotated", {"statement": canonical(keys.rotate()).decode()})

    assert both(*signed_twice(rotated)) == OK
    for forger in (stolen, claimed):
        session, rows = signed_twice(forger)
        assert both(session, rows) == TAMPERED
        assert "a key that the one before did not name" in check_log(session, rows).wrong[1]


def test_the_columns_of_a_row_are_all_looked_at():
    """Control: a column that is added to a row must be added to the flips above."""
    names = [field.name for field in fields(Entry)]
    assert names == ["number", "time", "kind", "body", "before", "digest"]
    assert len(astuple(sealed()[1][0])) == len(names)
