"""A fresh IPython shell a test, with and without the extension."""

from __future__ import annotations

import contextlib
import io
import re

import pytest
from IPython.core.interactiveshell import InteractiveShell

from traceprop_nb import magics
from traceprop_nb.session import current

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


class Shell:
    """A shell that keeps what a cell printed beside its result."""

    def __init__(self, ip: InteractiveShell) -> None:
        self.ip = ip
        self.printed = ""
        self.errors = ""

    def __call__(self, source: str, *, history: bool = True):
        """Run a cell; returns IPython's result."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            result = self.ip.run_cell(source, store_history=history)
        self.printed = ESCAPES.sub("", out.getvalue())
        self.errors = ESCAPES.sub("", err.getvalue())
        return result

    def value(self, source: str):
        """Run a cell that must succeed; returns the value it displays."""
        result = self(source)
        assert result.success, self.printed + self.errors
        return result.result


@pytest.fixture
def plain():
    """A shell without the extension."""
    InteractiveShell.clear_instance()
    ip = InteractiveShell.instance(colors="nocolor")
    ip.history_manager.enabled = False
    yield Shell(ip)
    ip.history_manager.end_session()
    InteractiveShell.clear_instance()


@pytest.fixture
def shell(plain):
    """A shell with the extension, whose session has seen nothing yet."""
    current().reset()
    magics.install(plain.ip)
    yield plain
    magics.uninstall(plain.ip)
    current().reset()


@pytest.fixture
def session(shell):
    """The session behind ``shell``."""
    return current()
