"""Chains of events as a session makes them, and processes that write them."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from traceprop_nb.session.events import EventLog
from traceprop_nb.session.storage import entry
from traceprop_nb.stores import Entry, open_store

ROOT = Path(__file__).parents[2]


def growing(kind: str = "asked") -> Iterator[Entry]:
    """Entries of a session without end."""
    log = EventLog()
    for k in itertools.count():
        yield entry(log.append(kind, {"n": k, "what": f"source Größe {k}.csv", "verified": None}))


def chain(number: int, kind: str = "asked") -> list[Entry]:
    """Entries of a session with so many events."""
    return list(itertools.islice(growing(kind), number))


def filled(where: str, sessions: int = 2, events: int = 5):
    """A store with sessions, and their ids."""
    store = open_store(where, "test")
    names = []
    for _ in range(sessions):
        names.append(store.begin("2026-11-26T00:00:00.000+00:00"))
        store.append(names[-1], chain(events))
    return store, names


def process(code: str, *arguments: str) -> subprocess.Popen[str]:
    """Code in a process of its own, which prints what it has done."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, cwd=ROOT,
    )  # fmt: skip
