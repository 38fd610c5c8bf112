"""Capabilities and limits, as people state them; what was measured stands under evaluation."""

from __future__ import annotations

from traceprop_nb.reports.finding import Field, Human
from traceprop_nb.reports.section import Section

POINT = "ai-act.annex-iv.3"


def _asked(name: str, label: str, *more: str, hint: str = "") -> Human:
    return Human(name, Field(f"use.{name}", label, (POINT, *more), "provider"), hint=hint)


PERFORMANCE = Section(
    "performance",
    "Capabilities and limits",
    asks=(
        _asked("capabilities", "Capabilities, and the accuracy to expect overall"),
        _asked("limits", "Limits of the system"),
        _asked(
            "group_accuracy",
            "Accuracy for the persons and groups on whom it is used",
            "ai-act.10.2.f",
            hint="no groups were declared",
        ),
        _asked("unintended_outcomes", "Foreseeable unintended outcomes, and sources of risk"),
        _asked("input_specification", "What input data must be like"),
    ),
)
