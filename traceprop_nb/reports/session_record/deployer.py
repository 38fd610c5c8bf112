"""The deployer's side: duties in operation, about which a notebook shows nothing by itself."""

from __future__ import annotations

from traceprop_nb.reports.finding import Field, Human
from traceprop_nb.reports.section import Section


def _asked(name: str, label: str, *provisions: str, hint: str = "") -> Human:
    field = Field(f"deploy.{name}", label, provisions, "deployer")
    return Human(name, field, "outside_notebook", hint)


DEPLOYER = Section(
    "deployer",
    "Use in operation",
    asks=(
        _asked("instructions", "Use according to the instructions", "ai-act.26.1"),
        _asked(
            "oversight",
            "People assigned to oversee the system",
            "ai-act.26.2",
            "ai-act.14",
            "ai-act.annex-iv.2.e",
            hint="a notebook cannot observe this",
        ),
        _asked("input_data", "Input data in operation are relevant", "ai-act.26.4"),
        _asked(
            "monitoring",
            "Monitoring in operation",
            "ai-act.26.5",
            "ai-act.72",
            hint="no monitoring run was recorded",
        ),
        _asked(
            "incidents",
            "Incidents, and who was informed",
            "ai-act.26.5",
            hint="none recorded, which is not a statement that none occurred",
        ),
        _asked(
            "operation_log",
            "Log of the system in operation",
            "ai-act.12",
            hint="what a notebook records in development is not that log",
        ),
        _asked(
            "retention",
            "How long logs and documentation are kept",
            "ai-act.19.1",
            "ai-act.26.6",
            "ai-act.18",
            hint="the tool cannot show how long records were or will be kept",
        ),
        _asked("workers_informed", "Workers were informed", "ai-act.26.7"),
        _asked("registration", "Registration by a public body", "ai-act.26.8"),
        _asked("impact_assessment", "Data protection impact assessment", "ai-act.26.9", "gdpr.35"),
        _asked("persons_informed", "Affected persons were informed", "ai-act.26.11"),
        _asked(
            "biometrics",
            "Biometric identification after the event",
            "ai-act.26.10",
            hint="not addressed by this tool",
        ),
    ),
    note="These duties concern the system in use. The session is evidence of its development.",
)
