"""Names as keyed digests, where a store was opened with ``names="keyed"``.

Files, columns, runs and cells are called by their names by default; that is what a reader of the
log looks for. Where the names themselves say too much, each becomes ``~`` and 12 digits under the
project's key: the same name, the same digits, and a guess can be checked only with the key.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

from traceprop_nb.reports.files import shown_path
from traceprop_nb.session.privacy.expressions import without_literals
from traceprop_nb.session.privacy.texts import each_text, tails

if TYPE_CHECKING:
    from traceprop_nb.session.core import Session

T = TypeVar("T")

SHORTEST = 3
"""Letters from which on a name is looked for inside a longer text; shorter ones are words too."""


class Names:
    """Hides the names that a session knows.

    Args:
        session: Knows the names and has the key.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def hidden(self, name: str) -> str:
        """What a name is called in the log."""
        return self._session.guard.pseudonyms.hidden(name)

    def expression(self, text: str) -> str:
        """An expression without its values and names."""
        return without_literals(text, name=self.hidden)

    def veiled(self, value: T) -> T:
        """The same value, every known name in its texts hidden; digests stay."""
        every, inside = set(self._every()), sorted(self._inside(), key=len, reverse=True)
        pattern = (
            re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, inside))})(?!\w)") if inside else None
        )

        def hide(text: str) -> str:
            if text in every:
                return self.hidden(text)
            return text if pattern is None else pattern.sub(lambda hit: self.hidden(hit[0]), text)

        return each_text(value, hide)

    def _inside(self) -> Iterator[str]:
        return (name for name in self._own() if len(name) >= SHORTEST)

    def _every(self) -> Iterator[str]:
        yield from self._own()
        names = self._session.namespace.items()
        yield from (n for n, value in names if not isinstance(value, type | ModuleType))

    def _own(self) -> Iterator[str]:
        session = self._session
        for source in session.graph.sources.values():
            if source.kind == "unknown":
                continue
            yield source.name
            yield from source.detail.get("columns") or ()
            if source.path is not None:
                yield source.path
                yield shown_path(source.path, os.getcwd())
        yield from tails(session.guard.paths()).values()
        yield from session.files.names().values()
        yield from session.runs
        yield from (cell.name for cell in session.cells if cell.name)
        for thing, _ in session.recorder.identity:
            yield from (str(name) for name in getattr(thing, "columns", ()))
            name = getattr(thing, "name", None)
            if isinstance(name, str) and name:
                yield name
        yield from session.guard.spoken
