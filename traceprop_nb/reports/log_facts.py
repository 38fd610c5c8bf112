"""What a record draws on of a session's log: its span, who looked, who was searched and erased."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class SpanFact:
    """The events that are held: of which kinds, and from when to when."""

    events: int
    first: str
    last: str
    kinds: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class AccessFact:
    """How often the session or its store was opened, asked, exported; names are not checked."""

    act: str
    by: str
    times: int
    last: str


@dataclass(frozen=True)
class SearchFact:
    """One search for a person, who is called by a pseudonym.

    Attributes:
        sources: Source -> how many of its records are theirs.
        values: Named values that hold rows made of them.
        models: Fitted models that they went into.
        unreached: What could not be searched or followed.
    """

    who: str
    when: str
    sources: Mapping[str, int]
    values: int
    batches: int
    runs: tuple[str, ...]
    models: int
    unreached: tuple[str, ...] = ()


@dataclass(frozen=True)
class ErasureFact:
    """One erasure of a person's names from the log.

    Attributes:
        keys: Keys that were destroyed.
        scanned: Files and tables in which their cells were looked for afterwards; None = none were.
        found: Those in which they still are.
        unreached: What no erasure here reaches.
    """

    who: str
    when: str
    keys: int
    scanned: tuple[str, ...] | None = None
    found: tuple[str, ...] = ()
    unreached: tuple[str, ...] = ()


@dataclass(frozen=True)
class RemovalFact:
    """Events of a stored session that retention took away, as a statement in the log says it.

    Attributes:
        events: How many the statement names.
        length: It is about so many events of the session, from the first.
        left: Events among these that still say something and should not; None = not looked.
        whole: Whether the digests that stayed lead to the head that the statement names.
    """

    session: str
    events: int
    length: int
    head: str
    when: str
    rule: str
    left: int | None = None
    whole: bool | None = None


@dataclass(frozen=True)
class LogFacts:
    """What the log says.

    Attributes:
        accesses: None = the access log was off, or the session is not stored.
        removals: Of every session of the store; None = the session is not stored.
    """

    span: SpanFact | None = None
    accesses: tuple[AccessFact, ...] | None = None
    searches: tuple[SearchFact, ...] = ()
    erasures: tuple[ErasureFact, ...] = ()
    removals: tuple[RemovalFact, ...] | None = None
