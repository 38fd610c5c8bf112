"""Logs to tamper with, and the two checks that must agree: the package's and the verifier's."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from dataclasses import replace
from functools import cache
from importlib.resources import files
from importlib.util import module_from_spec, spec_from_file_location

from traceprop_nb.reports.trust.chain import log_file
from traceprop_nb.reports.trust.log_check import check_log
from traceprop_nb.session.checkpoints import checkpoint
from traceprop_nb.session.events import EventLog
from traceprop_nb.session.storage import entry
from traceprop_nb.stores import Entry

VERIFIER = files("traceprop_nb.reports.bundle") / "verify.py"
OK, TAMPERED, CANNOT_TELL = 0, 1, 2


def sealed(events: int = 3, *, twice: bool = False) -> tuple[str, list[Entry]]:
    """A session's id and its events, the last of which signs them."""
    log = EventLog()
    for k in range(events):
        log.append("asked", {"n": k, "what": f"Größe {k}", "share": k / 3, "ok": None})
        if twice and k == 0:
            checkpoint(log, None, "cell")
    checkpoint(log, None, "end")
    return log.id, [entry(event) for event in log]


def rechained(rows: list[Entry], start: int = 0) -> list[Entry]:
    """The rows with new numbers, links and digests: what the owner of a store can do."""
    from traceprop_nb.reports.canonical import read
    from traceprop_nb.reports.trust.chain import START, digest_of_event

    out: list[Entry] = list(rows[:start])
    for k, row in enumerate(rows[start:], start):
        before = out[-1].digest if out else START
        digest = digest_of_event(k, row.time, row.kind, read(row.body), before)
        out.append(replace(row, number=k, before=before, digest=digest))
    return out


@cache
def verifier():
    """The verifier as a module, so that thousands of runs need one process."""
    spec = spec_from_file_location("standalone_verify", str(VERIFIER))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def told(path, *options: str) -> tuple[int, str]:
    """Exit code and words of the verifier."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = verifier().main([str(path), *options])
    return code, out.getvalue()


def by_verifier(session: str, rows: list[Entry]) -> int:
    """What the verifier makes of a log file, without a file."""
    found: list[str] = []
    v = verifier()
    logs = v.read_log(log_file(session, rows), lambda state, *_: found.append(state))
    if v.WRONG not in found:
        claims = [claim for log in logs.values() for claim in log.claims]
        v.compare(claims, logs, True, lambda state, *_: found.append(state))
    return TAMPERED if v.WRONG in found else OK


def by_package(session: str, rows: list[Entry]) -> int:
    return TAMPERED if check_log(session, rows).wrong else OK


def process(*arguments: str, flags: tuple[str, ...] = ("-I",)) -> subprocess.CompletedProcess[str]:
    """The verifier as its user runs it."""
    return subprocess.run(
        [sys.executable, *flags, str(VERIFIER), *arguments],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
