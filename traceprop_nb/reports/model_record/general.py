"""General description of the system: what it works with, how it is delivered and explained."""

from __future__ import annotations

from traceprop_nb.reports.finding import Field, Human
from traceprop_nb.reports.section import Section

POINT = "ai-act.annex-iv.1"


def _asked(name: str, label: str, *more: str, hint: str = "") -> Human:
    return Human(name, Field(f"sys.{name}", label, (POINT, *more), "provider"), hint=hint)


GENERAL = Section(
    "general",
    "General description",
    asks=(
        _asked("interaction", "Hardware and software that the system works with"),
        _asked("forms", "Forms in which it is placed on the market"),
        _asked(
            "target_hardware",
            "Hardware on which it is meant to run",
            hint="the hardware of this session is not that of operation",
        ),
        _asked("user_interface", "User interface given to the deployer"),
        _asked("instructions_for_use", "Instructions for use", "ai-act.13.3"),
        _asked(
            "documentation_form",
            "Form of the technical documentation, and how it is kept up to date",
            "ai-act.11",
            "ai-act.18",
        ),
        _asked(
            "setting",
            "Geography, context, behaviour and function of the setting of use",
            "ai-act.10.4",
        ),
    ),
)
