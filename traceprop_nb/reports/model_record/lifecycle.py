"""The life of the system around the model: risks, standards, declarations, monitoring."""

from __future__ import annotations

from traceprop_nb.reports.finding import Field, Human
from traceprop_nb.reports.section import Section


def _asked(name: str, label: str, *provisions: str, hint: str = "") -> Human:
    return Human(name, Field(f"life.{name}", label, provisions, "provider"), hint=hint)


LIFECYCLE = Section(
    "lifecycle",
    "Life of the system",
    asks=(
        _asked("risk_management", "Risk management system", "ai-act.annex-iv.5",
               hint="attach the document: tp.attest(..., attach=FILE)"),
        _asked("changes", "Changes through the system's life", "ai-act.annex-iv.6"),
        _asked("standards", "Standards applied, or the solutions adopted", "ai-act.annex-iv.7",
               hint="none stated"),
        _asked("declaration", "Declaration that the law asks of the provider",
               "ai-act.annex-iv.8", hint="attach the document: tp.attest(..., attach=FILE)"),
        _asked("monitoring_plan", "Monitoring after placing on the market, and its plan",
               "ai-act.annex-iv.9", "ai-act.72"),
    ),
    note="A notebook shows none of this by itself.",
)  # fmt: skip
