"""A library's public callables, what the rules make of each, and the proof of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.surface.witness import Outcome, Setting, Witness, check
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.session.core import Session
from traceprop_nb.tracing.rules import RuleTable


@dataclass(frozen=True)
class Library:
    """What is public in a library, and a call of everything that has a rule.

    Attributes:
        name: As it is imported.
        version: That of the installed one.
        public: Makes {full name: function, or (type, method name)}.
        setting: What the witnesses work on.
        witnesses: At least one for every public callable that has a rule.
    """

    name: str
    version: str
    public: Callable[[], Mapping[str, Any]]
    setting: Setting
    witnesses: Sequence[Witness]

    def table(self) -> RuleTable:
        """The rules of a session in which the library was imported."""
        session = Session()
        try:
            exec(self.setting.setup, {})
            session.recorder.on_import()
            return session.recorder.table
        finally:
            session.close()

    def unclassified(self) -> list[str]:
        """Public callables of which nothing was decided, or which have a rule and no witness."""
        table, shown = self.table(), {one.name for one in self.witnesses}
        found = []
        for name, which in self.public().items():
            treatment = table.treatment(which)
            if treatment is None:
                found.append(f"{name}: not classified")
            elif treatment == "rule" and name not in shown:
                found.append(f"{name}: has a rule and no witness")
        return found

    def coverage(self, outcomes: Mapping[Witness, Outcome] | None = None) -> Counter[str]:
        """How many public callables are exact, inexact, opaque, without rows, not classified.

        A callable is exact if every witness of it is; inexact if one of them is a superset.
        """
        table, counts = self.table(), Counter[str]()
        answers = outcomes or {one: check(self.setting, one) for one in self.witnesses}
        worst: dict[str, Status] = {}
        for one, answer in answers.items():
            worst[one.name] = max(worst.get(one.name, Status.EXACT), answer.status)
        for name, which in self.public().items():
            treatment = table.treatment(which) or "not classified"
            if treatment == "rule" and name not in worst:
                treatment = "not classified"
            elif treatment == "rule":
                treatment = "exact" if worst[name] <= Status.ASSUMED else "inexact"
            counts[treatment] += 1
        return counts
