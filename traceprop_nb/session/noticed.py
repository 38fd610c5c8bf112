"""What traced cells did beside moving rows: the metrics they computed, the seeds they set.

The rows behind a metric are copies, held in memory under a bound; nothing of the user's is kept.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from traceprop_nb.reports.environment_facts import SeedFact
from traceprop_nb.tracing.observed import Copies, MetricCall, SeedCall
from traceprop_nb.tracing.record import Recorder

if TYPE_CHECKING:
    from traceprop_nb.session.groups import Groups

MOST_METRICS = 200
MOST_SEEDS = 200
MOST_ELEMENTS = 4_000_000
"""Elements of copies that are kept of all metrics together; the oldest go first."""


@dataclass(eq=False)
class Measured:
    """A metric, and what has been found out about it since.

    Attributes:
        call: What was seen, without its rows.
        cell: Where.
        copies: Its rows; None where they were not kept.
        recomputed: The number, computed again from the copies.
        from_model: The number, by the recorded model's own predictions.
        interval: Ends of an interval around it, and how they were found.
        looked: Whether an interval was looked for.
    """

    call: MetricCall
    cell: int
    copies: Copies | None
    recomputed: float | None = None
    from_model: float | None = None
    interval: tuple[float, float, str] | None = None
    looked: bool = False

    @property
    def elements(self) -> int:
        """Elements of the copies."""
        return sum(copy.size for copy in (self.copies or {}).values())


class Noticed:
    """Metrics and seeds of one session, the newest metrics and the first seeds of very many.

    Args:
        recorder: Tells of them.

    Attributes:
        metrics: The kept ones, oldest first.
        metrics_seen: How many there were.
        seeds_left_out: Seeds that were set and are not kept.
        groups: Declarations of groups, oldest first.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        recorder.on_metric, recorder.on_seed = self._metric, self._seed
        self.metrics: deque[Measured] = deque(maxlen=MOST_METRICS)
        self.metrics_seen = 0
        self.seeds_left_out = 0
        self.groups: list[Groups] = []
        self._seeds: dict[SeedFact, None] = {}

    def seeds_set(self) -> tuple[SeedFact, ...]:
        """The calls that set a seed, in order; the same call in the same cell once."""
        return tuple(self._seeds)

    def gaps(self) -> Iterator[str]:
        """What was seen and is not kept."""
        if left := self.metrics_seen - len(self.metrics):
            yield f"{left} metrics before the last {MOST_METRICS} are counted only"
        if self.seeds_left_out:
            yield f"{self.seeds_left_out} seeds after the first {MOST_SEEDS} are counted only"

    def _metric(self, call: MetricCall) -> None:
        self.metrics_seen += 1
        seen = replace(call, copies=None)
        self.metrics.append(Measured(seen, self._recorder.cell, call.copies))
        held = sum(one.elements for one in self.metrics)
        for one in self.metrics:
            if held <= MOST_ELEMENTS:
                break
            held -= one.elements
            one.copies = None

    def _seed(self, call: SeedCall) -> None:
        seed = SeedFact(call.call, call.value, self._recorder.cell)
        if seed in self._seeds or len(self._seeds) < MOST_SEEDS:
            self._seeds[seed] = None
        else:
            self.seeds_left_out += 1
