"""Commands in processes of their own."""

from __future__ import annotations

import subprocess
import sys

from tests.contracts.tree import ROOT


def command(*words: object, **options) -> subprocess.Popen[str]:
    """A command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "traceprop_nb", *map(str, words)], text=True, cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options,
    )  # fmt: skip
