"""What was not captured, counted; None where nobody counted.

Subprocesses and threads are not watched: a hook that sees them can never be taken off again. What
a cell's text names is said as a gap instead, which is less than what ran.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from traceprop_nb.lineage.nodes import Status
from traceprop_nb.reports.evidence import Coverage

if TYPE_CHECKING:
    from traceprop_nb.session.cells import CellRun
    from traceprop_nb.session.core import Session
    from traceprop_nb.session.traced import Traced

ELSEWHERE = {
    "a subprocess or a shell": re.compile(
        r"^\s*(?:[\w, ]+=\s*)?!|^%%(?:bash|sh|script|system)\b|\bsubprocess\.\w|"
        r"\bos\.(?:system|popen|fork|spawn\w+|exec\w+|posix_spawn\w*)\(|"
        r"\.(?:system|getoutput|getoutputs)\(",
        re.MULTILINE,
    ),
    "threads or processes": re.compile(
        r"\bThread\(|\bThreadPool\w*\(|\bProcessPoolExecutor\(|\bmultiprocessing\.\w|\bjoblib\.\w"
    ),
}


def coverage(session: Session) -> Coverage:
    """The ledger of the session so far."""
    storage = session.storage
    return Coverage(
        recorded=len(session.graph),
        internal_errors=sum(session.recorder.swallowed.values()),
        unrecorded_cells=tuple(c.number for c in session.cells if not (c.traced and c.rewritten)),
        known_gaps=tuple(_gaps(session)),
        events_unwritten=None if storage is None else storage.unwritten,
        events_waiting=None if storage is None else len(storage.waiting),
        opaque_calls=opaque_calls(session),
        seconds_not_recorded=_seconds(session),
    )


def _gaps(session: Session) -> Iterator[str]:
    for name in session.taps_off:
        yield f"{name} could not be watched in the installed version"
    for what, pattern in ELSEWHERE.items():
        cells = [str(c.number) for c in session.cells if pattern.search(c.source)]
        if cells:
            plural = "s" if len(cells) > 1 else ""
            named = ", ".join(cells[:8]) + (", ..." if len(cells) > 8 else "")
            yield f"the text of cell{plural} {named} names {what}: steps inside are not recorded"
    yield from session.noticed.gaps()
    if session.storage is not None and session.storage.unwritten:
        yield f"{session.storage.unwritten} events of the log were not written to the store"


def named_elsewhere(cell: CellRun) -> bool:
    """Whether a cell's text names what runs elsewhere, unseen."""
    return any(pattern.search(cell.source) for pattern in ELSEWHERE.values())


def opaque_calls(session: Traced) -> int:
    """Recorded operations of which nobody saw where their rows came from."""
    if not len(session.graph):
        return 0
    statuses = session.graph.columns().nodes[:, 4]
    return int(np.count_nonzero(statuses == Status.UNKNOWN))


def _seconds(session: Session) -> float | None:
    """Wall time of the cells that ran unrecorded; None if one of them was not timed."""
    times = [
        c.seconds for c in session.cells if c.ok is not None and not (c.traced and c.rewritten)
    ]
    known = [one for one in times if one is not None]
    return round(sum(known), 3) if len(known) == len(times) else None
