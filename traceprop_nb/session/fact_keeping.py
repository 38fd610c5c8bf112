"""The facts of a session on their way to the store, beside its lineage: what a record will say.

At the end of a cell in which something of the kind happened, one segment holds the facts that are
new or other than before, and an event names it by digest; nothing is computed for it that the
session did not know by then. A record that is made, and the end of the session, keep what only
they compute: metrics again, counts over tables. Facts that the lineage tells are not kept twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from traceprop_nb.lineage.segment import Pool, pack
from traceprop_nb.reports.environment_facts import Environment
from traceprop_nb.reports.evidence import Evidence, Repository
from traceprop_nb.session import environment as machine
from traceprop_nb.session.coverage import coverage, named_elsewhere
from traceprop_nb.session.decided import decision_facts
from traceprop_nb.session.evidence import influence_facts, seed_facts, unlearning_facts
from traceprop_nb.session.fact_codec import encoded
from traceprop_nb.session.groups import group_facts
from traceprop_nb.session.metrics import metric_facts, metric_nodes
from traceprop_nb.session.profile import label_facts, profile_facts

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session

FACTS = "facts"
"""Kind of the events that name a part, and of their segments."""
FORMAT = 1
"""Version of what a part says; a reader refuses a newer one."""

WHOLES = ("environment", "repository", "privacy", "coverage")
LISTS = (
    "seeds", "influences", "unlearnings", "metrics", "decisions", "profiles", "labels", "groups",
)  # fmt: skip
"""Parts of the evidence that are kept; of a list only what follows its first change."""

AFTER = {
    "trained": ("environment", "privacy"),
    "influence": ("influences",),
    "forgot": ("unlearnings", "privacy"),
    "compared_with_gold": ("unlearnings",),
    "decided": ("decisions",),
    "tagged": ("privacy",),
    "declassified": ("privacy",),
    "erased_subject": ("privacy",),
    "policy": ("privacy",),
    "policy_on": ("privacy",),
    "policy_off": ("privacy",),
    "policy_reason": ("privacy",),
}
"""Kind of an event -> the parts of which it tells."""


@dataclass(eq=False, repr=False)
class FactKeeper:
    """What of a session's facts is in the store.

    Attributes:
        session: Whose.
        parts: Number of parts so far.
        environment: As it was when the store was opened.
        repository: The same.
    """

    session: Session
    parts: int = 0
    environment: Environment = field(default_factory=machine.environment)
    repository: Repository | None = field(default_factory=machine.repository)
    _told: dict[str, list[str]] = field(default_factory=dict)
    _events: int = 0
    _signs: dict[str, object] = field(default_factory=dict)

    def part(self, *, last: bool = False) -> tuple[dict[str, Any], bytes] | None:
        """Body of the event and bytes of the segment for what is new; None where nothing is.

        Args:
            last: The session ends: tell everything that a record would.
        """
        session = self.session
        if not session.cells:
            return None  # it knows nothing yet
        if last:
            self.environment = machine.environment()
            self.repository = machine.repository() or self.repository
        makers = {**MAKERS, **COMPUTED} if last else {name: MAKERS[name] for name in self._moved()}
        if not makers:
            return None
        return self.told(session.guard.shown(Evidence(**{n: m(self) for n, m in makers.items()})))

    def told(self, seen: Evidence) -> tuple[dict[str, Any], bytes] | None:
        """The same for what was captured.

        Args:
            seen: With names as they may be said; parts that are None are not told of.
        """
        pool, new = Pool(), dict[str, Any]()
        bare = [replace(metric, origins=None) for metric in seen.metrics or ()]  # the lineage tells
        for name in (*WHOLES, *LISTS):
            if (value := getattr(seen, name)) is not None:
                self._tell(new, name, bare if name == "metrics" else value, pool)
        if "metrics" in new:
            self._tell(new, "about", metric_nodes(self.session), pool)
        models = [[node, name] for node, name in self.session.training.models.items()]
        self._tell(new, "models", self.session.guard.shown(models), pool)
        if not new:
            return None
        header = {"format": FORMAT, "part": self.parts, "facts": new}
        body = {"part": self.parts, "cell": self.session.recorder.cell, "of": sorted(new)}
        self.parts += 1
        return body, pack(header, pool.arrays)

    def _tell(self, new: dict[str, Any], name: str, value: Any, pool: Pool) -> None:
        """Put what is other than before among the new: a whole, or a list from its change on."""
        items = [value] if name in WHOLES else list(value)
        before, now = self._told.get(name), [_gist(item) for item in items]
        if before == now:
            return
        same = (a == b for a, b in zip(before or (), now, strict=False))
        kept = next((k for k, one in enumerate(same) if not one), min(len(before or ()), len(now)))
        new[name] = [kept, [encoded(item, pool) for item in items[kept:]]]
        self._told[name] = now

    def _moved(self) -> set[str]:
        """Parts to which something happened since the last time; all of them the first time."""
        log, noticed = self.session.events, self.session.noticed
        kinds = {log[number].kind for number in range(self._events, len(log))}
        self._events = len(log)
        moved = {part for kind in kinds for part in AFTER.get(kind, ())}
        traced = bool(self._signs.get("traced")) or any(c.traced for c in self.session.cells[-2:])
        signs = {
            "traced": traced,
            "metrics": (traced, noticed.metrics_seen),
            "seeds": (traced, len(noticed.seeds_set()), noticed.seeds_left_out),
            "coverage": sum(self.session.recorder.swallowed.values()),
        }
        moved |= {name for name, sign in signs.items() if self._signs.get(name) != sign}
        self._signs = signs
        if "environment" in moved:
            self.environment = machine.environment()
        if not self.parts:
            return {*MAKERS}
        moved -= {"traced"}
        return moved | {"coverage"} if moved or named_elsewhere(self.session.cells[-1]) else moved


def _gist(item: object) -> str:
    """A digest of a fact, arrays included."""
    pool = Pool()
    told = hashlib.sha256(json.dumps(encoded(item, pool)).encode())
    for array in pool.arrays:
        told.update(array.tobytes())
    return told.hexdigest()


MAKERS: Mapping[str, Callable[[FactKeeper], Any]] = {
    "environment": lambda keeper: keeper.environment,
    "repository": lambda keeper: keeper.repository,
    "privacy": lambda keeper: keeper.session.guard.facts(),
    "coverage": lambda keeper: coverage(keeper.session),
    "seeds": lambda keeper: seed_facts(keeper.session),
    "influences": lambda keeper: influence_facts(keeper.session),
    "unlearnings": lambda keeper: unlearning_facts(keeper.session),
    "metrics": lambda keeper: metric_facts(keeper.session, again=False),
    "decisions": lambda keeper: decision_facts(keeper.session),
}
"""Parts that are kept as they happen, each made of what is known by then."""

COMPUTED: Mapping[str, Callable[[FactKeeper], Any]] = {
    "metrics": lambda keeper: metric_facts(keeper.session),
    "profiles": lambda keeper: profile_facts(keeper.session),
    "labels": lambda keeper: label_facts(keeper.session),
    "groups": lambda keeper: group_facts(keeper.session),
}
"""Parts that take long: they are made with a record, and once more when the session ends."""
