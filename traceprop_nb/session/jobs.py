"""Long work in the background: it tells how far it is, can be stopped, and stops nobody."""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from traceprop_nb.errors import CancelledError
from traceprop_nb.gradients.progress import Progress

T = TypeVar("T")

PATIENCE = 2.0
"""Seconds that the end of the interpreter waits for work that was told to stop."""


class Job(Generic[T]):
    """Work that runs in a thread of its own, from the moment that it is made.

    Args:
        work: Does it; must call its progress now and then, and let ``CancelledError`` through.
        then: Called with the job in its thread when the work has ended, before anybody who waits
            for it goes on.

    Attributes:
        share: Of the work that is done, 0 to 1.
        result: What the work returned; None before its end, and without one.
        error: What the work raised, or None; a ``CancelledError`` if it was stopped.
    """

    def __init__(
        self, work: Callable[[Progress], T], then: Callable[[Job[T]], None] | None = None
    ) -> None:
        self.share = 0.0
        self.result: T | None = None
        self.error: BaseException | None = None
        self._work, self._then = work, then
        self._began = time.monotonic()
        self._over = False
        self._stop, self._ended = threading.Event(), threading.Event()
        self._listeners: list[Callable[[Job[T]], None]] = []
        self._thread = threading.Thread(target=self._run, name="traceprop job", daemon=True)
        _jobs.add(self)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether the work has ended, well or not."""
        return self._over

    @property
    def cancelled(self) -> bool:
        """Whether the work was stopped before its end."""
        return isinstance(self.error, CancelledError)

    @property
    def seconds_left(self) -> float | None:
        """What is left at the pace so far; None before there is one, 0 at the end."""
        if self.done:
            return 0.0
        if self.share <= 0.0:
            return None
        return (time.monotonic() - self._began) * (1.0 - self.share) / self.share

    def cancel(self) -> None:
        """Ask the work to stop at its next step; nothing of it will be kept."""
        self._stop.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end, at most so long; whether it came.

        Raises:
            KeyboardInterrupt: As it comes; the work goes on unless it is cancelled.
        """
        until = None if seconds is None else time.monotonic() + seconds
        while not self._ended.is_set():
            left = 0.1 if until is None else min(0.1, until - time.monotonic())
            if left <= 0.0:
                break
            self._ended.wait(left)  # in short turns, so that an interrupt gets through everywhere
        return self._ended.is_set()

    def on_change(self, listener: Callable[[Job[T]], None]) -> None:
        """Call this from the job's thread after every step, and at the end."""
        self._listeners.append(listener)
        if self.done:
            self._tell()

    def _run(self) -> None:
        try:
            result = self._work(self._progress)
            if self._stop.is_set():
                raise CancelledError("the work was stopped before its end")
            self.result, self.share = result, 1.0
        except BaseException as error:  # noqa: BLE001  # kept for whoever asks; a thread has nobody to raise to
            self.error = error
        try:
            if self._then is not None:
                self._then(self)
        except Exception as error:  # noqa: BLE001  # as above
            self.error = error
        self._over = True
        self._tell()
        self._ended.set()

    def _progress(self, share: float) -> None:
        if self._stop.is_set():
            raise CancelledError("the work was stopped before its end")
        self.share = min(max(self.share, float(share)), 1.0)
        self._tell()

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(self)
            except Exception:  # noqa: BLE001  # a panel that was closed must not stop a training
                self._listeners.remove(listener)


_jobs: WeakSet[Job[Any]] = WeakSet()


@atexit.register
def _stop_all() -> None:
    """Stop what still runs, so that no thread works in an interpreter that is coming down."""
    running = [job for job in _jobs if not job.done]
    for job in running:
        job.cancel()
    until = time.monotonic() + PATIENCE
    for job in running:
        job.wait(max(0.0, until - time.monotonic()))
