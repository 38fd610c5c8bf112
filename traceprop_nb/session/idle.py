"""Compresses row maps while no cell runs.

A library's own index is kept by reference while a cell runs, at eight bytes a row; its smallest
form takes as long to find as the operation itself. So that is done when the user thinks: by a
thread that is only there between cells, and gone before the next one begins.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import suppress

from traceprop_nb.errors import TracepropError
from traceprop_nb.lineage.maps import Deferred, RowMap

SMALL = 4096
"""Rows below which a map is compressed only when somebody asks."""
DELAY = 0.3
"""Seconds without a cell after which it is quiet."""
MOST = 2**28
"""Bytes of maps that may wait; beyond them the cell that brought the last waits for all."""


class Idle:
    """The row maps of one session that wait to be compressed."""

    def __init__(self) -> None:
        self._waiting: list[Deferred] = []
        self._timer: threading.Timer | None = None
        self._stopped = threading.Event()

    def cell_begins(self) -> None:
        """Stop, and leave no thread behind: the cell's own code may fork."""
        timer, self._timer = self._timer, None
        if timer is not None:
            self._stopped.set()
            timer.cancel()
            timer.join()

    def cell_ended(self, maps: Iterable[RowMap], *, at_once: bool = False) -> None:
        """These maps are new; compress them when it is quiet, or now if too many wait."""
        self._waiting += [m for m in maps if isinstance(m, Deferred) and m.n_out >= SMALL]
        if not self._waiting:
            return
        if at_once or sum(m.nbytes for m in self._waiting) > MOST:
            self.settle()
            return
        self._stopped = threading.Event()
        self._timer = threading.Timer(DELAY, self._work, (self._stopped,))
        self._timer.daemon = True
        self._timer.start()

    def settle(self) -> None:
        """Compress what waits, now."""
        self._work(threading.Event())

    def _work(self, stopped: threading.Event) -> None:
        while self._waiting and not stopped.is_set():
            with suppress(TracepropError):  # a wrong index: said to who asks about its rows
                self._waiting.pop().resolve()
