"""What a session says of people, and what it lets through: pseudonyms, hidden names, tags, rules.

One object beside the session, so that everything that keeps data inside has one door. Without a
tag and a policy it does nothing that a cell could notice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from traceprop_nb.errors import OptionError
from traceprop_nb.session.privacy.expressions import without_literals
from traceprop_nb.session.privacy.pseudonyms import DIGITS, Pseudonyms
from traceprop_nb.session.privacy.texts import each_text, shortened, tails

if TYPE_CHECKING:
    from traceprop_nb.reports.privacy_facts import PrivacyFact
    from traceprop_nb.session.cells import CellRun
    from traceprop_nb.session.core import Session
    from traceprop_nb.session.policy.policies import Policies
    from traceprop_nb.session.privacy.names import Names
    from traceprop_nb.session.privacy.tags import Tags

T = TypeVar("T")

NAMES = ("clear", "keyed")
CELLS = ("digest", "text")


class Guard:
    """The privacy of one session.

    Attributes:
        pseudonyms: What people are called in the log.
        names: Hides names; None where they are kept.
        texts: Whether the text of cells is kept, scrubbed.
        spoken: Names that no other part of the session remembers, such as a column asked for.
    """

    def __init__(self, session: Session, before: Guard | None = None) -> None:
        self._session = session
        self.pseudonyms = Pseudonyms()
        self.names: Names | None = None
        self.texts = False
        self.spoken: set[str] = set()
        self._tags: Tags | None = None
        self._policies: Policies | None = None
        session.events.veil = self.shown
        if before is not None:
            self._inherit(before)

    def choose(self, names: str, cells: str) -> None:
        """How much the log may say, chosen before the log is stored.

        Raises:
            OptionError: No such choice, or names stand in the log already.
        """
        for what, chosen, known in (("names", names, NAMES), ("cells", cells, CELLS)):
            if chosen not in known:
                raise OptionError(f"{what}={chosen!r} is none of {', '.join(map(repr, known))}")
        if names == "keyed" and self.names is None and len(self._session.events):
            raise OptionError(
                f"names='keyed' comes too late: {len(self._session.events)} events have names in "
                "them already; open the store first, or begin anew with %trace reset"
            )
        from traceprop_nb.session.privacy.names import Names

        self.texts = cells == "text"
        self.names = Names(self._session) if names == "keyed" else None

    def _inherit(self, before: Guard) -> None:
        """What was recorded is forgotten; tags of names, and rules, stay until taken off."""
        before.close()
        if before._tags is not None:
            self.tags.declared = list(before._tags.declared)
            self.spoken = set(before.spoken)
        if before._policies is not None:
            for pack in before._policies.packs:
                self.policies.take(pack)

    @property
    def tags(self) -> Tags:
        """The sensitivity tags; made when they are first asked for."""
        if self._tags is None:
            from traceprop_nb.session.privacy.tags import Tags

            self._tags = Tags(self._session)
        return self._tags

    @property
    def policies(self) -> Policies:
        """The rules; made when they are first asked for, and without a pack in force."""
        if self._policies is None:
            from traceprop_nb.session.policy.policies import Policies

            self._policies = Policies(self._session)
        return self._policies

    def before_cell(self, source: str, *, train: bool, cell: int) -> None:
        """A cell is about to run; without a pack in force this is one test.

        Raises:
            PolicyError: It must not run.
        """
        if self._policies:
            self._policies.before_cell(source, train=train, cell=cell)

    def facts(self) -> PrivacyFact | None:
        """For a record; None where nothing was tagged, ruled or erased."""
        from traceprop_nb.session.privacy.facts import facts

        return facts(self._session, self._tags, self._policies)

    def close(self) -> None:
        """Leave the libraries as they were found."""
        if self._policies is not None:
            self._policies.close()

    @property
    def chosen(self) -> dict[str, str]:
        """What was chosen, as ``choose`` takes it."""
        names = "clear" if self.names is None else "keyed"
        return {"names": names, "cells": "text" if self.texts else "digest"}

    def shown(self, value: T) -> T:
        """A value fit for the log or a record.

        Absolute paths are cut down to names, and names hidden where that was chosen.
        """
        names: dict[str, str] = {}

        def short(text: str) -> str:
            if not names and ("/" in text or "\\" in text):
                names.update(tails(self.paths()))
            return shortened(text, names)

        value = each_text(value, short)
        return value if self.names is None else self.names.veiled(value)

    def paths(self) -> list[str]:
        """Paths of the files that were read."""
        found = (source.path for source in self._session.graph.sources.values())
        return list(dict.fromkeys(path for path in found if path))

    def expression(self, text: str) -> str:
        """An expression fit for a record: without the values in it."""
        return without_literals(text) if self.names is None else self.names.expression(text)

    def digest(self, cell: CellRun) -> str:
        """A cell's digest; under a key where names are, for a short cell's text can be guessed."""
        if self.names is None:
            return cell.digest
        return "hmac-sha256:" + self.pseudonyms.digest("cell", cell.source, DIGITS)

    def condition(self, text: str) -> str:
        """An expression with a pseudonym for each value: the same value, the same one."""
        name = None if self.names is None else self.names.hidden
        return without_literals(text, self.pseudonyms.literal, name)

    def cell_ended(self, cell: CellRun) -> None:
        """With ``cells="text"``: the cell's text goes into the log, scrubbed."""
        session = self._session
        if session.storage is not None and self.texts:
            from traceprop_nb.session.privacy.scan import scrubbed

            body: dict[str, Any] = {"cell": cell.number, "text": scrubbed(cell.source)}
            body |= {"digest": self.digest(cell), "ok": cell.ok, "error": cell.error}
            session.record_event("cell", **body)
