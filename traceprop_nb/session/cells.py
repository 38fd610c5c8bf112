"""What is kept of each cell, and what a cell and a session say of themselves."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime


def now() -> str:
    """The host's clock, in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass
class CellRun:
    """One execution of a cell.

    Attributes:
        number: Execution count.
        source: Its text, as its line numbers count.
        traced: Whether its code was rewritten.
        name: The user's name for it, or None.
        first_node: Length of the graph when it began.
        first_map: Length of its map table when it began.
        ok: Whether it ended without an error; None while it runs.
        error: Name of the error's class, or None.
        rewritten: False where the rewriter had to leave it as it was.
        began: ISO 8601, by the host's clock.
        ended: The same; empty while it runs.
        seconds: How long it ran, by the wall; None while it runs.
    """

    number: int
    source: str
    traced: bool
    name: str | None
    first_node: int
    first_map: int = 0
    ok: bool | None = None
    error: str | None = None
    rewritten: bool = True
    began: str = field(default_factory=now)
    ended: str = ""
    seconds: float | None = None
    _began: float = field(default_factory=time.perf_counter)

    def end(self, ok: bool, error: str | None) -> None:
        """It ended, well or with an error of this class."""
        self.ok, self.error, self.ended = ok, error, now()
        self.seconds = time.perf_counter() - self._began

    @property
    def digest(self) -> str:
        """SHA-256 of the source."""
        return "sha256:" + hashlib.sha256(self.source.encode()).hexdigest()


@dataclass(frozen=True)
class CellSummary:
    """What a traced cell added.

    Attributes:
        name: The user's name for it, or None.
        cell: Execution count.
        operations: Operations recorded in it.
        sources: Names of the sources that entered in it.
        inexact: Operations whose rows are a superset, by name.
        opaque: Operations of which nobody saw where their rows came from.
        seconds_tracing: Time spent recording; None is not measured.
    """

    name: str | None
    cell: int
    operations: int
    sources: tuple[str, ...] = ()
    inexact: tuple[str, ...] = ()
    opaque: tuple[str, ...] = ()
    seconds_tracing: float | None = None


@dataclass(frozen=True)
class TraceStatus:
    """The session so far.

    Attributes:
        tracing: Whether every cell is traced.
        cells: Cells traced.
        operations: Operations in the log.
        bytes_log: Bytes of the log and its row maps.
        sources: Names of the sources.
        runs: Names of the recorded training runs.
        by_status: Operations by how far they may be trusted.
        swallowed: Internal errors by operation; each made its result inexact or unknown.
        taps_off: Library doors that could not be watched in the installed versions.
        stale: Names whose values were made from what was made again since -> why.
        full_since: Cell in which the log reached its limit; 0 while it has room.
        store: Where the log is stored and what waits; empty if it is not.
    """

    tracing: bool
    cells: int
    operations: int
    bytes_log: int
    sources: tuple[str, ...]
    runs: tuple[str, ...]
    by_status: dict[str, int] = field(default_factory=dict)
    swallowed: dict[str, int] = field(default_factory=dict)
    taps_off: tuple[str, ...] = ()
    store: str = ""
    stale: dict[str, str] = field(default_factory=dict)
    full_since: int = 0

    def __repr__(self) -> str:
        word = "on: every cell is traced" if self.tracing else "off: only cells under %%trace"
        counts = ", ".join(f"{n:,} {name}" for name, n in self.by_status.items() if n)
        lines = [
            f"tracing   {word}",
            f"cells     {self.cells} traced",
            f"log       {self.operations:,} operations ({counts or 'none'}), "
            f"{self.bytes_log / 1024:,.1f} KiB",
            f"sources   {', '.join(self.sources) or 'none yet'}",
            f"runs      {', '.join(self.runs) or 'none yet'}",
        ]
        lines.append(f"store     {self.store or 'none: tp.open() keeps the log on disk'}")
        if self.swallowed:
            lines.append(
                f"errors    {sum(self.swallowed.values())} of our own, "
                f"made inexact: {self.swallowed}"
            )
        lines += [f"stale     {name}: {why}" for name, why in self.stale.items()]
        if self.full_since:
            lines.append(
                f"full      since cell {self.full_since} nothing more is recorded and new values "
                "are unknown; %trace reset begins anew, %%trace --granularity batch records less"
            )
        if self.taps_off:
            lines.append(f"taps off  {', '.join(self.taps_off)}: their operations are inexact")
        return "\n".join(lines)

    __str__ = __repr__
