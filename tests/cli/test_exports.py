"""``export`` and ``import``: stored sessions in other tools' formats, and their files told."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import text

from tests.exports.pictures import hospital, pictures
from tests.stores.stored import closed, opened
from tests.test_session_learning import FIT, N_A, N_B, table, train
from traceprop_nb.exports.formats import FORMATS
from traceprop_nb.exports.loss import Loss
from traceprop_nb.exports.model import SessionGraph, Source
from traceprop_nb.exports.plain_form import from_plain
from traceprop_nb.session.exporting import import_lineage
from traceprop_nb.stores import open_store


@pytest.fixture
def stored(where, tmp_path, monkeypatch):
    """The store of a session of two parts that trained and ended, and its id."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text(table(1, N_A))
    (tmp_path / "b.csv").write_text(table(2, N_B))
    notebook = opened(where)
    train(notebook, FIT, "clf")
    notebook("half = X[::2]")
    return where, closed(notebook)


def accessed(run, where) -> list[dict]:
    out = run("log", "--store", where, "--kind", "accessed", "--json")[1]
    told = [json.loads(line) for line in out.splitlines()]
    return [one["body"] for one in told if one["body"]["act"] == "exported"]


@pytest.mark.parametrize("name", FORMATS)
def test_a_stored_session_is_written_by_name_and_by_suffix_and_that_is_logged(run, stored, name):
    where, session = stored
    by_suffix = f"x{FORMATS[name].suffixes[0]}"
    code, out, err = run("export", "--store", where, by_suffix)
    assert (code, err) == (0, "")
    assert f"{by_suffix}: session ses_{session}" in out
    code, _, err = run("export", "--store", where, "--session", session[:20], "--format", name, "y")
    assert (code, err) == (0, "")
    data, again = (Path(path).read_bytes() for path in (by_suffix, "y"))
    assert data == again
    assert session.encode() in data or name in ("croissant", "model-card", "in-toto-signed")
    scope = {"of": session, "format": name, "detail": "named",
             "digest": "sha256:" + hashlib.sha256(data).hexdigest()}  # fmt: skip
    told = [{m["name"]: m["value"] for m in one["scope"]} for one in accessed(run, where)]
    assert told == [scope, scope]
    assert run("verify", where)[0] == 0


def test_what_is_written_says_what_the_session_did(run, stored):
    where, session = stored
    args = ("export", "--store", where, "--detail", "all", "--person", "A. Nurse", "x.prov.json")
    assert run(*args)[0] == 0
    found = import_lineage("x.prov.json", None)
    assert {source.name for source in found.sources} == {"a.csv", "b.csv"}
    assert [one.name for one in found.runs] == ["clf"]
    assert "A. Nurse" in [agent.name for agent in found.agents]
    assert (found.detail, found.id) == ("all", f"ses_{session}")
    assert {value.name for value in found.values} >= {"X", "half", "d"}


def test_a_session_with_a_gap_is_written_said_and_code_1_or_refused(run, stored):
    where, session = stored
    store = open_store(where, "test")
    bodies = [json.loads(row.body) for row in store.events(session) if row.kind == "lineage"]
    with store.database.begin() as connection:
        connection.execute(
            text("DELETE FROM segments WHERE digest = :d"), {"d": bodies[1]["segment"]}
        )
    store.close()
    code, out, err = run("export", "--store", where, "x.prov.json")
    assert (code, err) == (1, "")
    assert "is missing" in out
    assert "unknown in the file" in out
    code, _, err = run("export", "--store", where, "x.cdx.json")
    assert (code, err.count("\n")) == (2, 1)
    assert "cyclonedx has no place to say what is gone" in err
    assert "; these have: prov-json, prov-turtle, openlineage" in err


def test_what_cannot_be_exported_is_a_line(run, stored):
    where, _ = stored
    for words, said in [
        (["x.docx"], "does not say which format"),
        (["--format", "provjson", "x"], "did you mean 'prov-json'"),
        (["--detail", "some", "x.ttl"], "neither 'named' nor 'all'"),
        (["--session", "ZZZ", "x.ttl"], "no session named"),
        (["no/folder/x.ttl"], "no/folder/x.ttl: No such file"),
    ]:
        code, _, err = run("export", "--store", where, *words)
        assert (code, err.count("\n")) == (2, 1)
        assert said in err
    assert accessed(run, where) == []


# -- files of other tools --------------------------------------------------------------------------


@given(pictures())
@settings(max_examples=25, suppress_health_check=list(HealthCheck), deadline=None)
def test_law_what_a_file_holds_comes_out_as_json_and_as_lines(run, tmp_path, picture):
    for name, form in FORMATS.items():
        if form.read is None:
            continue
        path = tmp_path / "plain.out"
        path.write_bytes(form.write(picture))
        code, out, err = run("import", "--format", name, "--json", path)
        assert (code, err, out.count("\n")) == (0, "", 1)
        told = json.loads(out)
        assert told["format"] == name
        assert from_plain(SessionGraph, told["session"]) == import_lineage(path, name)
        assert [from_plain(Loss, loss) for loss in told["loses"]] == list(form.loses)
        code, out, err = run("import", "--format", name, path)
        assert (code, err) == (0, "")
        lines = out.split("\n")[:-1]
        assert all(line.isprintable() for line in lines)
        kinds = [line.split(" ", 1)[0] for line in lines[1:]]
        graph = import_lineage(path, name)
        assert kinds.count("source") == len(graph.sources)
        assert kinds.count("run") == len(graph.runs)
        assert kinds.count("not") == len(form.loses)


def test_a_summary_names_what_went_in_what_was_done_and_what_is_not_told(run, tmp_path):
    path = tmp_path / "x.openlineage.jsonl"
    path.write_bytes(FORMATS["openlineage"].write(hospital()))
    code, out, err = run("import", path)
    assert (code, err) == (0, "")
    first, *rest = out.splitlines()
    assert first.startswith("openlineage: session ses_")
    for source in hospital().sources:
        assert f"source     {source.name}, {source.records:,} records, {source.digest}" in rest
    assert "not told   agents: events have a producer, and no people" in rest


def test_names_in_a_file_steer_no_terminal(run, tmp_path):
    path = tmp_path / "x.prov.json"
    graph = SessionGraph("ses_1", sources=(Source("source/0", "a\x1b[2J\u202e.csv\n"),))
    path.write_bytes(FORMATS["prov-json"].write(graph))
    _, out, _ = run("import", path)
    assert "source     a\\u001b[2J\\u202e.csv\\n, no digest" in out.splitlines()


def test_a_file_of_dvc_is_told(run, tmp_path):
    pytest.importorskip("yaml", reason="PyYAML is not installed")
    (tmp_path / "d.csv.dvc").write_text("outs:\n- md5: 0123456789abcdef\n  path: d.csv\n")
    code, out, err = run("import", tmp_path / "d.csv.dvc")
    assert (code, err) == (0, "")
    assert out.startswith("dvc: session")
    assert "source     d.csv, no digest" in out


def test_what_cannot_be_read_is_a_line(run, tmp_path):
    (tmp_path / "x.txt").write_text("hello")
    (tmp_path / "x.prov.json").write_text('{"entity": 3}')
    for words, said in [
        (["none.prov.json"], "none.prov.json: No such file"),
        (["x.txt"], "in none of the formats that are read"),
        (["x.prov.json"], "entity"),
        (["--format", "in-toto", "x.txt"], "written and not read back"),
        (["--format", "dvcc", "x.txt"], "no format named 'dvcc'"),
    ]:
        code, out, err = run("import", *words[:-1], tmp_path / words[-1])
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert said in err
