"""How long work tells that it goes on, and is told to stop."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called now and then by anything that may take seconds, from the thread that does it."""

    def __call__(self, share: float) -> None:
        """Take note of the share of the work that is done, 0 to 1, never falling.

        Raises:
            CancelledError: Somebody asked for the work to stop; let it through.
        """
        ...


def silent(share: float) -> None:
    """Progress that nobody looks at."""


def part(progress: Progress, low: float, high: float) -> Progress:
    """Progress of a part of the work, which is the stretch from low to high of the whole."""

    def told(share: float) -> None:
        progress(low + (high - low) * share)

    return told
