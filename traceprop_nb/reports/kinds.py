"""Kinds of records: the same fields, chosen and arranged for different readers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from traceprop_nb.reports import (
    decision_record,
    deployer_record,
    erasure_record,
    model_record,
    session_record,
)
from traceprop_nb.reports.finding import Human
from traceprop_nb.reports.section import Section


@dataclass(frozen=True)
class Kind:
    """A kind of record.

    Attributes:
        statement: What the record is, printed at its head.
        sections: In the order in which they are read.
        answers: Beginnings of ids of provisions: every one that begins so is asked by a field.
    """

    statement: str
    sections: tuple[Section, ...]
    answers: tuple[str, ...] = ()

    @property
    def humans(self) -> tuple[Human, ...]:
        """The fields that people answer."""
        return tuple(human for section in self.sections for human in section.asks)


_OPEN = "It is no legal assessment and no verdict on a system. A field without evidence says so."

KINDS: Mapping[str, Kind] = {
    "session": Kind(
        "This record lists what was observed in one notebook session, what people stated, and "
        f"what stayed open. {_OPEN}",
        session_record.SECTIONS,
    ),
    "model": Kind(
        "This record lists, for each point that technical documentation of a model has to cover, "
        "what one notebook session shows of it, what people stated, and what stayed open. "
        f"{_OPEN}",
        model_record.SECTIONS,
        ("ai-act.annex-iv.", "ai-act.10.", "ai-act.11", "ai-act.13.", "ai-act.15."),
    ),
    "deployer": Kind(
        "This record lists, for each duty of a deployer, what one notebook session shows of it, "
        f"what people stated, and what stayed open. {_OPEN}",
        deployer_record.SECTIONS,
        ("ai-act.26.", "ai-act.27.", "ai-act.12", "ai-act.19."),
    ),
    "erasure": Kind(
        "This record lists where the data of people who asked for erasure were found, what was "
        f"erased, which models changed, and what remains. {_OPEN}",
        erasure_record.SECTIONS,
        ("gdpr.17", "gdpr.12.3", "gdpr.19"),
    ),
    "decision": Kind(
        "This record lists, of one decision about one person, what the model's part in it was, "
        "which features counted, what would have changed it, what people stated, and what stayed "
        f"open. {_OPEN}",
        decision_record.SECTIONS,
        ("ai-act.86", "gdpr.15.", "gdpr.22", "reg-b.", "fcra."),
    ),
}


def every_human(*, single: bool = False) -> tuple[Human, ...]:
    """The fields that people answer in some kind of record, each once.

    Args:
        single: Those about one decision, instead of those about the session.
    """
    found = {human.field.id: human for kind in KINDS.values() for human in kind.humans}
    return tuple(human for human in found.values() if human.single is single)
