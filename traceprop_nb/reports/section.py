"""A section of a record: what the tool observed, and what it asks people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from traceprop_nb.reports.evidence import Evidence
from traceprop_nb.reports.finding import Finding, Human
from traceprop_nb.reports.stated import Said

ATTACHED = "the attached file hashed again for this record and compared with its digest then"


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

    def findings(self, evidence: Evidence, statements: Mapping[str, Said]) -> list[Finding]:
        """Observed findings first, then what people stated or were asked.

        Args:
            evidence: What was captured.
            statements: Id of a human field -> what was said of it.
        """
        answers = (_answer(human, evidence, statements) for human in self.asks)
        return [*self.observe(evidence), *answers]


def _answer(human: Human, evidence: Evidence, statements: Mapping[str, Said]) -> Finding:
    said = statements.get(human.field.id)
    if said is None or said.lapsed:
        return human.unanswered(said.lapsed if said else "")
    if said.changed:
        value = said.by.words if said.value is None else said.value
        return human.field.contradicted(value, (said.by.evidence,), ATTACHED, said.changed)
    if said.value is None:
        return human.field.not_applicable(said.by)
    against = human.against(evidence, said.value, said.by)
    return against or human.field.stated(said.value, said.by)
