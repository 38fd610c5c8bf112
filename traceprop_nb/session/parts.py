"""Parts of a lineage and of the facts on their way to the store: an event and a segment each."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from traceprop_nb.session.fact_keeping import FACTS, FactKeeper
from traceprop_nb.session.feature_keeping import FeatureKeeper
from traceprop_nb.session.keeping import Keeper

if TYPE_CHECKING:
    from traceprop_nb.reports.evidence import Evidence
    from traceprop_nb.session.events import EventLog
    from traceprop_nb.stores import Segment

Part = tuple[dict[str, Any], bytes]
"""Body of an event, and bytes of the segment that it names."""

K = TypeVar("K", Keeper, FactKeeper, FeatureKeeper)


class Parts:
    """The part of ``Storage`` that turns what is new into events with segments."""

    log: EventLog
    facts: FactKeeper | None
    segments: list[Segment]
    trouble: str
    unwritten: int
    _lock: threading.RLock

    if TYPE_CHECKING:

        def flush(self) -> None:
            """Write what waits. See ``Storage.flush``."""

    def _added(self, kind: str, keeper: K | None, last: bool) -> K | None:
        """The keeper, what is new with it on its way; None if that fails: no cell does."""
        return None if keeper is None else self._made(kind, keeper, lambda: keeper.part(last=last))

    def _made(self, kind: str, keeper: K, make: Callable[[], Part | None]) -> K | None:
        """Log an event that names the part by its digest, and write both with the next events."""
        try:
            part = make()
        except Exception:  # noqa: BLE001  # what it was is kept and counted
            keeper.session.recorder.failed(f"{kind} for the store")
            return None
        if part is not None:
            from traceprop_nb.stores import Segment

            body, data = part
            segment = Segment(kind, data)
            self.segments.append(segment)
            self.log.append(kind, {"segment": segment.digest, **body})
        return keeper

    def tell(self, seen: Evidence) -> None:
        """Keep what a record draws on, before its log is signed."""
        with self._lock:
            facts = self.facts
            if facts is not None and not self.trouble and not self.unwritten:
                self.facts = self._made(FACTS, facts, lambda: facts.told(seen))
        self.flush()
