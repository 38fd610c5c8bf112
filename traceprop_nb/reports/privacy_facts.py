"""What a record draws on about tags, rules and erasures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class TagFact:
    """Sensitivity tags that somebody put on a source, a column or a value, by name."""

    what: str
    tags: tuple[str, ...]
    source: str = ""
    cell: int | None = None


@dataclass(frozen=True)
class ReachFact:
    """The tags that reached a run: the highest level, the user's own, and where they came from."""

    run: str
    level: str
    own: tuple[str, ...]
    came_from: tuple[str, ...]
    unseen: bool


@dataclass(frozen=True)
class DeclassifiedFact:
    """A tag that was taken off a value; ``smallest`` = records behind its smallest group."""

    what: str
    how: str
    level: str
    to: str
    reason: str
    smallest: int | None = None
    cell: int | None = None


@dataclass(frozen=True)
class PackFact:
    """A policy pack in force."""

    name: str
    version: str
    digest: str
    rules: int


@dataclass(frozen=True)
class VerdictFact:
    """What a rule said; ``result`` one of allowed, warned, reasoned, asked, blocked."""

    rule: str
    pack: str
    sink: str
    call: str
    result: str
    level: str
    cell: int | None = None


@dataclass(frozen=True)
class PrivacyFact:
    """Tags, rules and erasures of a session.

    Attributes:
        tags: As they were declared.
        reached: Of each run that a tag, or something nobody saw, went into.
        suggested: Columns whose name suggests a tag, and that have none.
        declassified: Tags that were taken off.
        packs: Rules in force; empty = none is.
        verdicts: What the rules said before cells and calls.
        replayed: What they say to the recorded cells and trainings when they are looked at again.
        reasons: Rule -> the reason that was given.
        erased: How many people's names in the log were made to mean nobody.
    """

    tags: tuple[TagFact, ...] = ()
    reached: tuple[ReachFact, ...] = ()
    suggested: tuple[str, ...] = ()
    declassified: tuple[DeclassifiedFact, ...] = ()
    packs: tuple[PackFact, ...] = ()
    verdicts: tuple[VerdictFact, ...] = ()
    replayed: tuple[VerdictFact, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    erased: int = 0
