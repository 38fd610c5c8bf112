"""Where a rule can still stop a call: at the libraries' own functions, while a pack is in force."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from traceprop_nb import adapters

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session

Told = Callable[[str, str, Sequence[Any]], None]
"""Told the sink, the call's name and the values, before the call; raises if it must not be."""


class SinkTap(Protocol):
    """The places at which one framework's calls are told of."""

    def install(self) -> None:
        """Stand at every call that is there by now; again, for what was imported since."""

    def remove(self) -> None:
        """Leave the framework as it was found."""


class Stand:
    """The places of one session."""

    def __init__(self, session: Session, told: Told) -> None:
        self._session, self._told = session, told
        self._taps: dict[str, SinkTap] = {}
        self._sinks: set[str] = set()
        self._inside = False

    def up(self, sinks: set[str]) -> None:
        """Stand at the calls that lead to these."""
        self._sinks = sinks
        self.refresh()

    def refresh(self) -> None:
        """Stand at what has been imported since, too."""
        if not self._sinks:
            return
        for framework in adapters.imported():
            if framework not in self._taps and adapters.has(framework, "sinks"):
                self._taps[framework] = adapters.load(framework, "sinks").SinkTap(self._before)
            if framework in self._taps:
                self._taps[framework].install()

    def down(self) -> None:
        """Stand nowhere."""
        for tap in self._taps.values():
            tap.remove()
        self._taps.clear()
        self._sinks = set()

    def _before(self, sink: str, call: str, values: Sequence[Any]) -> None:
        """A call; while one is looked at, what our own look calls is no user's."""
        if sink not in self._sinks or self._inside:
            return
        self._inside = True
        try:
            self._told(sink, call, values)
        finally:
            self._inside = False
