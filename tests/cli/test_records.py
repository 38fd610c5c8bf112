"""Saved records on the command line: checked, shown, written in other forms."""

from __future__ import annotations

import json
import shutil
import sys
from importlib import import_module

import pytest

from tests.record_examples import clock, session
from tests.stores.stored import closed, opened
from tests.test_session_learning import FIT, N_A, N_B, table, train
from traceprop_nb.reports import Record, build


@pytest.mark.parametrize("suffix", ["json", "html", "pdf"])
def test_a_whole_record_verifies_in_every_form(run, record, tmp_path, suffix):
    code, out, err = run("verify", tmp_path / f"r.{suffix}")
    assert (code, err) == (0, "")
    assert "pass     digest" in out
    assert ("pass     page" in out) == (suffix != "json")
    assert out.endswith(record.digest + "\n")


@pytest.mark.parametrize("suffix", ["json", "html"])
def test_a_record_that_was_changed_is_code_1(run, record, tmp_path, suffix):
    path = tmp_path / f"r.{suffix}"
    path.write_bytes(path.read_bytes().replace(b"triage support", b"triage"))
    code, out, err = run("verify", path)
    assert (code, err) == (1, "")
    assert "fail     digest" in out


@pytest.mark.parametrize("suffix", ["html", "pdf"])
def test_a_page_that_shows_something_else_than_the_record_inside_is_code_1(
    run, record, tmp_path, suffix
):
    path = tmp_path / f"r.{suffix}"
    whole = path.read_bytes()
    changed = {"html": whole.replace(b"Session record</h1>", b"Session record, approved</h1>"),
               "pdf": whole + b"\n%%EOF\n"}  # fmt: skip
    path.write_bytes(changed[suffix])
    code, out, _ = run("verify", path)
    assert code == 1
    assert "pass     digest" in out
    assert "fail     page: the page does not show the record" in out


def test_a_page_of_another_version_is_not_judged(run, tmp_path, monkeypatch):
    building = import_module("traceprop_nb.reports.build")
    with monkeypatch.context() as patch:
        patch.setattr(building, "version", lambda _: "0.0.1")
        build(session(), clock=clock).save(tmp_path / "r.html")
    assert building.tool_version() != "0.0.1"
    page = (tmp_path / "r.html").read_text().replace("<h1>", "<h1 >")
    (tmp_path / "r.html").write_text(page)
    code, out, _ = run("verify", tmp_path / "r.html")
    assert code == 0
    assert "not run  page: another version made it (0.0.1)" in out


def test_without_typst_the_pages_of_a_pdf_are_not_judged(run, record, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    code, out, _ = run("verify", tmp_path / "r.pdf")
    assert code == 0
    assert "not run  page: typst is not installed" in out


def test_a_record_without_its_parts_is_code_1_and_no_trace(run, tmp_path):
    for text in ("{}", '{"digest": 3}', '{"sections": [{}]}'):
        (tmp_path / "r.json").write_text(text)
        code, out, err = run("verify", tmp_path / "r.json")
        assert (code, err) == (1, "")
        assert "fail     schema" in out


def test_a_record_is_shown_and_converted_between_all_forms(run, record, tmp_path):
    code, out, _ = run("report", tmp_path / "r.pdf")
    assert code == 0
    assert record.digest in out
    assert "  not established  How labels were made" in out
    for source in ("json", "html", "pdf"):
        for target in ("json", "html", "pdf"):
            new = tmp_path / f"from_{source}.{target}"
            assert run("report", tmp_path / f"r.{source}", "--save", new)[0] == 0
            assert new.read_bytes() == (tmp_path / f"r.{target}").read_bytes()


def test_no_page_is_made_of_a_record_that_was_changed(run, record, tmp_path):
    path = tmp_path / "r.json"
    path.write_bytes(path.read_bytes().replace(b"triage support", b"triage"))
    code, _, err = run("report", path, "--save", tmp_path / "new.pdf")
    assert code == 2
    assert "is not the record that was made (digest" in err
    assert not (tmp_path / "new.pdf").exists()


# -- stored sessions and bundles -------------------------------------------------------------------


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """The store of a session that trained and ended, and its id."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text(table(1, N_A))
    (tmp_path / "b.csv").write_text(table(2, N_B))
    notebook = opened(tmp_path / "s.db")
    train(notebook, FIT, "clf")
    notebook.session.report().bundle(tmp_path / "bundle.zip")
    return tmp_path / "s.db", closed(notebook)


def test_a_record_of_a_session_that_ended_is_made_from_its_store(run, trained, tmp_path):
    store, name = trained
    saved = tmp_path / "then.html"
    code, out, err = run("report", "--store", store, "--session", name[:20], "--save", saved)
    assert (code, err) == (0, "")
    made = Record.load(saved)
    assert made.digest in out
    assert made.to_dict()["scope"]["session"] == f"ses_{name}"
    assert "clf" in made.to_json()
    assert run("verify", saved)[0] == 0
    asked = [json.loads(line) for line in run("log", "--store", store, "--kind", "accessed",
             "--json")[1].splitlines()]  # fmt: skip
    assert any(one["body"]["act"] == "reported" and one["session"] != name for one in asked)
    past = tmp_path / "model.json"
    asking = ("report", "model", "--store", store, "--session", name, "--as-of", "2026-01-01")
    assert run(*asking, "--save", past)[0] == 0
    assert Record.load(past).to_dict()["law_as_of"] == "2026-01-01"
    assert Record.load(past).to_dict()["kind"] == "model"
    code, _, err = run("report", "novel", "--store", store)
    assert (code, "no kind of record named 'novel'" in err) == (2, True)
    code, _, err = run("report", "session")
    assert (code, "together with --store" in err) == (2, True)


def test_a_bundle_verifies_packed_and_unpacked_and_a_change_is_code_1(run, trained, tmp_path):
    path, folder = tmp_path / "bundle.zip", tmp_path / "bundle"
    shutil.unpack_archive(path, folder)
    assert run("verify", path)[0] == run("verify", folder)[0] == 0
    (folder / "record.json").write_bytes((folder / "record.json").read_bytes() + b" ")
    code, out, _ = run("verify", folder)
    assert code == 1
    assert "fail" in out
    code, _, err = run("verify", tmp_path)
    assert code in (1, 2), err
