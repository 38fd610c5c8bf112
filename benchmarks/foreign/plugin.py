"""What both arms load into pytest: the test modules through our import hook, each outcome on disk.

Environment: ``FOREIGN_ARM`` is traced or begins with plain, ``FOREIGN_MODULES`` the modules that
are read by the hook (and rewritten in the traced arm only), ``FOREIGN_OUT`` the file that outcomes
go to, one JSON line each. pytest's own rewriting of assertions is off in both arms.
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Iterator
from typing import IO, Any

import pytest

from traceprop_nb.tracing.modules import TracedModules

ENOUGH = 200_000
"""Operations after which the recorder starts anew, so that memory stays bounded."""


class Outcomes:
    """Writes down how each test ended, in all of its phases."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out
        self._ends: dict[str, list[str]] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: Any, call: Any) -> Iterator[None]:
        """The outcome of a phase with the type of what it raised."""
        report = yield
        ends = self._ends.setdefault(item.nodeid, [])
        end = report.outcome
        if hasattr(report, "wasxfail"):
            end = "x" + ("failed" if report.skipped else "passed")
        if report.when == "call" or end != "passed":
            raised = call.excinfo and f":{call.excinfo.type.__name__}"
            ends.append(f"{report.when}:{end}{raised or ''}")
        return report

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """A test is over."""
        self.say(nodeid, " ".join(self._ends.pop(nodeid, ())))

    def pytest_collectreport(self, report: Any) -> None:
        """What could not be collected is an outcome too."""
        if not report.passed:
            said = str(report.longrepr).strip().splitlines() or [""]
            self.say(f"{report.nodeid}::(collection)", f"{report.outcome}:{said[-1][:80]}")

    def pytest_sessionfinish(self) -> None:
        """The run is whole."""
        self.say("(end)", "")

    def say(self, node: str, end: str) -> None:
        """Write a line at once: the process may be killed."""
        self._out.write(json.dumps([node, end]) + "\n")
        self._out.flush()


class Recording:
    """The traced arm: a session with all rules and taps, begun anew for each file."""

    def __init__(self, outcomes: Outcomes) -> None:
        from traceprop_nb.session.core import Session

        self.session, self._outcomes = Session(), outcomes
        self._begin()

    def rewrite(self, tree: Any, source: str, file: str) -> Any:
        """Rewrite a test module as ``%trace modules`` does."""
        from traceprop_nb.session.modules import _Plans
        from traceprop_nb.tracing.rewrite import rewrite_module

        return rewrite_module(tree, _Plans(self.session, file), source)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_teardown(self, item: Any, nextitem: Any) -> None:
        """Start anew with the next file, or when much has been recorded."""
        if nextitem is None or nextitem.path != item.path or len(self.session.graph) > ENOUGH:
            self._end(item.nodeid.partition("::")[0])
            self.session.reset()
            self._begin()

    def pytest_unconfigure(self) -> None:
        """Nothing is left recording."""
        self.session.end_cell(True)
        self.session.close()

    def _begin(self) -> None:
        self.session.begin_cell(1, "", traced=True)

    def _end(self, file: str) -> None:
        recorder = self.session.recorder
        self.session.end_cell(True)
        if recorder.swallowed:
            self._outcomes.say(f"{file}::(swallowed)", json.dumps(recorder.swallowed))
            self._outcomes.say(f"{file}::(fault)", recorder.last_fault)


class SameDraws:
    """Draws without a seed are the same in both arms."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """Seed what is global."""
        random.seed(0)
        if "numpy.random" in sys.modules:
            sys.modules["numpy.random"].seed(0)


def pytest_configure(config: pytest.Config) -> None:
    """Put the hook in front, and what writes outcomes down."""
    outcomes = Outcomes(open(os.environ["FOREIGN_OUT"], "w"))  # noqa: SIM115  # closed at exit
    config.pluginmanager.register(outcomes)
    config.pluginmanager.register(SameDraws())
    if os.environ["FOREIGN_ARM"] == "traced":
        recording = Recording(outcomes)
        config.pluginmanager.register(recording)
        modules = TracedModules(recording.rewrite)
    else:
        modules = TracedModules(lambda tree, *_: tree)
    modules.add(*os.environ["FOREIGN_MODULES"].split())
