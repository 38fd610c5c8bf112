"""Cells without a kernel; and in CI, a browser test that could not run is a failure."""

from __future__ import annotations

import os
import pathlib

import pytest

from tests import merged
from tests.traced import Notebook


@pytest.fixture(autouse=True, scope="session")
def keys(tmp_path_factory):
    """A folder of keys of the test run's own: the user's is left alone."""
    folder = tmp_path_factory.mktemp("keys")
    os.environ["TRACEPROP_NB_KEYS"] = str(folder)
    return folder


@pytest.fixture
def notebook():
    """Cells in a session of their own, whose taps are off again afterwards."""
    made = Notebook()
    yield made
    made.session.close()


@pytest.fixture
def cells(notebook, tmp_path, monkeypatch):
    """A notebook that has cleaned and merged two files, in their folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text(merged.A)
    (tmp_path / "b.csv").write_text(merged.B)
    notebook(merged.CLEAN)
    return notebook


def must_run(path: pathlib.Path) -> bool:
    return "browser" in path.parts and os.environ.get("CI", "").lower() in {"1", "true"}


def refused(report):
    """The same report, failed, if it is a skip."""
    if report.skipped and not hasattr(report, "wasxfail"):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"browser tests must run in CI, but this one was skipped: {why}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    return refused(report) if must_run(item.path) else report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    return refused(report) if must_run(collector.path) else report
