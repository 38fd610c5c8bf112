"""How sensitive something is: four levels in order, and tags of the user's own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from traceprop_nb.errors import OptionError

LEVELS = ("none", "internal", "personal", "special")
"""From the least to the most sensitive; ``special`` as GDPR Article 9 has it."""

_OWN = re.compile(r"[a-z0-9][a-z0-9 ._:-]{0,39}", re.IGNORECASE)


@dataclass(frozen=True, order=True)
class Mark:
    """A tag on one thing that entered.

    Attributes:
        tag: A level, or a tag of the user's own.
        source: The source's name; empty for a value or model that was tagged itself.
        column: The column's name; empty for the whole source.
        node: Node of the value that was tagged itself; -1 for a source.
    """

    tag: str
    source: str
    column: str = ""
    node: int = -1

    def __str__(self) -> str:
        place = f"{self.source}: {self.column}" if self.column else self.source
        return f"{self.tag} ({place or 'tagged itself'})"


UNSEEN = Mark("?", "")
"""On a value of which some input was seen by nobody: more may be in it."""

Marks = frozenset[Mark]
NOTHING: Marks = frozenset()


def level_of(marks: Iterable[Mark]) -> str:
    """The highest level among marks; ``"none"`` without one."""
    return max((m.tag for m in marks if m.tag in LEVELS), key=LEVELS.index, default="none")


def own_of(marks: Iterable[Mark]) -> tuple[str, ...]:
    """The user's own tags among marks, sorted."""
    return tuple(sorted({m.tag for m in marks if m.tag not in (*LEVELS, UNSEEN.tag)}))


def checked(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags, if they are ones.

    Raises:
        OptionError: None at all, or one that is no tag.
    """
    found = tuple(tags)
    if not found:
        raise OptionError(f"no tag is given; use one of {', '.join(LEVELS)}, or a word of your own")
    for tag in found:
        if not _OWN.fullmatch(str(tag)):
            raise OptionError(f"{tag!r} is no tag; use letters, digits and . _ : - , 40 at most")
    return found
