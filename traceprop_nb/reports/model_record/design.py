"""Design: the choices behind data and model, oversight, changes foreseen, security."""

from __future__ import annotations

from traceprop_nb.reports.finding import Field, Human
from traceprop_nb.reports.section import Section


def _asked(name: str, label: str, *provisions: str, hint: str = "") -> Human:
    return Human(name, Field(f"design.{name}", label, provisions, "provider"), hint=hint)


DESIGN = Section(
    "design",
    "Design",
    asks=(
        _asked("data_choices", "Design choices about the data sets", "ai-act.10.2.a"),
        _asked(
            "trade_offs", "What is optimised, and which trade-offs were made", "ai-act.annex-iv.2.b"
        ),
        _asked("architecture", "Architecture, and how its parts work together",
               "ai-act.annex-iv.2.c"),
        _asked(
            "oversight_needed",
            "Human oversight that is needed, and the technical measures for it",
            "ai-act.annex-iv.2.e",
            "ai-act.14",
        ),
        _asked("planned_changes", "Changes determined in advance", "ai-act.annex-iv.2.f"),
        _asked(
            "cybersecurity",
            "Cybersecurity measures",
            "ai-act.annex-iv.2.h",
            "ai-act.15.4",
            hint="digests of packages and data are not measures by themselves",
        ),
    ),
)  # fmt: skip
