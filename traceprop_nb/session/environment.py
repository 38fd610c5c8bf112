"""The machine, its packages and the work tree, as they are when a record is made."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from typing import Any

from traceprop_nb import adapters
from traceprop_nb.reports.environment_facts import Environment
from traceprop_nb.reports.evidence import Repository
from traceprop_nb.session.imported import imported
from traceprop_nb.session.locks import locks

NONE_SEEN, NOT_QUERIED = "none seen", "not queried"


def environment() -> Environment:
    """Interpreter, imported packages, hardware, lock files and switches; nothing is imported."""
    packages = {package.name: package.version for package in imported()}
    found, switches = _accelerators()
    return Environment(
        sys.version.split()[0],
        platform.platform(),
        packages,
        {
            "machine": platform.machine(),
            "cpus": os.cpu_count(),
            "cpus_usable": _usable(),
            "memory_bytes": _memory(),
            "accelerators": found,
        },
        locks(packages),
        {"PYTHONHASHSEED": os.environ.get("PYTHONHASHSEED", "not set"), **switches},
    )


def _accelerators() -> tuple[list[str] | str, dict[str, Any]]:
    """What imported frameworks say of accelerators, and of switches of their own.

    A framework is asked only what does not start a device: that would change the user's process.
    """
    devices: list[str] = []
    switches: dict[str, Any] = {}
    asked = False
    for framework in adapters.imported():
        if adapters.has(framework, "machine"):
            machine = adapters.load(framework, "machine")
            own = machine.accelerators()
            asked |= own is not None
            devices += own or []
            switches |= machine.switches()
    return (devices or NONE_SEEN) if asked else NOT_QUERIED, switches


def _usable() -> int | None:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


def _memory() -> int | None:
    """Bytes of memory of the machine; None where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None


def repository() -> Repository | None:
    """The git work tree around the working folder; None where git cannot be asked."""

    def git(*words: str) -> Any:
        return subprocess.run(
            ["git", *words], capture_output=True, text=True, timeout=5, check=False
        )

    try:
        commit = git("rev-parse", "HEAD")
        if commit.returncode:
            return Repository(found=False)
        changes = git("status", "--porcelain")
    except (OSError, subprocess.TimeoutExpired, RuntimeError):  # RuntimeError: Python is ending
        return None
    dirty = None if changes.returncode else any(map(_counts, changes.stdout.splitlines()))
    return Repository(found=True, commit=commit.stdout.strip(), dirty=dirty)


def _counts(change: str) -> bool:
    """Whether a line of git's status means that the commit is not the code: untracked data is."""
    return not change.startswith("??") or change.endswith((".ipynb", ".py"))
