"""The door: every verb explains itself, and whatever goes wrong is one line."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from tests.cli.processes import command
from tests.contracts.tree import ROOT
from tests.record_examples import clock, session
from tests.stores.chains import filled
from traceprop_nb import cli
from traceprop_nb.reports import build


def test_every_verb_explains_itself(run):
    code, out, _ = run("--help")
    assert code == 0
    for verb, (_, told) in cli.VERBS.items():
        assert verb in out
        assert told.split(";")[0][:30] in " ".join(out.split())
        code, own, _ = run(verb, "--help")
        assert code == 0
        assert own.startswith(f"usage: traceprop-nb {verb}")


def test_every_verb_is_a_module_with_arguments_and_run_and_every_module_a_verb():
    files = {path.stem for path in (ROOT / "traceprop_nb/cli").glob("*.py")}
    assert files - {"__init__", "parser", "people", "stores"} == {
        module for module, _ in cli.VERBS.values()
    }
    for module, _ in cli.VERBS.values():
        found = import_module(f"traceprop_nb.cli.{module}")
        assert callable(found.arguments)
        assert callable(found.run)


def test_the_script_of_the_package_is_this_command():
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert scripts == {"traceprop-nb": "traceprop_nb.cli:main"}


def test_every_verb_and_option_is_documented():
    page = (ROOT / "docs/cli.md").read_text()
    for verb, (module, _) in cli.VERBS.items():
        assert f"`traceprop-nb {verb}" in page
        parser = cli.Parser(prog="x")
        import_module(f"traceprop_nb.cli.{module}").arguments(parser)
        row = next(line for line in page.splitlines() if f"`traceprop-nb {verb}" in line)
        for option in re.findall(r"--[a-z-]+", parser.format_usage()):
            assert option in row, (verb, option)


FAULTS = {
    "no verb": [],
    "another verb": ["explain"],
    "another option": ["log", "--store", "x", "--everything"],
    "an option cut short": ["log", "--sto", "x"],
    "no store": ["log", "--store", "none.db"],
    "a folder": ["log", "--store", "."],
    "no server": ["log", "--store", "postgresql://ada:secret@127.0.0.1:1/none"],
    "no address": ["log", "--store", "nonsense://x"],
    "no record": ["verify", "none.json"],
    "no record, no store": ["verify", "none.db"],
    "no day": ["retain", "--store", "s.db", "--until", "soon"],
    "no rule": ["retain", "--store", "s.db"],
    "no rule to remove by": ["gc", "--store", "s.db"],
    "nobody to erase": ["erase", "--store", "s.db", "who"],
    "nobody to erase from a store that is not there": ["erase", "--store", "none.db", "who"],
    "no number": ["retain", "--store", "s.db", "--days", "many"],
    "no session": ["log", "--store", "s.db", "--session", "x"],
    "several sessions": ["log", "--store", "s.db", "--session", "0"],
    "no reason": ["hold", "--store", "s.db", "--by", "ada"],
    "not held": ["hold", "--store", "s.db", "--release", "--by", "ada", "--reason", "x"],
    "a copy that is there": ["backup", "--store", "s.db", "s.db"],
    "a copy to nowhere": ["backup", "--store", "s.db", "no/folder/s.db"],
    "a kind without a store": ["report", "session"],
    "another form": ["report", "r.json", "--save", "r.docx"],
    "a form to nowhere": ["report", "r.json", "--save", "no/folder/r.html"],
    "a binary file": ["verify", "bad.json"],
    "a picture as PDF": ["verify", "bad.pdf"],
    "a text as store": ["verify", "text.db"],
    "an empty store": ["verify", "empty.db"],
    "heads that are none": ["verify", "s.db", "--heads", "r.json"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A store, a record, and files that are neither."""
    path = tmp_path_factory.mktemp("faults")
    filled(str(path / "s.db"))[0].close()
    build(session(), clock=clock).save(path / "r.json")
    (path / "bad.json").write_bytes(b"\xff\xfe\x00{")
    (path / "bad.pdf").write_bytes(b"\x89PNG\r\n")
    (path / "text.db").write_text("not a database, and long enough to be one\n" * 60)
    (path / "empty.db").touch()
    return path


@pytest.mark.parametrize("what", FAULTS)
def test_an_error_is_one_line_that_says_what_to_do_next(run, folder, monkeypatch, what):
    monkeypatch.chdir(folder)
    code, _, err = run(*FAULTS[what])
    assert code == 2
    assert err.startswith("traceprop-nb")
    assert (err.count("\n"), "Traceback" in err, "secret" in err) == (1, False, False)
    assert "; " in err


def test_an_error_of_our_own_is_a_line_too(run, monkeypatch):
    def broken(_):
        raise ZeroDivisionError("division\nby zero")

    monkeypatch.setattr("traceprop_nb.cli.log.run", broken)
    code, _, err = run("log", "--store", "x")
    assert (code, err.count("\n")) == (2, 1)
    assert "internal error, ZeroDivisionError: division by zero" in err


def test_being_stopped_is_said(run, monkeypatch):
    def stopped(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("traceprop_nb.cli.log.run", stopped)
    assert run("log", "--store", "x") == (
        130,
        "",
        "traceprop-nb: stopped; what was done until then stays\n",
    )


def test_a_reader_that_leaves_is_no_error(tmp_path):
    path = tmp_path / "s.db"
    filled(str(path), sessions=1, events=3000)[0].close()
    with command("log", "--store", path, "--session", "0", "--json") as process:
        assert process.stdout.readline().startswith("{")
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(60) == 128 + signal.SIGPIPE


def test_the_real_command_starts_light_and_returns_its_code(tmp_path):
    path = tmp_path / "s.db"
    store, [name] = filled(str(path), sessions=1)
    with store.database.begin() as connection:
        connection.exec_driver_sql("UPDATE events SET body = '{}' WHERE number = 2")
    store.close()
    with command("verify", path) as process:
        out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (1, "")
    assert f"fail     {name}: event 2 is not what was appended" in out
    code = "import sys; from traceprop_nb.cli import main; main(['--help']); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT,
        env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip
    loaded = set(done.stdout.split())
    assert not loaded & {"numpy", "sqlalchemy", "jsonschema", "IPython", "pandas", "scipy"}
