"""The worksheet of an assessment of the impact on fundamental rights; people fill it."""

from __future__ import annotations

from traceprop_nb.reports.finding import Field, Human
from traceprop_nb.reports.section import Section


def _asked(name: str, label: str, provision: str, *more: str) -> Human:
    field = Field(f"impact.{name}", label, (provision, *more), "deployer")
    return Human(name, field, "outside_notebook")


IMPACT = Section(
    "impact",
    "Impact on fundamental rights: worksheet",
    asks=(
        _asked("processes", "Processes in which the system is used", "ai-act.27.1.a"),
        _asked("frequency", "For how long and how often it is used", "ai-act.27.1.b"),
        _asked("affected", "Persons and groups likely to be affected", "ai-act.27.1.c"),
        _asked("harms", "Specific risks of harm to them", "ai-act.27.1.d"),
        _asked("oversight_measures", "How human oversight is put in place", "ai-act.27.1.e"),
        _asked("remedies", "What is done if the risks come true", "ai-act.27.1.f"),
        _asked("explanation", "How affected persons get an explanation of a decision", "ai-act.86"),
    ),
    note="Whether the deployer owes this assessment is for counsel. It may refer to the data "
    "protection impact assessment.",
)
