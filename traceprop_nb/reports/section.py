"""A section of a record: what the tool observed, and what it asks people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from traceprop_nb.reports.evidence import Evidence
from traceprop_nb.reports.finding import Finding, Human, Statement


def nothing(_: Evidence) -> Iterable[Finding]:
    """The observation of a section that only people can fill."""
    return ()


@dataclass(frozen=True)
class Section:
    """One section.

    Attributes:
        observe: Evidence in, findings out; never reads anything but the evidence.
        asks: Fields that only people can answer.
        note: Printed under the title.
    """

    id: str
    title: str
    observe: Callable[[Evidence], Iterable[Finding]] = nothing
    asks: tuple[Human, ...] = ()
    note: str = ""

    def findings(
        self, evidence: Evidence, statements: Mapping[str, tuple[object, Statement]]
    ) -> list[Finding]:
        """Observed findings first, then what people stated or were asked.

        Args:
            evidence: What was captured.
            statements: name of a human field -> its value and who stated it; the value None
                means that the field does not apply.
        """
        return [*self.observe(evidence), *(_answer(human, statements) for human in self.asks)]


def _answer(human: Human, statements: Mapping[str, tuple[object, Statement]]) -> Finding:
    if human.name not in statements:
        return human.unanswered()
    value, by = statements[human.name]
    return human.field.not_applicable(by) if value is None else human.field.stated(value, by)
