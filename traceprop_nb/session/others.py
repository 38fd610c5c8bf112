"""The other sessions of a store: their lineages, and the files that they wrote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traceprop_nb.errors import RecordError, StoreError
from traceprop_nb.reports.canonical import read
from traceprop_nb.session.keeping import LINEAGE
from traceprop_nb.session.written import WROTE

if TYPE_CHECKING:
    from traceprop_nb.session.past import Past
    from traceprop_nb.session.storage import Storage
    from traceprop_nb.stores import Entry

NEWEST = 50
"""Sessions that are searched for a name: the newest."""


class Others:
    """What other sessions have, read when it is asked for.

    Attributes:
        storage: The open store.
    """

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self._pasts: dict[str, tuple[int, Past]] = {}

    def past(self, session: str) -> Past:
        """A stored session's lineage, read anew where more of it was stored since."""
        from traceprop_nb.session.past import past

        if session == self.storage.id:
            self.storage.keep()
        number = len(self.parts(session))
        kept = self._pasts.get(session)
        if kept is None or kept[0] != number:
            kept = self._pasts[session] = (number, past(self.storage, session))
        return kept[1]

    def pasts(self) -> Iterator[Past]:
        """The lineages of the other sessions, the newest first."""
        for session in self.ids()[:NEWEST]:
            yield self.past(session)

    def ids(self) -> list[str]:
        """Sessions that have a lineage, without this one, the newest first."""
        have = self.storage.store.sessions_with(LINEAGE)
        return sorted((one for one in have if one != self.storage.id), reverse=True)

    def parts(self, session: str) -> list[tuple[int, dict[str, Any]]]:
        """Number and body of each event that names a part of a session's lineage."""
        rows = self.storage.store.events_of_kind(LINEAGE, session=session)
        return [(row.number, members(row)) for _, row in rows]

    def writers(self, digest: str) -> list[tuple[str, dict[str, Any]]]:
        """Who wrote a file with these bytes: session and body of the event, the oldest first."""
        told = self._wrote(digest)
        return [(session, body) for session, body in told if body["digest"] == digest]

    def wrote(self, name: str) -> list[tuple[str, dict[str, Any]]]:
        """Who wrote a file of this name, the oldest first."""
        told = self._wrote(None)
        return [one for one in told if Path(str(one[1]["file"])).name == name]

    def _wrote(self, text: str | None) -> list[tuple[str, dict[str, Any]]]:
        self.storage.flush()
        try:
            rows = self.storage.store.events_of_kind(WROTE, containing=text)
        except StoreError:  # a store that is away takes nothing from what is known here; it is said
            return []  # in the status
        return [(session, members(row)) for session, row in rows]

    def said(self) -> str:
        """What is continued, in a few words; empty if nothing is."""
        try:
            number = len(self.ids())
        except StoreError as error:
            return f"earlier sessions cannot be looked up: {error}"
        if not number:
            return ""
        return f"continues the lineage of {number:,} earlier session{'' if number == 1 else 's'}"


def members(row: Entry) -> dict[str, Any]:
    """The body of an event that must be readable.

    Raises:
        StoreError: It is not.
    """
    try:
        found = read(row.body)
    except (ValueError, RecordError) as error:
        raise StoreError(f"event {row.number} of the store is no JSON any more") from error
    return found if isinstance(found, dict) else {}
