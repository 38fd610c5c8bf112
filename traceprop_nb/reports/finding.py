"""A field asks; a finding answers, in one of six states, with what it rests on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from traceprop_nb.reports.evidence import Evidence

State = Literal[
    "established", "stated", "partial", "not_established", "not_applicable", "contradicted"
]
STATES: tuple[State, ...] = (
    "established",
    "stated",
    "partial",
    "not_established",
    "not_applicable",
    "contradicted",
)
STATE_MEANINGS: dict[State, str] = {
    "established": "captured by the tool, and a check of it passed",
    "stated": "a person said so; the tool did not check it",
    "partial": "captured in part, or captured and not checked",
    "not_established": "nothing was captured and nobody stated anything",
    "not_applicable": "a person said that this does not apply",
    "contradicted": "what was captured disagrees with it",
}

Why = Literal[
    "not_observed",
    "capture_off",
    "outside_notebook",
    "needs_human",
    "check_failed",
    "check_not_run",
    "data_unavailable",
]
Owner = Literal["data_scientist", "provider", "deployer", "legal", "tool"]


class Missing(NamedTuple):
    """Why something is open, and what would settle it."""

    why: Why
    how: str


@dataclass(frozen=True)
class Check:
    """What was compared with what, how it ended, and the detail where it failed."""

    method: str
    passed: bool
    detail: str = ""

    def to_dict(self) -> dict[str, object]:
        """The check as the record's JSON."""
        result = {"method": self.method, "result": "pass" if self.passed else "fail"}
        return {**result, "detail": self.detail} if self.detail else {**result}


@dataclass(frozen=True)
class Statement:
    """Who stated a value and when.

    Attributes:
        words: Those by which a field is ruled out; empty = a value was stated.
        until: The last day on which it holds; empty = no end was given.
        key: Of the account that signed it, whosever that is; empty = nobody did.
        evidence: Id of the logged statement; empty = it was made for this record alone.
        attached: Name, digest and fate of the file that belongs to it.
    """

    who: str
    when: str
    words: str = ""
    until: str = ""
    key: str = ""
    evidence: str = ""
    attached: Mapping[str, str] | None = None

    def to_dict(self) -> dict[str, object]:
        """The statement as the record's JSON; nobody's identity is checked."""
        identity = "signed_by_account" if self.key else "not_authenticated"
        by: dict[str, object] = {"who": self.who, "when": self.when, "identity": identity}
        more = ("words", "until", "key", "evidence", "attached")
        return by | {name: value for name in more if (value := getattr(self, name))}


@dataclass(frozen=True)
class Finding:
    """The answer to one field. Made by `Field`'s methods, checked by the record's schema."""

    field: Field
    state: State
    value: object = None
    evidence: tuple[str, ...] = ()
    check: Check | None = None
    missing: Missing | None = None
    stated_by: Statement | None = None

    def to_dict(self) -> dict[str, object]:
        """The finding as the record's JSON; only the members that its state has."""
        asked = self.field
        shown: dict[str, object] = {
            "id": asked.id,
            "label": asked.label,
            "provisions": list(asked.provisions),
            "state": self.state,
        }
        if self.value is not None:
            shown["value"] = self.value
        if self.evidence:
            shown["evidence"] = list(self.evidence)
        if self.check:
            shown["check"] = self.check.to_dict()
        if self.missing:
            shown["missing"] = {
                "why": self.missing.why,
                "how_to_establish": self.missing.how,
                "owner": asked.owner,
            }
        if self.stated_by:
            shown["stated_by"] = self.stated_by.to_dict()
        if asked.note:
            shown["note"] = asked.note
        return shown


@dataclass(frozen=True)
class Field:
    """One line of a record.

    Attributes:
        id: Dotted, lower case, unique in the record.
        provisions: Ids in the law packs that ask for it.
        owner: Who could settle it while it is open.
        note: Printed with every answer.
    """

    id: str
    label: str
    provisions: tuple[str, ...] = ()
    owner: Owner = "data_scientist"
    note: str = ""

    def established(
        self, value: object, evidence: tuple[str, ...], method: str, detail: str = ""
    ) -> Finding:
        """Captured, and the check named by ``method`` passed."""
        return Finding(self, "established", value, evidence, Check(method, True, detail))

    def contradicted(
        self, value: object, evidence: tuple[str, ...], method: str, detail: str
    ) -> Finding:
        """Captured, and the check named by ``method`` failed, as ``detail`` says."""
        return Finding(self, "contradicted", value, evidence, Check(method, False, detail))

    def partial(self, value: object, evidence: tuple[str, ...], why: Why, how: str) -> Finding:
        """Captured, but something is missing."""
        return Finding(self, "partial", value, evidence, missing=Missing(why, how))

    def open(self, why: Why, how: str) -> Finding:
        """Not established, for this reason; ``how`` says what would establish it."""
        return Finding(self, "not_established", missing=Missing(why, how))

    def unseen(self, part: object, how: str) -> Finding:
        """Not established: ``part`` is None where nobody watched, empty where nothing was seen."""
        return self.open("capture_off" if part is None else "not_observed", how)

    def stated(self, value: object, by: Statement) -> Finding:
        """Said by a person, unchecked."""
        return Finding(self, "stated", value, stated_by=by)

    def not_applicable(self, by: Statement) -> Finding:
        """Ruled out by a person; a tool may not say so."""
        return Finding(self, "not_applicable", stated_by=by)


def _nothing(_evidence: Evidence, _value: object, _by: Statement) -> None:
    return None


@dataclass(frozen=True)
class Human:
    """A field that only people can answer, and the name under which they state it.

    What is stated stands for the session; where it is ``single``, for one decision's record alone.

    Attributes:
        against: What was captured that disagrees with a stated value, as a finding, or None.
    """

    name: str
    field: Field
    why: Why = "needs_human"
    hint: str = ""
    single: bool = False
    against: Callable[[Evidence, object, Statement], Finding | None] = _nothing

    def unanswered(self, lapsed: str = "") -> Finding:
        """The open finding, with the command that answers it.

        Args:
            lapsed: What became of the last statement, in words.
        """
        door = "the decision's .record" if self.single else "tp.report"
        asks = f"state it with {door}({self.name}=...)"
        return self.field.open(self.why, "; ".join(filter(None, (lapsed, self.hint, asks))))
