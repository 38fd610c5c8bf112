"""Commands in this process, and the stores and records that they are given."""

from __future__ import annotations

import pytest

from tests.record_examples import clock, session
from tests.stores.conftest import server, where  # noqa: F401  # the same stores
from traceprop_nb import cli
from traceprop_nb.reports import Record, build


@pytest.fixture
def run(capsys):
    """A command in this process: its exit code, and what it wrote to both streams."""

    def command(*words: object) -> tuple[int, str, str]:
        code = cli.main([str(word) for word in words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


@pytest.fixture
def record(tmp_path) -> Record:
    made = build(session(), clock=clock, stated={"purpose": "triage support"})
    for suffix in ("json", "html", "pdf"):
        made.save(tmp_path / f"r.{suffix}")
    return made
