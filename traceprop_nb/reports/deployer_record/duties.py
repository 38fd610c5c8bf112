"""The duties in operation, one field a paragraph and in their order; people answer them."""

from __future__ import annotations

from dataclasses import replace

from traceprop_nb.reports.finding import Field, Human
from traceprop_nb.reports.section import Section
from traceprop_nb.reports.session_record.deployer import DEPLOYER

OTHER = Human(
    "other_duties",
    Field("deploy.other_duties", "Other duties of the deployer", ("ai-act.26.3",), "deployer"),
    "outside_notebook",
    "no evidence is asked here",
)
COOPERATION = Human(
    "cooperation",
    Field("deploy.cooperation", "Cooperation with the authorities", ("ai-act.26.12",), "deployer"),
    "outside_notebook",
    "a bundle that verifies by itself can be handed over: record.save('evidence.zip')",
)
DEPLOYED_BY = Human(
    "deployer",
    Field("deploy.deployer", "Who the deployer is", ("ai-act.3",), "deployer"),
    "outside_notebook",
)


def _paragraph(human: Human) -> int:
    """The place of its duty among the paragraphs; what is asked elsewhere comes last."""
    found = [name.split(".") for name in human.field.provisions if name.startswith("ai-act.26.")]
    return min((int(parts[2]) for parts in found), default=99)


def _told(human: Human) -> Human:
    return replace(human, hint=human.hint or "not stated")


DUTIES = Section(
    "duties",
    "Duties of the deployer, by paragraph",
    asks=(
        DEPLOYED_BY,
        *sorted(map(_told, (*DEPLOYER.asks, OTHER, COOPERATION)), key=_paragraph),
    ),
    note="These duties concern the system in use. The session is evidence of its development.",
)
