"""``erase``: the person comes by standard input, goes for good, and is said nowhere."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import pytest
from hypothesis import given, strategies as st

from tests.contracts.tree import ROOT
from tests.stores.stored import closed, opened
from tests.test_session_learning import FIT, N_A, N_B, table, train
from traceprop_nb.cli import people
from traceprop_nb.errors import OptionError, StoreError
from traceprop_nb.session import Session
from traceprop_nb.session.privacy import erasure
from traceprop_nb.session.privacy.pseudonyms import Pseudonyms
from traceprop_nb.stores import read_store

WHO, OTHER = "Käthe-4711", "Canary-Paula-4712"


@pytest.fixture
def store(where, tmp_path, monkeypatch):
    """A store whose log names two people, and the folder that it lies in."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    rows = table(1, N_A).splitlines()
    people = {3: WHO, 5: OTHER}
    lines = [f"{people.get(k, f'p{k}')},{row}" for k, row in enumerate(rows[1:])]
    (folder / "a.csv").write_text("\n".join([f"patient,{rows[0]}", *lines]) + "\n", "utf-8")
    (folder / "b.csv").write_text(table(2, N_B))
    notebook = opened(where)
    train(notebook, FIT, "clf")
    for person in (WHO, OTHER):
        notebook.session.subject("patient", person)
    notebook.session.unlearn(where=f"patient == '{WHO}'")
    closed(notebook)
    return where


@pytest.fixture
def erase(run, monkeypatch):
    """The command with a standard input."""

    def command(where, *words, told: str | bytes, column="patient"):
        data = told if isinstance(told, bytes) else told.encode()
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data), "utf-8"))
        return run("erase", "--store", where, *words, column)

    return command


def known(where, person, column="patient") -> bool:
    """Whether the log's name for a person can still be told."""
    session = Session()
    storage = session.open(where)
    try:
        return session.guard.pseudonyms.known(column, [person]) is not None
    finally:
        storage.close()
        session.close()


def bodies(run, where, kind) -> list[dict]:
    out = run("log", "--store", where, "--kind", kind, "--json")[1]
    return [json.loads(line)["body"] for line in out.splitlines()]


def test_a_person_is_erased_the_others_stay_and_the_chain_holds(run, erase, store):
    code, out, err = erase(store, "--remove", told=f"{WHO}\n")
    assert (code, err) == (0, "")
    assert "of column 'patient': 2 keys destroyed" in out
    assert "found in   none of them" in out
    assert "1 other session: the files that they read and wrote" in out
    assert "backups of the keys" in out
    assert (known(store, WHO), known(store, OTHER)) == (False, True)
    [stone] = bodies(run, store, "erased_subject")
    assert stone["keys"] == 2
    assert run("verify", store)[0] == 0
    assert "0 keys destroyed" in erase(store, "--remove", told=WHO)[1]


def test_without_remove_it_is_said_and_no_byte_changes(run, erase, store, tmp_path):
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    sessions = run("log", "--store", store)[1]
    code, out, err = erase(store, told=f"{WHO}\r\n\n")
    assert (code, err) == (0, "")
    assert "would erase a subject of column 'patient': 2 keys to destroy" in out
    assert "not erased  --remove does it" in out
    assert "1 other session" in out
    assert {path: path.read_bytes() for path in before} == before
    assert run("log", "--store", store)[1] == sessions
    assert known(store, WHO)
    assert "0 keys to destroy" in erase(store, told="nobody at all")[1]


def test_several_cells_of_a_person_go_together_and_only_what_was_there_is_counted(erase, store):
    code, out, _ = erase(store, "--remove", told=f"{OTHER}\n{WHO}\nunseen-1\nunseen-2\n")
    assert code == 0
    assert "3 keys destroyed" in out
    assert not known(store, WHO)
    assert not known(store, OTHER)


def test_the_person_is_in_no_file_no_table_no_output_and_no_list_of_processes(store, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "traceprop_nb", "erase", "--store", store, "--remove", "patient"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    out, err = process.communicate(OTHER.encode() + b"\n", timeout=120)
    assert (process.returncode, err) == (0, b"")
    assert OTHER not in " ".join(process.args)
    for form in (OTHER.encode(), OTHER.encode("utf-16-le"), OTHER.encode().hex().encode()):
        assert form not in out
        for path in tmp_path.rglob("*"):
            if path.is_file() and path.name != "a.csv":
                assert form not in path.read_bytes(), path
    looked = read_store(store, "test")
    told = [row.body for one in looked.sessions() for row in looked.events(one.id)]
    looked.close()
    assert not [body for body in told if OTHER in body]


def test_with_keyed_the_column_is_not_in_the_log_in_clear(run, erase, store):
    assert erase(store, "--remove", "--keyed", told=OTHER)[0] == 0
    newest = run("log", "--store", store)[1].splitlines()[-1].split()[0]
    assert "patient" not in run("log", "--store", store, "--session", newest)[1]
    assert not known(store, OTHER)
    assert erase(store, "--remove", told=WHO)[0] == 0
    newest = run("log", "--store", store)[1].splitlines()[-1].split()[0]
    assert "patient" in run("log", "--store", store, "--session", newest)[1]


def test_text_about_the_person_that_stays_is_said_and_code_1(erase, store):
    notebook = opened(store)
    notebook.session.record_event("careless", text=f"a note on {WHO}")
    closed(notebook)
    code, out, _ = erase(store, told=WHO)
    assert code == 0
    assert "none of them" not in out
    code, out, _ = erase(store, "--remove", told=WHO)
    assert code == 1
    assert "none of them" not in out
    assert WHO not in out


def test_a_store_without_keys_is_looked_at_and_gets_none(erase, where, tmp_path):
    from tests.stores.chains import filled

    filled(where)[0].close()
    code, out, _ = erase(where, told=WHO)
    assert (code, "0 keys to destroy" in out) == (0, True)
    assert not list(tmp_path.glob("*.keys"))


@pytest.mark.parametrize("told", ["", "\n", "  \r\n\n", b"\xef\xbb\xbf\n"])
def test_nobody_on_the_standard_input_is_a_line(erase, store, told):
    code, _, err = erase(store, "--remove", told=told)
    assert (code, err.count("\n")) == (2, 1)
    assert "names nobody; give the person's cells there, one a line" in err


def test_input_that_is_no_text_is_a_line_and_is_not_repeated(erase, store):
    code, _, err = erase(store, "--remove", told=b"\xff\xfeCanary")
    assert (code, err.count("\n")) == (2, 1)
    assert "is not UTF-8" in err
    assert "Canary" not in err


@pytest.mark.parametrize("kind", [StoreError, ZeroDivisionError])
def test_an_error_that_would_say_the_person_does_not(erase, store, monkeypatch, kind):
    def broken(*_):
        raise kind(f"cannot find {WHO!r}")

    monkeypatch.setattr(erasure, "erase_subject", broken)
    code, out, err = erase(store, "--remove", told=WHO)
    assert (code, err.count("\n")) == (2, 1)
    assert "did not come to its end" in err
    assert WHO not in out + err
    assert "4711" not in err


def test_an_error_about_something_else_is_said(erase, store, monkeypatch):
    def broken(*_):
        raise StoreError("the disk is full of event 17; empty it")

    monkeypatch.setattr(erasure, "erase_subject", broken)
    assert "the disk is full" in erase(store, "--remove", told="7\n")[2]


def test_whoever_types_is_asked_unseen_until_an_empty_line(monkeypatch):
    class Terminal:
        def isatty(self):
            return True

    typed = iter([WHO, OTHER, ""])
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(typed))
    assert people.cells_asked() == (WHO, OTHER)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=8)))
def test_law_each_line_is_a_cell_as_it_stands(lines):
    asked = [line for line in lines if line.strip()]
    before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO("\n".join(lines).encode()))
    try:
        if not asked or lines[0].startswith("\ufeff"):
            with pytest.raises(OptionError, match="names nobody") if not asked else _either():
                people.cells_asked()
        else:
            assert people.cells_asked() == tuple(dict.fromkeys(x.removesuffix("\r") for x in asked))
    finally:
        sys.stdin = before


def _either():
    import contextlib

    return contextlib.suppress(OptionError)


def test_law_what_is_counted_is_what_is_destroyed():
    @given(
        st.lists(st.sampled_from("abcd")),
        st.lists(st.sampled_from("abcd")),
        st.sets(st.sampled_from("abcd"), min_size=1),
    )
    def law(named, written, erased):
        names = Pseudonyms()
        assert names.count("who", erased) == 0
        assert not names.ring.keys
        for one in named:
            names.person("who", [one])
        for one in written:
            names.literal("text", repr(one))
        there = names.count("who", erased)
        assert there == len(set(named) & erased) + len(set(written) & erased)
        assert names.destroy("who", erased) == there
        assert names.count("who", erased) == 0

    law()
