"""What people stated into the log: of which field, who, when, until when, and under which key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from traceprop_nb.reports.canonical import canonical
from traceprop_nb.reports.plain import PRIVATE
from traceprop_nb.reports.trust.dsse import key_id, verified

LONGEST = 200
"""Characters of a value that are shown; the record has all of it."""

STATED = "application/vnd.traceprop-nb.statement+json"
"""What a signature is over, so that it passes for nothing else."""


@dataclass(frozen=True)
class AttachedFact:
    """A file that belongs to a statement.

    Attributes:
        name: The file's name, or its path below the notebook's folder.
        digest: Of its bytes when it was attached.
        digest_now: Of its bytes at the time of the record; None = it is gone, or was not looked at.
        location: Where it really is. Stays in the session.
    """

    name: str
    digest: str
    digest_now: str | None = None
    location: str | None = field(default=None, metadata=PRIVATE, repr=False)


@dataclass(frozen=True, repr=False)
class StatementFact:
    """A statement as the log has it.

    Attributes:
        about: Id of the field that it answers.
        value_digest: SHA-256 of the canonical JSON of the value.
        until: The last day on which it holds; None = no end was given.
        words: Those by which the field was ruled out; empty = a value was stated.
        withdrawn: When it was taken back; None = it stands.
        key: Of the account that signed it; None = nobody did.
        value: As plain JSON. Printed by the field, and by its digest here.
    """

    about: str
    value_digest: str
    who: str
    when: str
    until: str | None = None
    words: str = ""
    withdrawn: str | None = None
    key: str | None = None
    public_key: str | None = None
    signature: str | None = None
    attached: AttachedFact | None = None
    value: object = field(default=None, metadata=PRIVATE, repr=False)

    def __repr__(self) -> str:
        said = self.words or canonical(self.value).decode("utf-8")
        out = [f"{self.about}: {said[:LONGEST]}{'...' * (len(said) > LONGEST)}"]
        until = f", until {self.until}" if self.until else ""
        out += [f"stated by {self.who} at {self.when}{until}"]
        out += [f"attached {self.attached.name}, {self.attached.digest}"] if self.attached else []
        out += [f"withdrawn at {self.withdrawn}"] if self.withdrawn else []
        return "\n".join([*out, f"signed with {self.key}" if self.signature else "not signed"])


def told(fact: StatementFact) -> bytes:
    """The bytes that a statement's signature is over."""
    attached = fact.attached and [fact.attached.name, fact.attached.digest]
    return canonical({
        "field": fact.about, "value": fact.value_digest, "who": fact.who, "when": fact.when,
        "until": fact.until, "words": fact.words, "attached": attached or None,
    })  # fmt: skip


def signed(fact: StatementFact) -> bool | None:
    """Whether its signature holds; None where there is none."""
    if fact.key is None or fact.public_key is None or fact.signature is None:
        return None
    try:
        same = fact.key == key_id(bytes.fromhex(fact.public_key))
    except ValueError:
        return False
    return same and verified(fact.public_key, fact.signature, STATED, told(fact))


def read_back(content: Mapping[str, Any]) -> StatementFact:
    """A statement from the evidence of a record, whatever is wrong with it."""
    known = {one.name for one in fields(StatementFact)} - {"attached", "value"}
    told: dict[str, Any] = {name: content.get(name) for name in known}
    file = content.get("attached")
    attached = None
    if isinstance(file, Mapping):
        attached = AttachedFact(str(file.get("name")), str(file.get("digest")))
    return StatementFact(**told, attached=attached)
