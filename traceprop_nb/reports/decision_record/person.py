"""What only people can say of a decision: its place in a procedure, and what was told whom."""

from __future__ import annotations

from traceprop_nb.reports.finding import Field, Human, Owner
from traceprop_nb.reports.section import Section


def _asked(
    name: str, label: str, *provisions: str, owner: Owner, hint: str = "", single: bool = False
) -> Human:
    field = Field(f"decision.{name}", label, provisions, owner)
    return Human(name, field, "outside_notebook", hint, single)


PROCEDURE = Section(
    "procedure",
    "Procedure and people",
    asks=(
        _asked(
            "procedure", "The model's role in the procedure that led to the decision",
            "ai-act.86", "gdpr.15.1.h", owner="deployer",
            hint="whether a person decided, and what else counted",
        ),
        _asked(
            "human_review", "Review by a person who can change the outcome", "gdpr.22",
            owner="deployer", hint="who reviewed it, when, and with what result", single=True,
        ),
        _asked(
            "consequences", "Significance and envisaged consequences for the person",
            "gdpr.15.1.h", owner="deployer", single=True,
        ),
        _asked(
            "contact", "Whom the person can ask, and where to contest the decision",
            "gdpr.22", "ai-act.86", owner="deployer",
        ),
    ),
)  # fmt: skip

NOTICE = Section(
    "notice",
    "What the person was told",
    asks=(
        _asked(
            "notice", "The notice to the person: its text or file, and when it was sent",
            "ai-act.26.11", "reg-b.9.a", owner="deployer", single=True,
        ),
        _asked(
            "action_taken", "Statement of the action taken", "reg-b.9.a", owner="deployer",
            hint="such as a refusal, a counteroffer, or an account that was closed", single=True,
        ),
        _asked("creditor", "Name and address of the creditor", "reg-b.9.a", owner="deployer"),
        _asked(
            "ecoa_notice", "The notice on equal credit opportunity", "reg-b.9.b", owner="legal"
        ),
        _asked(
            "agency", "The federal agency that the notice names", "reg-b.9.b", owner="legal"
        ),
        _asked(
            "reporting_agency", "The consumer reporting agency whose report was used, and the "
            "person's rights towards it", "fcra.615.a", owner="deployer",
            hint="no source here is known to be a consumer report, which is not a statement that "
            "none was used",
            single=True,
        ),
        _asked(
            "kept_until", "How long the application and the reasons are kept", "reg-b.12",
            owner="deployer", hint="the tool cannot show how long records were or will be kept",
        ),
    ),
    note="A record is not a notice, and a notice is not on record until somebody states it.",
)  # fmt: skip
